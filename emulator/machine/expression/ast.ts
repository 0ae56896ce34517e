import type { AddressSpace } from '../machine.ts';

/**
 * A bound expression: plain data (it crosses to the machine's worker), every name already resolved. All values are unsigned 64-bit; comparisons, division
 * and right shift are unsigned, as C's on `uint64_t`. Registers of 128 bits are truncated by arithmetic only.
 */
export type Expression =
  | { readonly kind: 'number'; readonly value: bigint }
  /** A register by the machine's name for it. */
  | { readonly kind: 'register'; readonly name: string }
  /** A field of a register, found when evaluated: which fields there are may depend on the value (ISS by EC). */
  | { readonly kind: 'field'; readonly register: string; readonly field: string }
  /** What happened: a field of the current exit or exception by name (`fault_ipa`, `len`, `esr` …). `otherwise`: a symbol of the same name, for when nothing of that name happened. */
  | { readonly kind: 'event'; readonly name: string; readonly field?: string; readonly otherwise?: Expression }
  /** Memory: `bytes` bytes, little-endian. */
  | {
      readonly kind: 'memory';
      readonly space: AddressSpace;
      readonly address: Expression;
      readonly bytes: 1 | 2 | 4 | 8;
      readonly signed: boolean;
    }
  | { readonly kind: 'unary'; readonly operator: UnaryOperator; readonly operand: Expression }
  | { readonly kind: 'binary'; readonly operator: BinaryOperator; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'conditional'; readonly condition: Expression; readonly then: Expression; readonly otherwise: Expression }
  /** Truncation to a type: `(u8)x`, `(s32)x`. */
  | { readonly kind: 'cast'; readonly bits: 8 | 16 | 32 | 64; readonly signed: boolean; readonly operand: Expression };

export type UnaryOperator = '-' | '~' | '!' | '+';
export type BinaryOperator =
  | '*'
  | '/'
  | '%'
  | '+'
  | '-'
  | '<<'
  | '>>'
  | '<'
  | '<='
  | '>'
  | '>='
  | '=='
  | '!='
  | '&'
  | '^'
  | '|'
  | '&&'
  | '||';
