import { DRY, EL0_SHIFT, FETCH, PAN, READ, UNPRIVILEGED, WRITE } from './access.ts';
import type { AddressSpace } from './address-space.ts';
import { lastAttributes, lastStage1Attributes } from './address-translation.ts';
import { type DecidedAttributes, effectiveAttributes, type MemoryAttributes } from './attributes.ts';
import type { PhysicalMemory } from './physical-memory.ts';
import type { Translation } from './translation.ts';
import type { WalkObserver } from './walk-observer.ts';

/** One descriptor that the walk read. */
export interface WalkStep {
  readonly stage: 1 | 2;
  readonly level: number;
  /** What was being translated: at stage 2 an IPA (of a stage 1 table, or the final one); at stage 1 the VA. */
  readonly input: bigint;
  /** Where the descriptor is: an IPA at stage 1 (a physical address where stage 2 is off), a physical address at stage 2. */
  readonly address: bigint;
  readonly descriptor: bigint;
  readonly kind: 'invalid' | 'table' | 'block' | 'page';
}

/** Rights of one level of privilege. */
export interface Rights {
  readonly read: boolean;
  readonly write: boolean;
  readonly execute: boolean;
}

/** What becomes of an address, and why. */
export interface Explanation {
  readonly va: bigint;
  readonly steps: readonly WalkStep[];
  readonly ipa?: bigint;
  readonly pa?: bigint;
  /** Whether something answers at `pa`. */
  readonly present?: boolean;
  readonly fault?: { readonly text: string; readonly statusCode: number; readonly stage: 1 | 2; readonly level: number };
  readonly stage1?: { readonly attributes: MemoryAttributes; readonly level: number; readonly global: boolean; readonly guarded: boolean };
  readonly combined?: DecidedAttributes;
  readonly el1?: Rights;
  readonly el0?: Rights;
}

/** The access to try: at which level, and what it does. */
export interface ExplainedAccess {
  readonly kind: 'read' | 'write' | 'fetch';
  readonly el: 0 | 1;
  readonly pan?: boolean;
}

const kinds = { read: READ, write: WRITE, fetch: FETCH } as const;

/** Walks as the access would, without its effects: no descriptor is updated and no TLB filled or consulted. */
export function explain(
  translation: Translation,
  physical: PhysicalMemory,
  space: AddressSpace,
  va: bigint,
  access: ExplainedAccess,
): Explanation {
  const steps: WalkStep[] = [];
  const observer: WalkObserver = {
    descriptor(stage, level, input, address, low, high) {
      const kind = (low & 1) === 0 ? 'invalid' : level === 3 ? ((low & 2) === 0 ? 'invalid' : 'page') : (low & 2) === 0 ? 'block' : 'table';
      const descriptor = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
      steps.push({ stage, level, input: stage === 1 ? va : BigInt(input), address: BigInt(address), descriptor, kind });
    },
  };
  const low = Number(BigInt.asIntN(32, va));
  const high = Number(BigInt.asIntN(32, va >> 32n));
  const bits = kinds[access.kind] | DRY | (access.el === 0 ? UNPRIVILEGED : access.pan ? PAN : 0);
  translation.observer = observer;
  try {
    if (!translation.translate(space, low, high, bits)) {
      const { fault } = translation;
      const text = fault.describe();
      return { va, steps, fault: { text, statusCode: fault.statusCode, stage: fault.stage, level: fault.level } };
    }
  } finally {
    translation.observer = undefined;
  }
  const fetch = access.kind === 'fetch';
  const rights = (shift: number): Rights => {
    const mask = translation.rights >> shift;
    return { read: (mask & READ) !== 0, write: (mask & WRITE) !== 0, execute: (mask & FETCH) !== 0 };
  };
  return {
    va,
    steps,
    ipa: BigInt(translation.ipa),
    pa: BigInt(translation.pa),
    present: physical.hostOf(translation.pa) >= 0,
    stage1: {
      attributes: effectiveAttributes(lastStage1Attributes(translation, space, fetch)),
      level: translation.level,
      global: translation.global,
      guarded: translation.guarded,
    },
    combined: lastAttributes(translation, space, fetch),
    el1: rights(0),
    el0: rights(EL0_SHIFT),
  };
}
