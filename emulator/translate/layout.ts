/**
 * The memory image that generated code and the processor model share: one WebAssembly memory per machine.
 * The registers of the vCPU that runs are at fixed addresses; those of the others are kept in their save areas, in the same layout.
 */

/** Byte offsets inside a vCPU's register block (and absolute addresses of the running vCPU's: the block is at address `CPU`). */
export const CPU = 1024;

/** Slots of 8 bytes each. x0…x30 are slots 0–30. */
export const slots = {
  x: 0,
  /** Slot 31: always zero; what register number 31 reads as zero register. */
  zero: 31,
  /** Writes to the zero register land here. */
  discard: 32,
  /** The current stack pointer (SP_EL0 or SP_ELx by PSTATE.SP; the others are in their system register slots). */
  sp: 33,
  pc: 34,
  /** PSTATE.N is the sign of `flagN`, Z is `flagZ == 0`, C is `flagC` (i32 0/1), V the sign of `flagV`. */
  flagN: 35,
  flagZ: 36,
  flagC: 37,
  flagV: 38,
  /** PSTATE without NZCV, at SPSR bit positions, EL and SP included (M[3:0]). BTYPE (11:10) is exact only between slices. u32. */
  pstate: 39,
  /** u32: exception level, derived from `pstate` and kept in step by the processor. */
  el: 40,
  /** u32, non-zero: an IRQ, FIQ or virtual SError is pending for this vCPU, whatever the masks say. */
  interruptPending: 41,
  /** u32: FP/SIMD instructions trap at the current EL. */
  fpTrap: 42,
  /** u32: 15 where a misaligned SP base faults at the current EL, else 0. */
  spAlignmentMask: 43,
  /** u32: data TLB, fetch TLB and unprivileged (EL0) data TLB of the current translation context. Addresses in this memory. */
  dataTlb: 44,
  fetchTlb: 45,
  unprivilegedTlb: 46,
  /** u32 host address and u32 size of the local exclusive monitor; address 0: clear. */
  exclusiveHost: 47,
  exclusiveSize: 48,
  fpcr: 49,
  fpsr: 50,
  /** u32: instructions left to run in this slice; the slice ends exactly at 0. Written by the runner before, read after. */
  remaining: 51,
  /** Exit: u32 number of the exit (exits.ts), i64 payload, u32 instruction word (0 where a fetch failed). `pc` is the instruction that exits (or the next one for completed instructions). */
  exitCode: 52,
  exitPayload: 53,
  exitWord: 54,
  /** u32: PSTATE.BTYPE in force for the next instruction, valid while `btypeRemaining` equals `remaining`. */
  btype: 56,
  btypeRemaining: 57,
  /** u32: top-byte-ignore for instruction addresses: bit 0 TBI for VA bit 55 = 0, bit 1 for 1 (in force at the current EL). */
  fetchTbi: 58,
  /** What the flags come from on the way from one translated region to the next (flag-origins.ts): u32 kind, and two doublewords. */
  lazyKind: 59,
  lazyLeft: 60,
  lazyRight: 61,
  /** u32: accesses that generated code performs without the processor, by their bits (isa/registers/direct-access.ts); in force at the current EL. */
  direct: 62,
  /** f64: nanoseconds of the machine's time at which `remaining` will be 0. */
  sliceEnd: 63,
  /** Where a region ended in another page than it began (region/status.ts). */
  regionPc: 55,
} as const;

/** Instructions, or nanoseconds, to a tick of the system counter: 62.5 MHz where an instruction takes a nanosecond. */
export const INSTRUCTIONS_PER_TICK = 16;

/** V0–V31, 16 bytes each. */
export const V_OFFSET = 512;
/** System register slots, 8 bytes each, by their index (`systemRegisterSlot`): op0 2–3 registers in use get one. */
export const SYSTEM_OFFSET = 1024;
export const SYSTEM_SLOTS = 1024;
/** Bytes of one vCPU's block. */
export const CPU_BYTES = SYSTEM_OFFSET + SYSTEM_SLOTS * 8;

/** Address of a slot of the running vCPU. */
export const slotAddress = (slot: number): number => CPU + slot * 8;

/** Data TLB of a context: direct mapped by VA[21:12]. */
export const DATA_TLB_ENTRIES = 1024;
export const DATA_TLB_ENTRY_BYTES = 32;
/**
 * Entry: i64 read tag, i64 write tag, i32 addend, window of reads, window of writes, 4 spare bytes. A tag is the VA of the page ((va + size - 1) & ~0xfff must
 * equal it, so an access that crosses into the next page misses), or -1: never matches. Host address = low 32 bits of VA + addend.
 * Only Normal memory without alignment checks, code or poison is ever entered; everything else takes the slow path each time.
 */
