/** Bits 47:32 of an address in the high word. */
export const ADDRESS_HIGH = 0xffff;

/** Bits `width` wide from bit `shift` of a 64-bit address in two words. */
export function addressBits(low: number, high: number, shift: number, width: number): number {
  const mask = (1 << width) - 1;
  if (shift >= 32) return (high >>> (shift - 32)) & mask;
  return ((low >>> shift) | (shift === 0 ? 0 : high << (32 - shift))) & mask;
}

/** Low word without the bits below `bits` (12–39): all of it from 32 on. */
export const clearLow = (low: number, bits: number): number => (bits >= 32 ? 0 : (low >>> bits) << bits) >>> 0;
/** High word of an output address (47:32) without the bits below `bits`. */
export const clearHigh = (high: number, bits: number): number =>
  bits > 32 ? ((high & ADDRESS_HIGH) >>> (bits - 32)) << (bits - 32) : high & ADDRESS_HIGH;

/** Reverses the bytes of a word, for tables in big-endian order. */
export const swapBytes = (word: number): number => (word >>> 24) | ((word >>> 8) & 0xff00) | ((word & 0xff00) << 8) | (word << 24);
