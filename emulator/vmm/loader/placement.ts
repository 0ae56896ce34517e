import { board } from '../board.ts';
import { formatSize, LaunchError } from './errors.ts';
import type { LoadedKernel, NamedFile } from './kernel.ts';

/** Guest physical addresses of what accompanies the kernel. */
export interface Layout {
  readonly initrd?: { readonly start: number; readonly end: number };
  readonly deviceTree: number;
}

const MiB = 2 ** 20;
const PAGE = 4096;

const alignUp = (n: number, alignment: number): number => Math.ceil(n / alignment) * alignment;

/**
 * Places the initrd and the device tree as QEMU does: the initrd 128 MiB (or half of RAM) from the start of RAM and after the kernel, the device tree on the next
 * 2 MiB boundary so that no block mapping of it covers anything else (booting.rst: 8-byte aligned, at most 2 MiB).
 * @throws LaunchError when they do not fit.
 */
export function placeBootFiles(kernel: LoadedKernel, initrd: NamedFile | undefined, deviceTreeBytes: number, ram: number): Layout {
  const { base } = board.ram;
  const start = alignUp(Math.max(base + Math.min(Math.floor(ram / 2), 128 * MiB), kernel.end), PAGE);
  const initrdEnd = start + (initrd?.bytes.length ?? 0);
  if (initrd && initrdEnd > base + ram) {
    throw new LaunchError(
      `${initrd.name} (${formatSize(initrd.bytes.length)}) does not fit: ${formatSize(Math.max(0, base + ram - start))} of the machine's ${formatSize(ram)} ` +
        'are left after the kernel. Give it more memory.',
    );
  }
  if (initrd && initrd.bytes.length === 0) throw new LaunchError(`${initrd.name} is empty.`);
  const deviceTree = alignUp(initrdEnd, 2 * MiB);
  if (deviceTree + deviceTreeBytes > base + ram) {
    const below = alignUp(kernel.end, 2 * MiB);
    if (below + deviceTreeBytes > start || initrd === undefined) return placeLow(kernel, initrd, start, deviceTreeBytes, ram);
    return { initrd: { start, end: initrdEnd }, deviceTree: below };
  }
  return { ...(initrd ? { initrd: { start, end: initrdEnd } } : {}), deviceTree };
}

/** Small machines: the device tree goes wherever 8-byte alignment finds room, after the rest or at the start of RAM. */
function placeLow(kernel: LoadedKernel, initrd: NamedFile | undefined, start: number, bytes: number, ram: number): Layout {
  const { base } = board.ram;
  const initrdRange = initrd ? { initrd: { start, end: start + initrd.bytes.length } } : {};
  const after = alignUp(initrd ? start + initrd.bytes.length : kernel.end, 8);
  if (after + bytes <= base + ram) return { ...initrdRange, deviceTree: after };
  const first = kernel.placements.reduce((low, p) => Math.min(low, p.address), Number.POSITIVE_INFINITY);
  if (base + bytes <= first) return { ...initrdRange, deviceTree: base };
  throw new LaunchError(
    `no room for the device tree (${formatSize(bytes)}) in ${formatSize(ram)} of memory beside the kernel: give the machine more.`,
  );
}
