/** Link addresses of what a kernel holds: of code from its System.map, of data from its own table of exported symbols. */
import { readFileSync } from 'node:fs';
import type { KernelFiles } from './guests.ts';
import { address, KERNEL_ALIGNMENT } from './kernel-text.ts';

const DISTANCE = 4;

/** Offsets of all texts that end so: the linker lets a name share the end of a longer one. */
function endsOf(image: Buffer, name: string): Set<number> {
  const found = new Set<number>();
  for (let at = image.indexOf(`${name}\0`); at >= 0; at = image.indexOf(`${name}\0`, at + 1)) found.add(at);
  return found;
}

/**
 * Offset in a raw `Image` of what the kernel exports to modules under a name. An entry of the table (include/linux/export.h) begins with two distances, each from its own place: to the
 * symbol, and to its name.
 * @throws Error when it exports no such symbol.
 */
export function exportedOffset(image: Buffer, name: string): number {
  const texts = endsOf(image, name);
  for (let entry = 0; entry + 2 * DISTANCE <= image.length; entry += DISTANCE)
    if (texts.has(entry + DISTANCE + image.readInt32LE(entry + DISTANCE))) return entry + image.readInt32LE(entry);
  throw new Error(`the kernel exports no ${name}`);
}

/** Link address of an exported symbol. Without CONFIG_KALLSYMS_ALL, System.map holds code only. @throws Error. */
export function exportedAddress({ image, systemMap }: KernelFiles, name: string): bigint {
  const start = address(readFileSync(systemMap, 'latin1'), '_stext');
  return start - (start % BigInt(KERNEL_ALIGNMENT)) + BigInt(exportedOffset(readFileSync(image), name));
}

/** Link address of a function. @throws Error when System.map has none of that name. */
export const functionAddress = ({ systemMap }: KernelFiles, name: string): bigint => address(readFileSync(systemMap, 'latin1'), name);
