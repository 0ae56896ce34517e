/** VMSAv8-64 descriptor bits that the walks test (Arm ARM, "Translation table descriptor formats"): low and high word of the 64. */

/** Low word. */
export const VALID = 1;
/** Table (levels 0–2) or page (level 3), as against block. */
export const TABLE_OR_PAGE = 2;
export const ACCESS_FLAG = 1 << 10;
export const NOT_GLOBAL = 1 << 11;
/** Stage 1 AP[2]: read-only. */
export const AP2 = 1 << 7;
/** Stage 2 S2AP[1]: write. */
export const S2AP1 = 1 << 7;

/** High word. */
export const DIRTY_BIT_MODIFIER = 1 << (51 - 32);
export const GUARDED = 1 << (50 - 32);
export const CONTIGUOUS = 1 << (52 - 32);

/** Bits 47:32 of an address in the high word. */
export const ADDRESS_HIGH = 0xffff;

/** Blocks exist from this level on: 1 with 4 KiB pages, 2 with 16 and 64 KiB. */
export const firstBlockLevel = (granule: number): number => (granule === 12 ? 1 : 2);

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
