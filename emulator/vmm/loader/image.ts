import { LaunchError } from './errors.ts';

/** The arm64 `Image` header (Linux Documentation/arch/arm64/booting.rst). */
export interface ImageHeader {
  /** Bytes from a 2 MiB-aligned base to the image. */
  readonly textOffset: number;
  /** Bytes of memory the image takes from its start, BSS included. */
  readonly imageSize: number;
  /** Granule the kernel was built for, bytes; undefined when the header does not say. */
  readonly pageSize?: number;
}

const HEADER_BYTES = 64;
const MAGIC_OFFSET = 56;
/** "ARM\x64", little-endian. */
const MAGIC = 0x644d5241;
const FLAG_BIG_ENDIAN = 1;
/** Kernels before 3.17 leave image_size at 0; they are loaded at this offset. */
const OLD_TEXT_OFFSET = 0x80000;
const pageSizes = [undefined, 4096, 16384, 65536];

/** Starts of files that people take for an Image, and what to do about it. */
const impostors: readonly {
  readonly what: string;
  readonly starts: readonly number[];
  readonly at?: number;
  readonly advice: (name: string) => string;
}[] = [
  { what: 'gzip-compressed', starts: [0x1f, 0x8b], advice: (name) => `Unpack it (gunzip -k ${name}) and launch that.` },
  { what: 'xz-compressed', starts: [0xfd, 0x37, 0x7a, 0x58, 0x5a], advice: (name) => `Unpack it (xz -dk ${name}) and launch that.` },
  { what: 'Zstandard-compressed', starts: [0x28, 0xb5, 0x2f, 0xfd], advice: (name) => `Unpack it (zstd -d ${name}) and launch that.` },
  { what: 'bzip2-compressed', starts: [0x42, 0x5a, 0x68], advice: (name) => `Unpack it (bunzip2 -k ${name}) and launch that.` },
  { what: 'LZ4-compressed', starts: [0x04, 0x22, 0x4d, 0x18], advice: (name) => `Unpack it (lz4 -d ${name}) and launch that.` },
  { what: 'LZMA-compressed', starts: [0x5d, 0x00, 0x00], advice: (name) => `Unpack it (unlzma -k ${name}) and launch that.` },
  { what: 'a U-Boot image', starts: [0x27, 0x05, 0x19, 0x56], advice: () => 'Launch the Image that was packed into it.' },
  { what: 'a device tree or FIT image', starts: [0xd0, 0x0d, 0xfe, 0xed], advice: () => 'Launch the Image itself.' },
  {
    what: 'an x86 kernel (bzImage)',
    at: 0x202,
    starts: [0x48, 0x64, 0x72, 0x53],
    advice: () => 'This machine runs arm64 guests: use a kernel built for arm64.',
  },
  {
    what: 'a compressed EFI kernel (zboot)',
    at: 4,
    starts: [0x7a, 0x69, 0x6d, 0x67],
    advice: () => 'It unpacks itself only under UEFI firmware: launch the Image it was made from (arch/arm64/boot/Image).',
  },
  { what: 'a 32-bit Arm kernel (zImage)', at: 0x24, starts: [0x18, 0x28, 0x6f, 0x01], advice: () => 'This machine runs arm64 guests.' },
];

const startsWith = (file: Uint8Array, starts: readonly number[], at = 0): boolean => starts.every((byte, i) => file[at + i] === byte);

/** @throws LaunchError naming what the file is, when it is something people often try and no machine can boot as it is. */
export function refuseImpostors(name: string, file: Uint8Array): void {
  if (file.length === 0) throw new LaunchError(`${name} is empty.`);
  const found = impostors.find((i) => startsWith(file, i.starts, i.at));
  if (found) throw new LaunchError(`${name} is ${found.what}: an arm64 guest needs the raw Image. ${found.advice(name)}`);
}

/** Whether the file has the arm64 Image magic. */
export const isImage = (file: Uint8Array): boolean => file.length >= HEADER_BYTES && view(file).getUint32(MAGIC_OFFSET, true) === MAGIC;

const view = (file: Uint8Array): DataView => new DataView(file.buffer, file.byteOffset, file.byteLength);

/**
 * Reads an Image's header.
 * @throws LaunchError for a big-endian kernel, or a file that ends before its own section table says.
 */
export function readImageHeader(name: string, file: Uint8Array): ImageHeader {
  const header = view(file);
  const u64 = (at: number): number => header.getUint32(at, true) + header.getUint32(at + 4, true) * 2 ** 32;
  const flags = header.getUint32(24, true);
  if (flags & FLAG_BIG_ENDIAN) throw new LaunchError(`${name} is a big-endian kernel; this machine's guests start little-endian.`);
  const imageSize = u64(16);
  const textOffset = imageSize === 0 ? OLD_TEXT_OFFSET : u64(8);
  refuseTruncated(name, file);
  const pageSize = pageSizes[(flags >> 1) & 3];
  return { textOffset, imageSize: Math.max(imageSize, file.length), ...(pageSize === undefined ? {} : { pageSize }) };
}

/** An Image with an EFI stub carries a PE section table: it says how long the file has to be. */
function refuseTruncated(name: string, file: Uint8Array): void {
  const header = view(file);
  const pe = header.getUint32(60, true);
  if (!startsWith(file, [0x4d, 0x5a]) || pe === 0) return;
  if (pe + 24 > file.length) throw truncated(name, file.length, pe + 24);
  if (!startsWith(file, [0x50, 0x45, 0, 0], pe)) return;
  const sections = header.getUint16(pe + 6, true);
  const table = pe + 24 + header.getUint16(pe + 20, true);
  if (table + sections * 40 > file.length) throw truncated(name, file.length, table + sections * 40);
  for (let i = 0; i < sections; i++) {
    const end = header.getUint32(table + i * 40 + 16, true) + header.getUint32(table + i * 40 + 20, true);
    if (end > file.length) throw truncated(name, file.length, end);
  }
}

const truncated = (name: string, has: number, needs: number): LaunchError =>
  new LaunchError(`${name} is truncated: it has ${has} bytes and its own headers say at least ${needs}. Copy it again.`);
