import { ExpressionError, stringBytes } from './expression.ts';
import { MOST_BYTES, type Section } from './section.ts';
import { operandsOf } from './statement.ts';

/** What a directive may do to the program. */
export interface Program {
  readonly section: Section;
  /** True in the pass that produces the bytes. */
  readonly final: boolean;
  /** Value of an expression that must be known now (sizes, alignments). Throws ExpressionError. */
  absolute(text: string): bigint;
  /** Value of an expression that may name labels further on: 0 until they are known, then a number or an error. */
  value(text: string): bigint;
  enter(section: string): void;
  push(section: string): void;
  pop(): void;
  previous(): void;
  /** Gives a symbol the value of an expression. */
  assign(name: string, expression: string): void;
  global(name: string): void;
  flushLiterals(): void;
  /** Emits an instruction word. */
  word(value: number): void;
}

type Directive = (program: Program, rest: string) => void;

const NOP = 0xd503201f;

const integers =
  (size: number): Directive =>
  (program, rest) => {
    for (const text of operandsOf(rest)) {
      const value = program.value(text);
      const limit = 1n << BigInt(size * 8);
      if (program.final && (value >= limit || value < -limit / 2n))
        throw new ExpressionError(`${text} does not fit ${size} byte${size > 1 ? 's' : ''}`);
      program.section.appendInteger(value, size);
    }
  };

const strings =
  (terminated: boolean): Directive =>
  (program, rest) => {
    for (const text of operandsOf(rest)) {
      const bytes = stringBytes(text);
      if (!bytes) throw new ExpressionError(`${text} is not a string: write it in double quotes`);
      program.section.append(bytes);
      if (terminated) program.section.reserve(1);
    }
  };

function size(program: Program, text: string): number {
  const value = program.absolute(text);
  if (value < 0n || value > MOST_BYTES) throw new ExpressionError(`${text.trim()} = ${value} is no size for a program`);
  return Number(value);
}

/** Pads to a multiple of `alignment`; code with NOPs where nothing else is asked for. */
function align(program: Program, alignment: number, fillText: string | undefined, limitText: string | undefined): void {
  if (alignment <= 0 || !Number.isInteger(Math.log2(alignment)) || alignment > 0x20_0000)
    throw new ExpressionError(`an alignment of ${alignment} is not possible: use a power of two up to 2 MB`);
  const { section } = program;
  section.alignment = Math.max(section.alignment, alignment);
  const padding = -section.size & (alignment - 1);
  if (limitText && padding > size(program, limitText)) return;
  if (fillText || section.name !== '.text') {
    section.reserve(padding, fillText ? Number(BigInt.asUintN(8, program.absolute(fillText))) : 0);
    return;
  }
  section.reserve(padding & 3);
  for (let i = padding >> 2; i > 0; i--) section.appendInteger(BigInt(NOP), 4);
}

const alignBytes: Directive = (program, rest) => {
  const [alignment, fill, limit] = operandsOf(rest);
  align(program, size(program, alignment ?? '4'), fill, limit);
};

const alignPower: Directive = (program, rest) => {
  const [power, fill, limit] = operandsOf(rest);
  align(program, 2 ** size(program, power ?? '2'), fill, limit);
};

const space: Directive = (program, rest) => {
  const [count, fill] = operandsOf(rest);
  program.section.reserve(size(program, count ?? ''), fill ? Number(BigInt.asUintN(8, program.absolute(fill))) : 0);
};

const fill: Directive = (program, rest) => {
  const [repeat, width = '1', value = '0'] = operandsOf(rest);
  const element = Math.min(size(program, width), 8);
  const count = size(program, repeat ?? '');
  if (count * element > MOST_BYTES) throw new ExpressionError(`.fill ${rest.trim()} is too much for a program`);
  const bytes = new Uint8Array(count * element);
  let bits = BigInt.asUintN(64, program.absolute(value));
  for (let i = 0; i < element; i++, bits >>= 8n) for (let at = i; at < bytes.length; at += element) bytes[at] = Number(bits & 0xffn);
  program.section.append(bytes);
};

const org: Directive = (program, rest) => {
  const { section } = program;
  const [target = '', fillText] = operandsOf(rest);
  // An offset in the section, or an address in it (a label plus something).
  const value = program.absolute(target);
  const offset = value >= section.base && section.base !== 0n ? value - section.base : value;
  if (offset < section.size || offset > MOST_BYTES)
    throw new ExpressionError(`.org ${rest.trim()} would go back: the section is already ${section.size} bytes long`);
  section.reserve(Number(offset) - section.size, fillText ? Number(program.absolute(fillText)) : 0);
};

const set: Directive = (program, rest) => {
  const [name, ...expression] = operandsOf(rest);
  if (!name || expression.length !== 1) throw new ExpressionError('write: .set name, expression');
  program.assign(name, expression[0]!);
};

const instruction: Directive = (program, rest) => {
  for (const text of operandsOf(rest)) program.word(Number(BigInt.asUintN(32, program.value(text))));
};

const enters =
  (name: string): Directive =>
  (program) =>
    program.enter(name);

const names: Directive = (program, rest) => {
  for (const name of operandsOf(rest)) program.global(name);
};

const nothing: Directive = () => {};

/** Every directive by its name. */
export const directives: Readonly<Record<string, Directive>> = {
  '.byte': integers(1),
  '.hword': integers(2),
  '.short': integers(2),
  '.2byte': integers(2),
  '.word': integers(4),
  '.long': integers(4),
  '.int': integers(4),
  '.4byte': integers(4),
  '.quad': integers(8),
  '.xword': integers(8),
  '.dword': integers(8),
  '.8byte': integers(8),
  '.ascii': strings(false),
  '.asciz': strings(true),
  '.string': strings(true),
  '.space': space,
  '.skip': space,
  '.zero': space,
  '.fill': fill,
  '.align': alignPower,
  '.p2align': alignPower,
  '.balign': alignBytes,
  '.org': org,
  '.set': set,
  '.equ': set,
  '.equiv': set,
  '.inst': instruction,
  '.ltorg': (program) => program.flushLiterals(),
  '.pool': (program) => program.flushLiterals(),
  '.text': enters('.text'),
  '.data': enters('.data'),
  '.bss': enters('.bss'),
  '.section': (program, rest) => program.enter(operandsOf(rest)[0] ?? '.text'),
  '.pushsection': (program, rest) => program.push(operandsOf(rest)[0] ?? '.text'),
  '.popsection': (program) => program.pop(),
  '.previous': (program) => program.previous(),
  '.global': names,
  '.globl': names,
  '.error': (_program, rest) => {
    throw new ExpressionError(rest.trim());
  },
  // What only matters to a linker or a debugger.
  '.type': nothing,
  '.size': nothing,
  '.weak': nothing,
  '.local': nothing,
  '.hidden': nothing,
  '.arch': nothing,
  '.arch_extension': nothing,
  '.cpu': nothing,
  '.file': nothing,
  '.ident': nothing,
  '.cfi_startproc': nothing,
  '.cfi_endproc': nothing,
};
