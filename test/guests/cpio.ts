/** Writer of the "newc" cpio format that the kernel unpacks as an initramfs: Documentation/driver-api/early-userspace/buffer-format.rst. */

export interface Entry {
  readonly path: string;
  /** File type and permission bits as in stat(2). */
  readonly mode: number;
  readonly data?: Uint8Array;
  /** Device number of a character or block special file. */
  readonly device?: readonly [major: number, minor: number];
}

const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const S_IFCHR = 0o020000;
const S_IFLNK = 0o120000;

export const directory = (path: string): Entry => ({ path, mode: S_IFDIR | 0o755 });
export const program = (path: string, data: Uint8Array | string): Entry => ({ path, mode: S_IFREG | 0o755, data: Buffer.from(data) });
export const symbolicLink = (path: string, target: string): Entry => ({ path, mode: S_IFLNK | 0o777, data: Buffer.from(target) });
export const characterDevice = (path: string, major: number, minor: number): Entry => ({
  path,
  mode: S_IFCHR | 0o600,
  device: [major, minor],
});

const ALIGNMENT = 4;
const padding = (length: number) => Buffer.alloc((ALIGNMENT - (length % ALIGNMENT)) % ALIGNMENT);

function record(entry: Entry, inode: number): Buffer {
  const data = entry.data ?? new Uint8Array();
  const [major, minor] = entry.device ?? [0, 0];
  const links = (entry.mode & S_IFDIR) === S_IFDIR ? 2 : 1;
  const fields = {
    inode,
    mode: entry.mode,
    uid: 0,
    gid: 0,
    links,
    modificationTime: 0,
    size: data.length,
    deviceMajor: 0,
    deviceMinor: 0,
    specialMajor: major,
    specialMinor: minor,
    nameSize: Buffer.byteLength(entry.path) + 1,
    checksum: 0,
  };
  const header = `070701${Object.values(fields)
    .map((value) => value.toString(16).padStart(8, '0'))
    .join('')}`;
  const head = Buffer.from(`${header}${entry.path}\0`);
  return Buffer.concat([head, padding(head.length), data, padding(data.length)]);
}

/** The archive of these entries, in their order; the same entries give the same bytes. */
export function cpio(entries: readonly Entry[]): Buffer {
  const trailer: Entry = { path: 'TRAILER!!!', mode: 0 };
  return Buffer.concat([...entries.map((entry, index) => record(entry, index + 1)), record(trailer, 0)]);
}
