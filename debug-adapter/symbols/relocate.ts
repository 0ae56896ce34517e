import type { LoadedGuest, Machine } from '../../emulator/machine/machine.ts';
import { imageStart } from './kernel-image.ts';
import type { SymbolTable } from './symbols.ts';

/**
 * Finds out where the kernel image runs now: at its physical address before the MMU is on, at its link address, or moved by KASLR. While at EL1, VBAR_EL1 holds
 * the address of `vectors`: the difference to its link address is the move, which is always a multiple of 64 KiB (arch/arm64/kernel/kaslr.c, kernel/pi).
 */
export async function relocateKernel(symbols: SymbolTable, machine: Machine, { base, size }: LoadedGuest, vcpu: number): Promise<void> {
  const start = imageStart(symbols);
  const vectors = symbols.find('vectors');
  if (start === undefined) return;
  const aliases = [{ start: base, end: base + BigInt(size), delta: start - base }];
  const [vbar] = await machine.readRegisters(vcpu, ['VBAR_EL1']);
  const slide = vbar && vectors ? BigInt.asIntN(64, vbar.value - vectors.address) : 0n;
  const inKernelHalf = vbar !== undefined && vbar.value >> 48n === 0xffffn;
  if (inKernelHalf && slide !== 0n && slide % 0x1_0000n === 0n)
    aliases.push({ start: start + slide, end: start + slide + BigInt(size), delta: -slide });
  symbols.setAliases(aliases);
}
