import { KvmError } from './errno.ts';

/** Stage-2 descriptor bits (VMSAv8-64). The low word holds all but the execute-never bits and the high address bits. */
export const descriptor = {
  valid: 1,
  /** Table at levels 0 to 2, page at level 3. */
  table: 2,
  memAttrShift: 2,
  memAttr: 15 << 2,
  /** S2AP[0] and S2AP[1]. */
  read: 1 << 6,
  write: 1 << 7,
  innerShareable: 3 << 8,
  accessFlag: 1 << 10,
  /** XN[1], bit 54. */
  executeNever: 1 << 22,
} as const;

/** MemAttr[3:0] that KVM uses for each kind of mapping, by HCR_EL2.FWB (`stage2_set_prot_attr`, memory.h `MT_S2_*`). */
export const memAttr = {
  normal: { fwb: 6, plain: 0xf },
  normalNc: { fwb: 5, plain: 0x5 },
  device: { fwb: 1, plain: 0x1 },
  /** KVM_PGTABLE_S2_AS_S1: the guest's stage 1 decides. */
  asStage1: { fwb: 7, plain: 0xf },
} as const;

export type Stage2MemoryType = keyof typeof memAttr;

/** KVM_PGTABLE_PROT_*: what a mapping allows beside reading, and its memory type. */
export interface Stage2Protection {
  readonly write: boolean;
  readonly execute: boolean;
  readonly type: Stage2MemoryType;
}

const executable: ReadonlySet<Stage2MemoryType> = new Set(['normal', 'asStage1']);

/**
 * Low word of a leaf without its address and without the page bit.
 * @throws KvmError EINVAL for executable memory that is not cacheable.
 */
export function leafBits({ write, execute, type }: Stage2Protection, fwb: boolean): number {
  if (execute && !executable.has(type)) throw new KvmError('EINVAL', `stage 2 maps no executable ${type} memory`);
  const attributes = memAttr[type][fwb ? 'fwb' : 'plain'];
  const rights = descriptor.read | (write ? descriptor.write : 0);
  return descriptor.valid | rights | descriptor.innerShareable | descriptor.accessFlag | (attributes << descriptor.memAttrShift);
}

/** Kind of memory that a leaf's MemAttr stands for; undefined: none that KVM writes. */
export function memoryTypeOf(low: number, fwb: boolean): Stage2MemoryType | undefined {
  const value = (low & descriptor.memAttr) >>> descriptor.memAttrShift;
  return (Object.keys(memAttr) as Stage2MemoryType[]).find((type) => memAttr[type][fwb ? 'fwb' : 'plain'] === value);
}

/** A leaf may be cached: what KVM maintains caches for (`stage2_pte_cacheable`). */
export const isCacheable = (low: number, fwb: boolean): boolean => memoryTypeOf(low, fwb) === 'normal';
