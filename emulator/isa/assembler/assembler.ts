import type { ParseContext } from '../instruction.ts';
import { parseGeneralRegister } from '../syntax/registers.ts';
import { Conditionals } from './conditionals.ts';
import { directives, type Program } from './directives.ts';
import { ExpressionError, evaluate } from './expression.ts';
import { assembleInstruction, InstructionError } from './instruction.ts';
import { LiteralPool } from './literals.ts';
import { type Diagnostic, expandMacros } from './macros.ts';
import { Section } from './section.ts';
import { operandsOf, readStatements, type Statement } from './statement.ts';
import { Symbols } from './symbols.ts';

export interface AssemblySymbol {
  readonly name: string;
  readonly address: bigint;
  /** Named by `.global`. */
  readonly global: boolean;
}

/** The instruction at an address and the source line (from 1) it came from. */
export interface AssemblyLine {
  readonly address: bigint;
  readonly line: number;
}

/** A program laid out at its address. */
export interface Assembly {
  /** Address of the first byte. */
  readonly address: bigint;
  readonly image: Uint8Array;
  /** Labels, ascending by address. */
  readonly symbols: readonly AssemblySymbol[];
  /** Instructions, ascending by address. */
  readonly lines: readonly AssemblyLine[];
}

/** What is wrong with a source text; the message has one `file:line: …` a line. */
export class AssemblyError extends Error {
  override readonly name = 'AssemblyError';

  constructor(
    readonly file: string,
    readonly diagnostics: readonly Diagnostic[],
  ) {
    super(diagnostics.map((d) => `${file}:${d.line}: ${d.message}`).join('\n'));
  }
}

/** In the first pass sections lie this far apart, so that only differences inside one section have sensible values. */
const FIRST_PASS_DISTANCE = 1n << 56n;
const SECTION_ORDER = ['.text', '.rodata', '.data', '.bss'];
const MOST_DIAGNOSTICS = 20;
const LONGEST_INSTRUCTION = 1000;

/**
 * Assembles a source text in GNU as syntax into a flat image: `.text` first, then `.rodata`, `.data`, other sections, `.bss`.
 * @param options.file Name for messages. `options.address`: where the image is loaded (and its labels point).
 * @throws AssemblyError with every problem found (at most 20).
 */
export function assemble(source: string, options: { readonly file: string; readonly address: bigint }): Assembly {
  const assembler = new Assembler(source);
  const assembly = assembler.run(options.address);
  if (assembler.diagnostics.length > 0) throw new AssemblyError(options.file, assembler.diagnostics);
  return assembly;
}

class Assembler implements Program {
  readonly diagnostics: Diagnostic[] = [];
  final = false;
  section: Section;
  private readonly statements: readonly Statement[];
  private readonly symbols = new Symbols();
  private readonly sections = new Map<string, Section>();
  private readonly pools = new Map<Section, LiteralPool>();
  private readonly lines: AssemblyLine[] = [];
  private sectionStack: Section[] = [];
  private previousSection: Section | undefined;
  private serial = 0;
  private line = 0;
  private unknown: string | undefined;

  constructor(source: string) {
    const read = readStatements(source);
    const constants = constantsOf(read);
    this.statements = expandMacros(
      read,
      (text) => {
        const count = evaluate(text, { here: 0n, symbol: (name) => constants.get(name) });
        if (count === undefined || count < 0n || count > 1_000_000n)
          throw new ExpressionError(`.rept ${text}: the count must be a known number`);
        return Number(count);
      },
      (d) => this.report(d.line, d.message),
    );
    this.section = this.sectionNamed('.text');
  }

  run(address: bigint): Assembly {
    if (this.diagnostics.length > 0) return this.result(address);
    // Sizes, then addresses (of labels further on too), then bytes.
    this.pass();
    this.layOut(address);
    for (const final of [false, true]) {
      if (this.diagnostics.length > 0) break;
      this.final = final;
      this.pass();
    }
    return this.result(address);
  }

  private pass(): void {
    this.section = this.sectionNamed('.text');
    this.sectionStack = [];
    this.previousSection = undefined;
    this.lines.length = 0;
    this.symbols.nextPass();
    for (const section of this.sections.values()) section.rewind();
    for (const pool of this.pools.values()) pool.nextPass();
    const conditionals = new Conditionals();
    for (const [serial, statement] of this.statements.entries()) {
      this.serial = serial;
      this.line = statement.line;
      try {
        if (this.perform(statement, conditionals) === 'end') break;
      } catch (error) {
        if (!(error instanceof ExpressionError || error instanceof InstructionError)) throw error;
        this.report(statement.line, error.message);
      }
    }
    if (conditionals.unfinished !== undefined) this.report(conditionals.unfinished, '.if has no .endif');
    for (const section of this.sections.values()) {
      this.section = section;
      this.flushLiterals();
    }
  }

