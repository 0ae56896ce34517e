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

/** Blocks exist from this level on: 1 with 4 KiB pages, 2 with 16 and 64 KiB. */
export const firstBlockLevel = (granule: number): number => (granule === 12 ? 1 : 2);

/** Stage 1 AttrIndx and stage 2 MemAttr: low word, from this bit. */
export const ATTRIBUTES_SHIFT = 2;
/**
 * Where a stage 1 walk's permissions go in the index of `stage1Rights` (emulator/memory/permissions.ts): shift right of the 64-bit descriptor, then the mask there.
 * AP[2:1] 7:6, PXN 53 and UXN 54 of the leaf; APTable 62:61, PXNTable 59 and UXNTable 60 of the tables.
 */
export const rightsIndex = {
  access: { shift: 6, mask: 0x3 },
  never: { shift: 49, mask: 0x30 },
  tableAccess: { shift: 59, mask: 0xc },
  tableNever: { shift: 55, mask: 0x30 },
  /** SCTLR_ELx.WXN. */
  wxn: 64,
} as const;
