import type { SymbolTable } from './symbols.ts';

/** KIMAGE_VADDR is a multiple of 2 MiB (arch/arm64/include/asm/memory.h). */
const IMAGE_ALIGNMENT = 2n << 20n;

/**
 * Link address of the kernel image's first byte. Distributions leave `_text` out of System.map: `_stext` comes after the head of the image, less than 2 MiB on
 * (arch/arm64/kernel/vmlinux.lds.S). Undefined: these are no symbols of an arm64 kernel.
 */
export function imageStart(symbols: SymbolTable): bigint | undefined {
  const text = symbols.find('_text');
  if (text) return text.address;
  const stext = symbols.find('_stext');
  return stext && stext.address - (stext.address % IMAGE_ALIGNMENT);
}
