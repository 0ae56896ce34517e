import type { Expression } from '../expression/ast.ts';
import type { Intervention } from '../intervention.ts';
import type { AddressSpace } from '../machine.ts';

/** When a step of a script is due. `count`: the how-manieth time that its condition holds. */
export type ScriptMoment =
  /** When all vCPUs together have executed this many instructions. */
  | { readonly kind: 'instructions'; readonly instructions: number }
  /** Before the instruction there is executed. */
  | {
      readonly kind: 'address';
      readonly space: AddressSpace;
      readonly address: bigint;
      readonly count: number;
      readonly condition?: Expression;
    }
  /** At an exit to user space, once the debugger has seen it. */
  | { readonly kind: 'exit'; readonly exit: string; readonly count: number; readonly condition?: Expression };

/** One thing done: an intervention, or `stop` for the debugger to look. */
export interface ScriptAct {
  /** As it was written. */
  readonly text: string;
  readonly act: Intervention | 'stop';
}

/** A step of a script: done once. */
export interface ScriptStep {
  readonly at: ScriptMoment;
  readonly acts: readonly ScriptAct[];
  /** The vCPU it is about; left out: the one it happened to, or 0. */
  readonly vcpu?: number;
}
