/** Shape of KVM's stage-2 tables with 4 KiB pages (arch/arm64/include/asm/stage2_pgtable.h, kvm_arm.h). */

export const PAGE_SHIFT = 12;
export const PAGE_BYTES = 2 ** PAGE_SHIFT;
/** PMD_SIZE: what one descriptor of level 2 maps. */
export const BLOCK_BYTES = 2 ** 21;
/** PUD_SIZE: what one descriptor of level 1 maps. */
export const LARGE_BLOCK_BYTES = 2 ** 30;
/** Index bits of a level. */
export const STRIDE = PAGE_SHIFT - 3;
export const ENTRIES = 2 ** STRIDE;
/** IPA size of a VM of type 0. */
export const IPA_BITS = 40;
/** ARM64_MIN_PARANGE_BITS: the least that KVM_CREATE_VM takes. */
export const MIN_IPA_BITS = 32;

/** log2 of the bytes that a descriptor of a level maps. */
export const levelShift = (level: number): number => PAGE_SHIFT + STRIDE * (3 - level);

/** Level of the descriptor that maps so many bytes. */
export const levelOf = (bytes: number): number => 3 - (Math.log2(bytes) - PAGE_SHIFT) / STRIDE;

/** Levels for an IPA size, at least two: with concatenated tables at the start one less than its index bits ask for (`stage2_pgtable_levels`). */
const levels = (ipaBits: number): number => Math.max(2, Math.floor((ipaBits - 8) / STRIDE));

export const startLevel = (ipaBits: number): number => 4 - levels(ipaBits);

/** Concatenated tables at the start level, 1 to 16. */
export const startTables = (ipaBits: number): number => Math.max(1, 2 ** (ipaBits - levelShift(startLevel(ipaBits)) - STRIDE));

/**
 * VTCR_EL2 for such tables: T0SZ, SL0 (2 less than levels counted from 4 KiB's base), write-back tables, inner shareable, 4 KiB granule, hardware Access flag, RES1.
 * @param parange ID_AA64MMFR0_EL1.PARange.
 */
export const vtcr = (parange: number, vmid16: boolean, ipaBits: number = IPA_BITS): bigint =>
  BigInt(64 - ipaBits) |
  (BigInt(2 - startLevel(ipaBits)) << 6n) |
  (1n << 8n) |
  (1n << 10n) |
  (3n << 12n) |
  (BigInt(Math.min(parange, 5)) << 16n) |
  (vmid16 ? 1n << 19n : 0n) |
  (1n << 21n) |
  (1n << 31n);
