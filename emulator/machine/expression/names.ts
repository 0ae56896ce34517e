import type { Expression } from './ast.ts';
import type { TypeRules } from './types.ts';

/** What the names in an expression can stand for, asked while parsing. */
export interface Names {
  /** A register (any case, with or without `$`), as the expression that reads it (`w3` is a truncated `x3`); undefined: no register. */
  register(name: string): Expression | undefined;
  /** A field of a register in any of its layouts, in the data's own spelling. `register` is a canonical name. */
  field(register: string, field: string): string | undefined;
  /** Field names of a register, for the message when one is unknown. */
  fieldNames(register: string): readonly string[];
  /** A name that the current exit or exception may define, in its own spelling. */
  event(name: string): string | undefined;
  /** Address of a symbol. */
  symbol(name: string): bigint | undefined;
  /** The types of the guest's program, where they are known. */
  readonly types?: TypeRules;
}
