import type { Builder } from './builder.ts';

/** The fields of one instruction word, by the names its encoding gives them. Unsigned, at most 26 bits each. */
export type Fields = Readonly<Record<string, number>>;

/** The static parts of an instruction: what its handler is specialised on. Always plain numbers while an operation is built. */
export type Statics = Readonly<Record<string, number>>;

/**
 * A static part of an instruction. A string names an encoding field: every value of it gets a handler of its own.
 * The object form derives the static from all fields; `values` lists every value that `of` can give.
 */
export type Static = string | { readonly name: string; readonly values: readonly number[]; readonly of: (f: Fields) => number };

/** What a parser may ask of its surroundings: labels and the address of the instruction. */
export interface ParseContext {
  /** Address of the instruction being assembled (what PC reads as). */
  readonly address: bigint;
  /** Value of an expression or label, or undefined when `text` is neither. */
  evaluate(text: string): bigint | undefined;
}

/** How one operand is written: both directions, so that the disassembler and the assembler cannot disagree. */
export interface OperandSyntax {
  /** Text of the operand, lower case as GNU objdump writes it; undefined: it is left out (allowed inside `{…}`, where the whole group goes). */
  print(f: Fields, address: bigint): string | undefined;
  /** Fields that `text` stands for; undefined: `text` is not such an operand. An omitted optional operand is parsed with text ''. `known`: fields that the operands before it gave. */
  parse(text: string, context: ParseContext, known?: Fields): Readonly<Record<string, number>> | undefined;
}

/** A preferred or alternative spelling of an instruction. */
export interface Alias {
  /** True where the alias is the preferred disassembly of these fields. */
  readonly when: (f: Fields) => boolean;
  /** Operand symbols that mean something else here than in the instruction's own syntax. */
  readonly operands?: Readonly<Record<string, OperandSyntax>>;
  /** Fields that the alias implies and its operands do not give, for the assembler. May compute from those given. */
  readonly implies?: Readonly<Record<string, number>> | ((f: Fields) => Readonly<Record<string, number>>);
}

/** ISS[23:14] of a data abort on this instruction, where ESR_ELx.ISV is 1 (Arm ARM, ISS encoding for an exception from a Data Abort). */
export interface TransferSyndrome {
  /** Syndrome access size: log2 of the bytes transferred. */
  readonly sas: number;
  /** 1: the loaded value is sign extended. */
  readonly sse: number;
  /** Register transferred; 31 is XZR. */
  readonly srt: number;
  /** 1: 64-bit register. */
  readonly sf: number;
  /** 1: acquire/release semantics. */
  readonly ar: number;
}

/** One instruction, as its page of the Arm ARM defines it. Everything the project knows about an encoding derives from this record. */
export interface InstructionDefinition {
  /**
   * The 32 bits, most significant first, separated by spaces: `0`, `1`, `x` (any), `(0)`/`(1)` (should be; any when decoding, that value when encoding),
   * or a field. A field whose width is not in `fieldWidths` (encoding.ts) is written `name:width`. A field may not appear twice.
   * A field with a fixed value is written as its bits.
   */
  readonly encoding: string;
  /** Fields must satisfy this too, or the word is not this instruction (another entry may match, else it is unallocated: UNDEFINED). */
  readonly where?: (f: Fields) => boolean;
  /** Architecture feature that offers it (FEAT_*), else part of Armv8.0. A vCPU whose ID registers lack it: UNDEFINED. */
  readonly feature?: string;
  /** Operand template: see syntax/README in `emulator/isa/syntax/`. */
  readonly assembly: string;
  readonly operands?: Readonly<Record<string, OperandSyntax>>;
  /** Alias template → alias, in order of preference. */
  readonly aliases?: Readonly<Record<string, Alias>>;
  /** Space-free names of static fields and derived statics. Registers and immediates are left out: they are read at run time. */
  readonly statics?: readonly Static[];
  /** Touches the FP/SIMD registers: CPACR_EL1.FPEN and CPTR_EL2 trap it. */
  readonly simd?: boolean;
  /** Single general-purpose register load/store without writeback: the syndrome a data abort reports. */
  readonly transfer?: (f: Fields) => TransferSyndrome | undefined;
  /** What it does. Left out: offered by the architecture but not implemented here; executing it stops the machine with a message. */
  readonly operation?: (b: Builder, s: Statics) => void;
}

/** A definition with its name and its Arm ARM class. */
export interface Instruction extends InstructionDefinition {
  /** As the Arm ARM heads its page: `ADD (immediate)`. Unique. */
  readonly name: string;
  /** Encoding class: `Add/subtract (immediate)`. */
  readonly group: string;
}

/** Declares an encoding class: a page of the table. */
export function instructions(group: string, definitions: Readonly<Record<string, InstructionDefinition>>): readonly Instruction[] {
  return Object.entries(definitions).map(([name, definition]) => ({ name, group, ...definition }));
}
