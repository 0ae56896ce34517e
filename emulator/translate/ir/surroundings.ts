import type { RuntimeFunctionName } from '../../isa/functions/index.ts';
import type { Fields } from '../../isa/instruction.ts';
import type { CodeWriter } from '../wasm/code.ts';
import type { Flag, OperandSource } from './node.ts';

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
  /** A PC-relative branch, taken. */
  branch(offset: (f: Fields) => number): void;
}

/** Remembers what the flags were last set from, as long as that is known. */
export interface Comparisons {
  /** The flags are those of a difference; the functions push its operands. */
  note(type: 'i32' | 'i64', pushLeft: () => void, pushRight: () => void): void;
  /** Pushes whether the condition holds, or returns false and pushes nothing. */
  push(condition: number): boolean;
  /** What is known now, to come back to on another path. */
  state(): unknown;
  restore(state: unknown): void;
  forget(): void;
}

/** What surrounds an operation: the loop of the interpreter, a function of its own, a translated region. */
export interface Surroundings {
  readonly code: CodeWriter;
  readonly functions: { readonly access: number; readonly commit: number; runtime(name: RuntimeFunctionName): number };
  /** Conditions straight from the operands of the comparison that set the flags; left out: always from the flags. */
  readonly comparisons?: Comparisons;
  /** A TLB miss calls the slow path, or leaves the code with the instruction unexecuted (then `leaveForAccess` says how). */
  readonly leaveForAccess: (() => void) | undefined;
  /** Code that leaves at a miss looks first whether it is only that the page is watched, elsewhere. The slow path that other code calls does so itself. */
  readonly knowsWatches?: boolean;
  pushFlag(flag: Flag): void;
  /** Value on the stack. */
  popFlag(flag: Flag): void;
  pushDataTlb(): void;
  /** Address of the instruction, i64. */
  pushPc(): void;
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