  private perform(statement: Statement, conditionals: Conditionals): 'end' | undefined {
    const name = statement.name.toLowerCase();
    const isDefined = (symbol: string): boolean => this.symbols.valueOf(symbol, this.serial) !== undefined;
    try {
      if (conditionals.handle(name, statement.rest, statement.line, (text) => this.absolute(text), isDefined)) return undefined;
    } catch (error) {
      throw new ExpressionError((error as Error).message);
    }
    if (!conditionals.active) return undefined;
    for (const label of statement.labels) this.defineLabel(label);
    if (name === '') return undefined;
    if (name === '.end') return 'end';
    if (name.startsWith('#'))
      throw new ExpressionError(`the C preprocessor does not run here: use .equ for constants and .macro for macros`);
    if (name.startsWith('.')) {
      const directive = directives[name];
      if (!directive) throw new ExpressionError(`${name} is not a directive known here`);
      directive(this, statement.rest);
      return undefined;
    }
    this.instruction(`${statement.name} ${statement.rest}`.trim());
    return undefined;
  }

  private defineLabel(label: string): void {
    if (parseGeneralRegister(label)) throw new ExpressionError(`${label} is a register, not a label`);
    const earlier = this.symbols.defineLabel(label, this.section.here, this.serial, this.line);
    if (earlier !== undefined) throw new ExpressionError(`${label} is already defined at line ${earlier}`);
  }

  private instruction(text: string): void {
    if (text.length > LONGEST_INSTRUCTION) throw new ExpressionError(`an instruction of ${text.length} characters is too long`);
    if (this.section.size % 4 !== 0) throw new ExpressionError('instructions must be 4-byte aligned: put .balign 4 before this one');
    const literal = /^ldr\s+(x|w)([a-z0-9]+)\s*,\s*=\s*(.+)$/is.exec(text);
    const address = this.section.here;
    let source = text;
    if (literal) {
      const size = literal[1]!.toLowerCase() === 'x' ? 8 : 4;
      const pool = this.poolOf(this.section);
      const where = pool.address(pool.add(literal[3]!.trim(), size)) ?? address;
      source = `ldr ${literal[1]}${literal[2]}, ${where}`;
    }
    if (!this.final) {
      this.word(0);
      return;
    }
    this.unknown = undefined;
    try {
      this.word(assembleInstruction(source, this.context(address)));
    } catch (error) {
      this.word(0);
      if (error instanceof InstructionError && this.unknown !== undefined) throw new InstructionError(`'${this.unknown}' is not defined`);
      throw error;
    }
  }

  word(value: number): void {
    this.lines.push({ address: this.section.here, line: this.line });
    this.section.appendInteger(BigInt(value), 4);
  }

  /** Symbols and expressions as operands of the instruction at `address` see them. */
  private context(address: bigint): ParseContext {
    return {
      address,
      evaluate: (text) => {
        let unknown: string | undefined;
        try {
          const value = evaluate(text, {
            here: address,
            symbol: (name) => {
              const found = this.symbols.valueOf(name, this.serial);
              if (found === undefined) unknown = name;
              return found;
            },
          });
          if (value === undefined && unknown !== undefined && !isOperandWord(unknown)) this.unknown ??= unknown;
          return value;
        } catch (error) {
          if (error instanceof ExpressionError) return undefined;
          throw error;
        }
      },
    };
  }

  // ---- what directives do ------------------------------------------------------------------------------------------------

  absolute(text: string): bigint {
    const value = this.tryValue(text);
    if (typeof value === 'bigint') return value;
    throw new ExpressionError(`'${value}' must be defined before this line`);
  }

  value(text: string): bigint {
    const value = this.tryValue(text);
    if (typeof value === 'bigint') return value;
    if (this.final) throw new ExpressionError(`'${value}' is not defined`);
    return 0n;
  }

  /** The value, or the symbol that has none. */
  private tryValue(text: string): bigint | string {
    let unknown = '';
    const value = evaluate(text, {
      here: this.section.here,
      symbol: (name) => {
        const found = this.symbols.valueOf(name, this.serial);
        if (found === undefined) unknown = name;
        return found;
      },
    });
    return value ?? unknown;
  }

