import type { RuntimeFunctionName } from '../../isa/functions/index.ts';
import type { Fields } from '../../isa/instruction.ts';
import type { CodeWriter } from '../wasm/code.ts';
import type { Flag, FlagOrigin, OperandSource } from './node.ts';

/** How the operands of an operation are found: in a predecoded record at run time, or known already. All push values on the stack. */
export interface Reading {
  /** General-purpose register as i32 (its low half) or i64. */
  pushRegister(source: OperandSource, type: 'i32' | 'i64'): void;
  /** Writes a register; an i32 is zero-extended. `push` puts the value on the stack. */
  storeRegister(source: OperandSource, type: 'i32' | 'i64', push: () => void): void;
  /** Address of the operand's place, relative to the vCPU block: what is pushed plus the number returned (vectors relative to V0). */
  pushOffset(source: OperandSource): number;
  /** An immediate operand. */
  pushOperand(source: OperandSource): void;
  /** i32: the base register is SP; false where it is known not to be. */
  pushIsStackPointer(source: OperandSource): boolean;
  /** A number from the fields; left out: they are not known. */
  known?(of: (f: Fields) => number): number;
  /** A PC-relative branch, taken. */
  branch(offset: (f: Fields) => number): void;
}

/** Keeps what the flags come from instead of the flags. */
export interface LazyFlags {
  /** The flags come from these; the functions push the operands. */
  note(of: FlagOrigin, type: 'i32' | 'i64', pushOperands: readonly (() => void)[]): void;
  /** i32 0/1: ConditionHolds. */
  pushCondition(condition: number): void;
  /** i32: N:Z:C:V. */
  pushNzcv(): void;
  /** i32 0/1: PSTATE.C. */
  pushCarry(): void;
  /** What is known now, to come back to on another path. */
  state(): unknown;
  restore(state: unknown): void;
  /** Two paths meet: the one of a condition (`pushCondition`, i32) and the other, with what was known at their ends; undefined: that path left. */
  join(met: unknown, unmet: unknown, pushCondition: () => void): void;
}

/** What surrounds an operation: the loop of the interpreter, a function of its own, a translated region. */
export interface Surroundings {
  readonly code: CodeWriter;
  /** Function indices; `readable` and `invalidateAddress` only where code does not leave for them (`leaveForAccess`). */
  readonly functions: {
    readonly access: number;
    readonly commit: number;
    readonly readable?: number;
    readonly invalidateAddress?: number;
    runtime(name: RuntimeFunctionName): number;
  };
  /** Left out: each flag is kept. */
  readonly lazyFlags?: LazyFlags;
  /** A TLB miss calls the slow path, or leaves the code with the instruction unexecuted (then `leaveForAccess` says how). */
  readonly leaveForAccess: (() => void) | undefined;
  /** Code that leaves at a miss looks first whether it is only that the page is watched, elsewhere. The slow path that other code calls does so itself. */
  readonly knowsWatches?: boolean;
  /** These two only where flags are kept each. */
  pushFlag(flag: Flag): void;
  /** Value on the stack. */
  popFlag(flag: Flag): void;
  pushDataTlb(): void;
  /** Address of the instruction, i64. */
  pushPc(): void;
  /** Instructions left of the slice, this one included, i32. */
  pushRemaining(): void;
  /** The instruction is done: go on with the next. */
  next(): void;
  /** i64 target on the stack. */
  jump(): void;
  /** PSTATE.BTYPE (i32 on the stack) is in force for the instruction jumped to. */
  setBtype(): void;
  exit(name: string): void;
  /** Like `exit`, taken when the i32 on the stack is non-zero; the instruction is left unexecuted. */
  faultIf(): void;
}
