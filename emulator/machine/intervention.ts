import type { Consumer, Severity } from '../memory/poison.ts';
import type { ExitAnswer } from '../vmm/exits/answer.ts';
import type { Expression } from './expression/ast.ts';
import type { AddressSpace } from './machine.ts';

/** What somebody does to the machine from outside of the guest, as its VMM or as the world around it. Expressions get their values on the vCPU at that moment. */
export type Intervention =
  /**
   * Answers the exit a vCPU stands at, or injects an SError at any time. `anyway`: an external abort where there is no exit it could answer, which is the programming error that
   * the documentation of KVM_SET_VCPU_EVENTS warns of: its address is that of the last abort.
   */
  | { readonly kind: 'answer'; readonly answer: Exclude<ExitAnswer, { readonly kind: 'complete' }>; readonly anyway?: boolean }
  /** Completes the MMIO access a vCPU stands at without a device: a load with this value, a store without any. */
  | { readonly kind: 'complete'; readonly value?: Expression }
  /** The dirty log of a memory slot: KVM_GET_DIRTY_LOG, or KVM_MEM_LOG_DIRTY_PAGES switched on or off. */
  | { readonly kind: 'dirty-log'; readonly slot: number; readonly action: DirtyLogAction }
  | PoisonIntervention
  /** Memory that was poisoned is good again; without a number all of it. */
  | { readonly kind: 'clear-poison'; readonly id?: number };

/** Memory goes bad, by lines of 64 bytes. A virtual range is translated now: it is the memory that is bad from then on. */
export interface PoisonIntervention {
  readonly kind: 'poison';
  readonly space: AddressSpace;
  readonly address: Expression;
  readonly bytes: number;
  /** Who trips over it; left out: everybody. */
  readonly consumers?: readonly Consumer[];
  /** Good again after it was consumed once. */
  readonly once?: boolean;
  /** `UER` where it is left out. */
  readonly severity?: Severity;
  /** Without FEAT_RAS it is told as a parity or ECC error. */
  readonly parity?: boolean;
  /** False: the abort does not say where (FnV). */
  readonly addressKnown?: boolean;
}

/** What can be done with the dirty log of a memory slot. */
export type DirtyLogAction = 'read' | 'on' | 'off';

/** Value of an expression on the vCPU the intervention is about. */
export type Evaluate = (expression: Expression) => bigint;

/** A piece of bad memory. */
export interface PoisonedMemory {
  readonly id: number;
  /** Where it was poisoned, and how: `ipa:0x48000000+64 data once UER`. */
  readonly text: string;
  /** How often it was consumed. */
  readonly consumed: number;
}