export const dataTlbEntry = { read: 0, write: 8, addend: 16, readWindow: 20, writeWindow: 24 } as const;
/**
 * Set in the tag of a page some bytes of which are watched: the tag matches nothing, unless the access lies in the window of its kind, which has no watched byte.
 * No access has this bit in what it compares with a tag: alignment shows in the bits below.
 */
export const WATCHED_TAG = 1 << 11;
/** A window: u16 offset in the page, u16 bytes. It goes on at the start of the page where it reaches the end: one watch leaves one window. */
export const tlbWindow = { start: 0, bytes: 2 } as const;

/** Fetch TLB of a context: direct mapped by VA[19:12]. Entry: i64 tag (page VA, or -1), u32 address of the page's predecoded records, u32 flags (bit 0: guarded page). */
export const FETCH_TLB_ENTRIES = 256;
export const FETCH_TLB_ENTRY_BYTES = 16;
export const fetchTlbEntry = { tag: 0, records: 8, flags: 12 } as const;

/** A context's TLBs lie together: data, fetch, then what a refill has to know of the context. */
export const DATA_TLB_BYTES = DATA_TLB_ENTRIES * DATA_TLB_ENTRY_BYTES;
export const FETCH_TLB_BYTES = FETCH_TLB_ENTRIES * FETCH_TLB_ENTRY_BYTES;
/**
 * What a refill has to know of a context. Both VA ranges; u32 distance of the rights that accesses here need, u32 info bits with which no data is entered,
 * u32 something was entered since the last flush. The rest is for walks of 4 KiB tables: i64 the stage 2 cache's tags of the space, i64 descriptor bits that together
 * make a leaf the slow path's, i64 those that make a guarded page, u32 MemAttr bits that are all 0 for Device memory, u32 bits of an output address, u32 rights
 * that PAN denies, u32 added to the index of the rights, u32 address of the attributes (u16 info bits by AttrIndx × 16 + MemAttr, 0: the slow path's).
 */
export const contextHeader = {
  lower: 0,
  upper: 48,
  rights: 96,
  refused: 100,
  dirty: 104,
  stage2Tag: 112,
  special: 120,
  guarded: 128,
  stage2Device: 136,
  outputBits: 140,
  panDenied: 144,
  rightsIndex: 148,
  attributes: 152,
} as const;
/**
 * A VA range: i64 tags of its address spaces as `mainTlb` has them, of global pages and of the others; -1 where only the slow path may look (-1 is no entry's tag).
 * i64 address of the start table, u32 not 0: only the slow path walks, u32 shift of the start table's index, u32 bits of an address, u32 mask of that index, u32 mask of
 * the permissions that tables give.
 */
export const contextRange = { global: 0, local: 8, table: 16, slowWalks: 24, shift: 28, bits: 32, indexMask: 36, tableRights: 40 } as const;
export const CONTEXT_HEADER_BYTES = 160;
export const CONTEXT_TLB_BYTES = DATA_TLB_BYTES + FETCH_TLB_BYTES + CONTEXT_HEADER_BYTES;

/** The second level TLB, of all contexts. Entry: i64 tag (VA[47:12], VA[55] in bit 48, the address space in bits 11:0 and 62:49), u32 host page, u32 info. */
export const mainTlb = { sets: 2048, ways: 4, entryBytes: 16, tag: 0, page: 8, info: 12 } as const;
export const MAIN_TLB_BYTES = mainTlb.sets * mainTlb.ways * mainTlb.entryBytes;
/**
 * Behind its entries: u32 the way that made room last; u32 not 0: a leaf of more than `hugeSpan` bits was entered; u8 by hash of VA[…:21]: not 0: one of more than
 * `pageSpan` bits was.
 */
export const mainTlbState = {
  victim: MAIN_TLB_BYTES,
  hugeBlocks: MAIN_TLB_BYTES + 4,
  blocks: MAIN_TLB_BYTES + 8,
  blockEntries: 4096,
  hugeSpan: 21,
  pageSpan: 16,
} as const;
/** Info word: rights of both stages (EL1 read 1, write 2, execute 4; EL0's shifted by 3), and what else decides an access. */
export const mainTlbInfo = {
  rights: 63,
  panDenied: 1 << 6,
  /** Guarded page, where the processor has BTI. */
  guarded: 1 << 7,
  device: 1 << 8,
  writeBack: 1 << 9,
  /** A data watch covers a virtual address of the page. */
  watched: 1 << 10,
  /** Set in every entry. */
  valid: 1 << 11,
  /** With a cache model: accesses go past the cache. */
  notCached: 1 << 12,
} as const;

