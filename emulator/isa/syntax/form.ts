import { type Encoding, encodingOf } from '../encoding.ts';
import type { Alias, Fields, Instruction, OperandSyntax, ParseContext } from '../instruction.ts';
import { fieldOperand, sharedOperands } from './operands.ts';
import { registerOperand } from './registers.ts';
import { matchLiteral, type Part, parseTemplate } from './template.ts';

/** What separates an operand's text from a remark about it. */
const REMARK = '\t// ';

/** One way to write an instruction: its own template or an alias of it. Prints and parses. */
export class Form {
  readonly encoding: Encoding;
  /** The mnemonic up to the first operand glued to it: `b.` of `b.<bcond>`; `exact` where nothing is glued. */
  readonly mnemonic: string;
  readonly exact: boolean;
  private readonly parts: readonly Part[];
  private readonly operands = new Map<string, OperandSyntax>();
  /** MOV of an immediate: objdump remarks the value in decimal. */
  private readonly remarksValue: boolean;

  /** Throws when a symbol of the template has no meaning for this instruction. */
  constructor(
    readonly instruction: Instruction,
    readonly template: string,
    readonly alias?: Alias,
  ) {
    this.encoding = encodingOf(instruction);
    this.parts = parseTemplate(template);
    this.mnemonic = /^[^\s<{]*/.exec(template)![0];
    const after = template[this.mnemonic.length];
    this.exact = after === undefined || after === ' ' || (after === '{' && template[this.mnemonic.length + 1] === ' ');
    this.remarksValue = /^mov <[RXW].*#</.test(template);
    this.resolve(this.parts);
  }

  private resolve(parts: readonly Part[]): void {
    for (const part of parts) {
      if (part.kind === 'group') this.resolve(part.parts);
      if (part.kind !== 'operand' || this.operands.has(part.name)) continue;
      this.operands.set(part.name, this.operandNamed(part.name));
    }
  }

  private operandNamed(name: string): OperandSyntax {
    const own = this.alias?.operands?.[name] ?? this.instruction.operands?.[name];
    const operand = own ?? sharedOperands[name] ?? registerOperand(name);
    if (operand) return operand;
    const width = this.encoding.widthOf(name);
    if (width === undefined) throw new Error(`${this.instruction.name}: <${name}> of '${this.template}' is neither an operand nor a field`);
    return fieldOperand(name, width);
  }

  /** The instruction's text at `address`, remarks last. */
  print(f: Fields, address: bigint): string {
    const remarks: string[] = [];
    let text = this.printParts(this.parts, f, address, remarks) ?? '';
    if (this.remarksValue) {
      const value = BigInt(text.slice(text.lastIndexOf('#') + 1));
      remarks.push(`#${BigInt.asIntN(text.startsWith('mov w') ? 32 : 64, value)}`);
    }
    if (remarks.length > 0) text += ` // ${remarks.join(', ')}`;
    return text;
  }

  private printParts(parts: readonly Part[], f: Fields, address: bigint, remarks: string[]): string | undefined {
    let result = '';
    for (const part of parts) {
      if (part.kind === 'text') result += part.text;
      else if (part.kind === 'group') result += this.printParts(part.parts, f, address, remarks) ?? '';
      else {
        const text = this.operands.get(part.name)!.print(f, address);
        if (text === undefined) return undefined;
        const remark = text.indexOf(REMARK);
        if (remark >= 0) remarks.push(text.slice(remark + REMARK.length));
        result += remark < 0 ? text : text.slice(0, remark);
      }
    }
    return result;
  }

  /**
   * The word that `text` stands for, or undefined where it is not written in this form.
   * @param accept Last word on the fields found; an ambiguous text is read on until it says yes.
   */
  parse(text: string, context: ParseContext, accept: (word: number, f: Fields) => boolean): number | undefined {
    let found: number | undefined;
    this.match(this.parts, 0, text, 0, {}, context, (given) => {
      const implied = this.alias?.implies;
      const fields = { ...given, ...(typeof implied === 'function' ? implied(given) : implied) };
      let word: number;
      try {
        word = this.encoding.assemble(fields);
      } catch {
        return false;
      }
      if (!accept(word, this.encoding.extract(word))) return false;
      found = word;
      return true;
    });
    return found;
  }

  /** Matches parts[index…] against text[at…]; `done` is asked at each complete match. */
  private match(
    parts: readonly Part[],
    index: number,
    text: string,
    at: number,
    given: Fields,
    context: ParseContext,
    done: (f: Fields) => boolean,
  ): boolean {
    const part = parts[index];
    if (part === undefined) return text.slice(at).trim() === '' && done(given);
    if (part.kind === 'text') {
      const next = matchLiteral(text, at, part.text);
      return next >= 0 && this.match(parts, index + 1, text, next, given, context, done);
    }
    const rest = parts.slice(index + 1);
    if (part.kind === 'group') {
      if (this.match([...part.parts, ...rest], 0, text, at, given, context, done)) return true;
      const omitted = this.omit(part.parts, given, context);
      return omitted !== undefined && this.match(rest, 0, text, at, omitted, context, done);
    }
    const operand = this.operands.get(part.name)!;
    for (let end = at; end <= text.length; end++) {
      if (!mayEnd(text, end, rest)) continue;
      const fields = operand.parse(text.slice(at, end).trim(), context, given);
      const merged = fields && merge(given, fields);
      if (merged && this.match(rest, 0, text, end, merged, context, done)) return true;
    }
    return false;
  }

  /** Fields of an optional group that was not written. */
  private omit(parts: readonly Part[], given: Fields, context: ParseContext): Fields | undefined {
    let merged: Fields = given;
    for (const part of parts) {
      let fields: Fields | undefined = {};
      if (part.kind === 'group') fields = this.omit(part.parts, merged, context);
      if (part.kind === 'operand') fields = this.operands.get(part.name)!.parse('', context, merged);
      const next = fields && merge(merged, fields);
      if (next === undefined) return undefined;
      merged = next;
    }
    return merged;
  }
}

/** Whether an operand's text may stop at `end`, given what follows it in the template. */
function mayEnd(text: string, end: number, rest: readonly Part[]): boolean {
  const next = rest[0];
  if (next === undefined) return end === text.length;
  if (next.kind === 'text') return matchLiteral(text, end, next.text) >= 0;
  return true;
}

/** Both sets of fields, or undefined where they contradict each other. */
function merge(a: Fields, b: Readonly<Record<string, number>>): Fields | undefined {
  for (const name in b) if (a[name] !== undefined && a[name] !== b[name]) return undefined;
  return { ...a, ...b };
}

const forms = new Map<Instruction, readonly Form[]>();

/** Every way to write an instruction, aliases first, in the order the disassembler prefers. */
export function formsOf(instruction: Instruction): readonly Form[] {
  let list = forms.get(instruction);
  if (!list) {
    const aliases = Object.entries(instruction.aliases ?? {}).map(([template, alias]) => new Form(instruction, template, alias));
    list = [...aliases, new Form(instruction, instruction.assembly)];
    forms.set(instruction, list);
  }
  return list;
}