  enter(name: string): void {
    this.previousSection = this.section;
    this.section = this.sectionNamed(name);
  }

  push(name: string): void {
    this.sectionStack.push(this.section);
    this.enter(name);
  }

  pop(): void {
    const section = this.sectionStack.pop();
    if (!section) throw new ExpressionError('.popsection without .pushsection');
    this.section = section;
  }

  previous(): void {
    if (!this.previousSection) throw new ExpressionError('.previous: there was no section before');
    [this.section, this.previousSection] = [this.previousSection, this.section];
  }

  assign(name: string, expression: string): void {
    if (parseGeneralRegister(name)) throw new ExpressionError(`${name} is a register, not a symbol`);
    const value = this.tryValue(expression);
    if (typeof value === 'bigint') this.symbols.assign(name, value);
    else if (this.final) throw new ExpressionError(`'${value}' is not defined`);
  }

  global(name: string): void {
    this.symbols.globals.add(name);
  }

  flushLiterals(): void {
    this.poolOf(this.section).flush(this.section, (text) => {
      try {
        return this.value(text);
      } catch (error) {
        if (!(error instanceof ExpressionError)) throw error;
        this.report(this.line, error.message);
        return 0n;
      }
    });
  }

  // ---- layout -------------------------------------------------------------------------------------------------------------

  private sectionNamed(name: string): Section {
    let section = this.sections.get(name);
    if (!section) {
      section = new Section(name);
      section.base = BigInt(this.sections.size) * FIRST_PASS_DISTANCE;
      this.sections.set(name, section);
    }
    return section;
  }

  private poolOf(section: Section): LiteralPool {
    let pool = this.pools.get(section);
    if (!pool) {
      pool = new LiteralPool();
      this.pools.set(section, pool);
    }
    return pool;
  }

  private ordered(): Section[] {
    const rank = (section: Section): number => {
      const known = SECTION_ORDER.findIndex((prefix) => section.name === prefix || section.name.startsWith(`${prefix}.`));
      return section.name.startsWith('.bss') ? 9 : known < 0 ? 5 : known;
    };
    return [...this.sections.values()].sort((a, b) => rank(a) - rank(b));
  }

  private layOut(address: bigint): void {
    let next = address;
    for (const section of this.ordered()) {
      const alignment = BigInt(section.alignment);
      section.base = ((next + alignment - 1n) / alignment) * alignment;
      next = section.base + BigInt(section.size);
    }
    const text = this.sections.get('.text')!;
    if (text.base !== address)
      this.report(1, `.text asks for an alignment of ${text.alignment} bytes, but is loaded at 0x${address.toString(16)}`);
  }

  private result(address: bigint): Assembly {
    const used = this.ordered().filter((section) => section.size > 0);
    const last = used.at(-1);
    const end = last ? last.here : address;
    const image = this.diagnostics.length > 0 ? new Uint8Array() : new Uint8Array(Number(end - address));
    if (this.diagnostics.length === 0) for (const section of used) image.set(section.contents, Number(section.base - address));
    const symbols = [...this.symbols.all()]
      .map(([name, value]) => ({ name, address: value, global: this.symbols.globals.has(name) }))
      .sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
    const lines = [...this.lines].sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
    return { address, image, symbols, lines };
  }

  private report(line: number, message: string): void {
    if (this.diagnostics.length < MOST_DIAGNOSTICS && !this.diagnostics.some((d) => d.line === line && d.message === message))
      this.diagnostics.push({ line, message });
  }
}

/** Constants that the source sets before anything else could matter, for repeat counts. */
function constantsOf(statements: readonly Statement[]): Map<string, bigint> {
  const constants = new Map<string, bigint>();
  for (const { name, rest } of statements) {
    if (!/^\.(set|equ|equiv)$/i.test(name)) continue;
    const [symbol, expression] = operandsOf(rest);
    try {
      const value = evaluate(expression ?? '', { here: 0n, symbol: (s) => constants.get(s) });
      if (symbol && value !== undefined) constants.set(symbol, value);
    } catch {
      // Reported where it is performed.
    }
  }
  return constants;
}

/** Words that operands are made of: they are no missing symbols. */
function isOperandWord(word: string): boolean {
  return /^([xw](\d+|zr)|[bhsdqv]\d+(\.\w+)?|w?sp|lr|fp|lsl|lsr|asr|ror|[us]xt[bhwx]|s[0-3]_\d.*|\w+_el[0-3])$/i.test(word);
}
