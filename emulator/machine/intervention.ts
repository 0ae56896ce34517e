import type { ExitAnswer } from '../vmm/exits/answer.ts';
import type { Expression } from './expression/ast.ts';

/** What somebody does to the machine from outside of the guest, as its VMM or as the world around it. Expressions get their values on the vCPU at that moment. */
export type Intervention =
  /**
   * Answers the exit a vCPU stands at, or injects an SError at any time. `anyway`: an external abort where there is no exit it could answer, which is the programming error that
   * the documentation of KVM_SET_VCPU_EVENTS warns of: its address is that of the last abort.
   */
  | { readonly kind: 'answer'; readonly answer: Exclude<ExitAnswer, { readonly kind: 'complete' }>; readonly anyway?: boolean }
  /** Completes the MMIO access a vCPU stands at without a device: a load with this value, a store without any. */
  | { readonly kind: 'complete'; readonly value?: Expression };

/** Value of an expression on the vCPU the intervention is about. */
export type Evaluate = (expression: Expression) => bigint;
