import type { AccessOptions, ExitName, HostAddress, RegisterField, Value, ValueType } from '../../isa/builder.ts';
import type { RuntimeFunctionName } from '../../isa/functions/index.ts';
import type { Fields } from '../../isa/instruction.ts';

/** How register number 31 and the direction are understood. */
export type RegisterRole = 'read' | 'write' | 'sp';

/** An operand known when the instruction word is known: the interpreter reads it from the predecoded record, the translator folds it. */
export type OperandSource =
  | { readonly kind: 'register'; readonly field: RegisterField; readonly role: RegisterRole }
  | { readonly kind: 'vector'; readonly field: RegisterField }
  | { readonly kind: 'immediate'; readonly of: (f: Fields) => number }
  | { readonly kind: 'wide'; readonly of: (f: Fields) => bigint }
  | { readonly kind: 'small'; readonly of: (f: Fields) => number }
  | { readonly kind: 'condition'; readonly of: (f: Fields) => number }
  | { readonly kind: 'system'; readonly of: (f: Fields) => number }
  /** A system register that the operation names itself: nothing to read from anywhere. */
  | { readonly kind: 'system-slot'; readonly slot: number }
  | { readonly kind: 'sp-mask'; readonly field: RegisterField };

/** The guest's flags, as the interpreter and the translator keep them (layout.ts `flagN` …). */
export type Flag = 'n' | 'z' | 'c' | 'v';

/** What all flags at once are set from: operand 0 minus operand 1, their sum, the result of a logical operation (operand 0), or N:Z:C:V itself (operand 0, i32). */
export type FlagOrigin = 'difference' | 'sum' | 'logical' | 'packed';

/** Plain words of the vCPU block that operations read and write. */
export type StateWord = 'el' | 'pstate' | 'interruptPending' | 'fpcr' | 'fpsr' | 'fpTrap' | 'exclusiveHost' | 'exclusiveSize' | 'direct';

export type AccessKind = 'read' | 'write' | 'read-write';

/** What a node does. Pure ones may be computed anywhere after their operands, or not at all; the others stay in order. */
export type Action =
  | { readonly kind: 'op'; readonly name: string; readonly immediate?: number | readonly number[] }
  | { readonly kind: 'constant'; readonly value: bigint | readonly number[] }
  | { readonly kind: 'operand'; readonly source: OperandSource }
  | { readonly kind: 'select' }
  | { readonly kind: 'pc' }
  | { readonly kind: 'read-register'; readonly source: OperandSource }
  | { readonly kind: 'write-register'; readonly source: OperandSource }
  | { readonly kind: 'read-vector'; readonly source: OperandSource; readonly bits: 8 | 16 | 32 | 64 | 128 }
  | { readonly kind: 'write-vector'; readonly source: OperandSource; readonly bits: 8 | 16 | 32 | 64 | 128 }
  | { readonly kind: 'read-flag'; readonly flag: Flag }
  /** Only inside `set-flags`. */
  | { readonly kind: 'write-flag'; readonly flag: Flag }
  /** All flags are set from the operands; `writes` says how. */
  | { readonly kind: 'set-flags'; readonly of: FlagOrigin; readonly writes: Block }
  /** ConditionHolds for a condition that is known, or given by the fields; `fromFlags` computes it from the flags. */
  | { readonly kind: 'test'; readonly condition: number | ((f: Fields) => number); readonly fromFlags: Block; readonly value: Node }
  /** N:Z:C:V; `fromFlags` puts it together. */
  | { readonly kind: 'nzcv'; readonly fromFlags: Block; readonly value: Node }
  | { readonly kind: 'read-state'; readonly word: StateWord }
  | { readonly kind: 'write-state'; readonly word: StateWord }
  | { readonly kind: 'read-system'; readonly source: OperandSource }
  | { readonly kind: 'write-system'; readonly source: OperandSource }
  | { readonly kind: 'system-count' }
  | { readonly kind: 'entry-ticks' }
  /** Operand 0 is the address. */
  | { readonly kind: 'readable' }
  | { readonly kind: 'invalidate-address' }
  | { readonly kind: 'check-sp'; readonly source: OperandSource }
  | { readonly kind: 'call'; readonly name: RuntimeFunctionName }
  | { readonly kind: 'if'; readonly met: Block; readonly unmet: Block | undefined }
  | { readonly kind: 'choose'; readonly met: Block; readonly metValue: Node; readonly unmet: Block; readonly unmetValue: Node }
  | { readonly kind: 'access'; readonly access: Access }
  | { readonly kind: 'access-result'; readonly of: Access; readonly index: number }
  | { readonly kind: 'host-load'; readonly host: HostNode; readonly offset: number; readonly size: number; readonly signed: boolean }
  | { readonly kind: 'host-store'; readonly host: HostNode; readonly offset: number; readonly size: number }
  | { readonly kind: 'host-address'; readonly host: HostNode }
  | { readonly kind: 'branch'; readonly offset: (f: Fields) => number }
  | { readonly kind: 'branch-register'; readonly branch: 'jump' | 'call' | 'return' }
  | { readonly kind: 'exit'; readonly name: ExitName };

export interface HostNode extends HostAddress {
  readonly access: Access;
}

/** One translated access and the body that uses it. */
export interface Access {
  readonly bytes: number;
  readonly kind: AccessKind;
  readonly options: AccessOptions;
  readonly body: Block;
  results: readonly Node[];
}

/** A value or an effect of an operation. */
export interface Node extends Value {
  readonly type: ValueType;
  readonly action: Action;
  readonly operands: readonly Node[];
  readonly block: Block;
  /** How many nodes use it. */
  uses: number;
}

/** Statements in order. */
export interface Block {
  readonly parent: Block | undefined;
  readonly nodes: Node[];
  /** Control does not leave at the end: a branch or exit came last. */
  ended: boolean;
}

/** The blocks inside a node, in order. */
export function innerBlocks({ action }: Node): readonly Block[] {
  switch (action.kind) {
    case 'if':
    case 'choose':
      return action.unmet ? [action.met, action.unmet] : [action.met];
    case 'access':
      return [action.access.body];
    case 'set-flags':
      return [action.writes];
    case 'test':
    case 'nzcv':
      return [action.fromFlags];
    default:
      return [];
  }
}

/** What an operation says, once, for every reader. */
export interface Operation {
  readonly body: Block;
}
