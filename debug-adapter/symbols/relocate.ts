import type { LoadedGuest, Machine } from '../../emulator/machine/machine.ts';
import { imageStart } from './kernel-image.ts';
import type { SymbolTable } from './symbols.ts';

/** Vector tables that VBAR_EL1 holds the address of while the kernel runs (arch/arm64/kernel/entry.S): the second has a copy per mitigation, 2 KiB each. */
const vectorTables = [
  { name: 'vectors', copies: 1 },
  { name: '__bp_harden_el1_vectors', copies: 4 },
] as const;
const TABLE_BYTES = 0x800n;
/** KASLR moves an image that is loaded at a multiple of 2 MiB, as here, by multiples of that (MIN_KIMG_ALIGN). */
const GRANULE = 2n << 20n;

/**
 * Finds out where the kernel image runs now: at its physical address before the MMU is on, at its link address, or moved by KASLR. The difference of VBAR_EL1 to
 * the link address of a vector table is the move. At EL0 VBAR_EL1 may hold the trampoline's fixed address: what was known stays.
 */
export async function relocateKernel(symbols: SymbolTable, machine: Machine, { base, size }: LoadedGuest, vcpu: number): Promise<void> {
  const start = imageStart(symbols);
  if (start === undefined) return;
  const bytes = BigInt(size);
  const [vbar] = await machine.readRegisters(vcpu, ['VBAR_EL1']);
  const slide = vbar && slideOf(symbols, vbar.value);
  if (slide !== undefined) symbols.setMove({ start, end: start + bytes, by: slide });
  const by = symbols.movedBy;
  symbols.setAliases([
    { start: base, end: base + bytes, delta: start - base },
    ...(by === 0n ? [] : [{ start: start + by, end: start + by + bytes, delta: -by }]),
  ]);
}

function slideOf(symbols: SymbolTable, vbar: bigint): bigint | undefined {
  if (vbar >> 48n !== 0xffffn) return undefined;
  for (const { name, copies } of vectorTables) {
    const table = symbols.find(name);
    for (let copy = 0n; table && copy < copies; copy++) {
      const slide = vbar - (table.address + copy * TABLE_BYTES);
      if (slide >= 0n && slide % GRANULE === 0n) return slide;
    }
  }
  return undefined;
}