/**
 * Results of stage 2, direct mapped by IPA page. Entry: i64 tag (IPA[47:12], the space in bits 11:0 and 63:48), u32 host page, u32 leaf: rights as in `mainTlbInfo`
 * (without write where the page is clean), MemAttr, SH, level from these bits.
 */
export const stage2Cache = {
  entries: 4096,
  entryBytes: 16,
  tag: 0,
  page: 8,
  info: 12,
  leaf: { memAttr: 6, sh: 10, level: 12, clean: 1 << 15 },
} as const;

/** A predecoded instruction: u16 handler, then operands as the handler's layout says. 1024 of them a page, then one end-of-page record. */
export const RECORD_BYTES = 16;
export const RECORDS_PER_PAGE = 1024;
/**
 * Beside each record, 8 bytes: u16 handler of the instruction itself where a region begins or a breakpoint is, i32 table index of the region's function with
 * `REGION_FLAG` set (else how often the record was jumped to).
 */
export const REGION_INFO_OFFSET = (RECORDS_PER_PAGE + 2) * RECORD_BYTES;
export const REGION_FLAG = 1 << 31;
export const regionInfo = { handler: 0, function: 4 } as const;
/** A power of two, and pages of records are aligned to it: the page and the number of a record are bits of its address. */
export const DECODED_PAGE_BYTES = 1 << 15;

/** Where an access that crosses pages is assembled: the slow path returns an address below `SCRATCH_END` and, for writes, is asked to commit it. */
export const SCRATCH = 64;
export const SCRATCH_END = 512;

/** Address of a u32: jumps to an instruction (far, or back in its page) after which it is worth translating; 0: never. */
export const HOT_JUMPS = SCRATCH_END;

/** Addresses of u32s that the memory side sets once for generated code (`fetchWatched`: any time). */
export const machineWords = {
  /** The second level TLB; 0: there is none, every miss takes the slow path. */
  mainTlb: HOT_JUMPS + 4,
  /** By host page number: u8 `pageMark` bits; u32 page of records + 1, or 0; u32 what may store to it (emulator/memory/context.ts). */
  pageMarks: HOT_JUMPS + 8,
  codePages: HOT_JUMPS + 12,
  pageWriters: HOT_JUMPS + 16,
  /** The first page of records. */
  codeStart: HOT_JUMPS + 20,
  stage2Cache: HOT_JUMPS + 28,
  /** Rights by permission bits of stage 1 (emulator/memory/permissions.ts), u8 each. */
  stage1Rights: HOT_JUMPS + 32,
  /** Not 0: some virtual address is watched, entries have to say whether theirs is. */
  virtualWatches: HOT_JUMPS + 36,
  /** Not 0: the slow path wants to know of every page that is entered for execution. */
  fetchWatched: HOT_JUMPS + 24,
  /** f64: nanoseconds of the machine's time at which the entry into the guest that runs ends in any case (`slots.sliceEnd` is not after it). */
  entryEnd: HOT_JUMPS + 40,
} as const;

/**
 * What the interpreter's loop keeps here and not in locals: an engine that has more variables alive in a loop of this size than registers stores and loads all of them for
 * every instruction. i64 page's VA less a quarter of its records' address; u32 record at which the budget is used up if nothing branches; the record a slice starts at.
 */
export const loopState = { pcBase: HOT_JUMPS + 64, limit: HOT_JUMPS + 72, start: HOT_JUMPS + 80 } as const;

/** How generated code describes an access to the slow path (one u32). */
export const access = {
  /** Bits 7:0: bytes accessed. */
  bytesMask: 0xff,
  write: 1 << 8,
  /** Also set with `write` for read-modify-write. */
  read: 1 << 9,
  unprivileged: 1 << 10,
  /** Alignment required whatever SCTLR_ELx.A says. The alignment in bytes is in bits 23:16; without this bit it is the one that SCTLR_ELx.A and Device memory ask for. */
  aligned: 1 << 11,
  atomic: 1 << 12,
  ordered: 1 << 13,
  alignShift: 16,
} as const;
