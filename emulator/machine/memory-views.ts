/** What a debugger shows of translation and of guest memory. Plain data: it travels between threads. */
import type { DescribedStage } from '../memory/describe-regime.ts';
import type { ExplainedAccess, Explanation } from '../memory/explain.ts';

export type { DescribedField } from '../isa/registers/describe.ts';
export type { DescribedStage } from '../memory/describe-regime.ts';
export type { ExplainedAccess, ExplainedFault, ExplainedStage } from '../memory/explain.ts';
export type { MappedRun, TableMap, TableMapQuery } from '../memory/table-map.ts';
export type { WalkStep } from '../memory/walk-steps.ts';

/** What is to be translated, and for which access. */
export interface TranslationQuery {
  /** `va`: through both stages; `ipa`: through stage 2 alone. */
  readonly space: 'va' | 'ipa';
  readonly address: bigint;
  /** A read, where it is absent. */
  readonly kind?: ExplainedAccess['kind'];
  /** The vCPU's own where they are absent. */
  readonly el?: 0 | 1;
  /** PSTATE.PAN. */
  readonly pan?: boolean;
}

/** What becomes of an address. */
export interface Translation extends Explanation {
  readonly space: 'va' | 'ipa';
  readonly address: bigint;
  readonly access: ExplainedAccess;
  /** The stages it goes through, as the registers set them up. */
  readonly regimes: readonly DescribedStage[];
  /** The memory slot that holds the IPA. */
  readonly memslot?: MemslotView;
  /** What KVM does about a stage 2 fault; `maps`: the access succeeds afterwards. */
  readonly resolution?: { readonly text: string; readonly maps: boolean };
  /** What else there is to know: TLBs that say something else, nothing that answers. */
  readonly notes: readonly string[];
}

/** A memory slot of the VM. */
export interface MemslotView {
  readonly slot: number;
  readonly guestPhysAddr: bigint;
  readonly memorySize: bigint;
  /** User space's address. */
  readonly userspaceAddr: bigint;
  /** `KVM_MEM_LOG_DIRTY_PAGES` … */
  readonly flags: readonly string[];
  /** What user space has mapped there, in parts. */
  readonly backings: readonly BackingView[];
  readonly rules: readonly string[];
  /** How much of it is in the stage 2 tables. */
  readonly mapped?: string;
}

/** Part of a memory slot, and what is behind it. */
export interface BackingView {
  /** Guest physical addresses. */
  readonly first: bigint;
  readonly last: bigint;
  readonly text: string;
  /** What KVM checks, and what it comes to: why it is cacheable or not. */
  readonly rules: readonly string[];
}

/** Which part of the cache is looked at, with a cache model. */
export interface CacheQuery {
  readonly space: 'va' | 'ipa' | 'pa';
  readonly address: bigint;
  readonly length: number;
  /** Lines too that are as memory has them. */
  readonly every?: boolean;
}

/** A line of 64 bytes, in the cache and in memory. What is not in the cache is as memory has it. */
export interface CacheLineView {
  /** In the space that was asked about. */
  readonly address: bigint;
  readonly pa: bigint;
  readonly state: 'absent' | 'clean' | 'dirty';
  readonly cached: Uint8Array;
  readonly memory: Uint8Array;
  readonly differing: readonly { readonly offset: number; readonly length: number }[];
}

export interface CacheView {
  readonly lines: readonly CacheLineView[];
  /** Lines of the range in each state. */
  readonly counts: Readonly<Record<CacheLineView['state'], number>>;
  /** Where there is no memory, from each address on. */
  readonly holes: readonly { readonly address: bigint; readonly reason: string }[];
}
