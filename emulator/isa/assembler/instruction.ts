import { decode } from '../decoder.ts';
import type { Fields, ParseContext } from '../instruction.ts';
import { type Form, formsOf } from '../syntax/form.ts';
import { allInstructions } from '../table.ts';
import { spellings } from './spellings.ts';

/** Why an instruction could not be assembled: for the person who wrote it. */
export class InstructionError extends Error {}

interface MnemonicIndex {
  /** Forms by their whole mnemonic. */
  readonly exact: ReadonlyMap<string, readonly Form[]>;
  /** Forms whose mnemonic has an operand in it (`b.<bcond>`), by what comes before. */
  readonly glued: readonly Form[];
}

let index: MnemonicIndex | undefined;

function mnemonics(): MnemonicIndex {
  if (index) return index;
  const exact = new Map<string, Form[]>();
  const glued: Form[] = [];
  for (const form of allInstructions.flatMap((i) => formsOf(i))) {
    if (!form.exact) glued.push(form);
    else if (exact.has(form.mnemonic)) exact.get(form.mnemonic)!.push(form);
    else exact.set(form.mnemonic, [form]);
  }
  index = { exact, glued };
  return index;
}

function formsFor(mnemonic: string): readonly Form[] {
  const { exact, glued } = mnemonics();
  return [...(exact.get(mnemonic) ?? []), ...glued.filter((form) => mnemonic.startsWith(form.mnemonic))];
}

/** True where some instruction begins like this. */
export const isMnemonic = (name: string): boolean => formsFor(name.toLowerCase()).length > 0;

/**
 * The word of one instruction, or undefined where no form of any instruction is written like this.
 * The preferred spelling of the result wins; a spelling that the disassembler would not choose is taken too.
 */
export function tryAssemble(text: string, context: ParseContext): number | undefined {
  const line = text.trim().replace(/\s+/g, ' ');
  const mnemonic = line.split(' ', 1)[0]!.toLowerCase();
  const forms = formsFor(mnemonic);
  for (const preferred of [true, false]) {
    for (const form of forms) {
      const word = form.parse(line, context, (candidate, fields) => isThis(form, candidate, fields, preferred));
      if (word !== undefined) return word;
    }
  }
  return undefined;
}

function isThis(form: Form, word: number, fields: Fields, preferred: boolean): boolean {
  if (preferred && form.alias && !form.alias.when(fields)) return false;
  const { where } = form.instruction;
  if (where !== undefined && !where(fields)) return false;
  // A more specific instruction may own the word (SYS #3, C7, C4, #1 is DC ZVA): fine where nothing is written exactly like this.
  const decoded = decode(word);
  return decoded !== undefined && (!preferred || decoded.instruction === form.instruction);
}

/**
 * Assembles one instruction at `context.address`. Spellings that GNU as allows beyond the architecture's (`ldr` with an unscaled offset, `add` of a
 * negative number …) are taken too.
 * @throws InstructionError saying how the instruction is written.
 */
export function assembleInstruction(written: string, context: ParseContext): number {
  const text = withImpliedShift(written);
  const word = tryAssemble(text, context);
  if (word !== undefined) return word;
  for (const spelling of spellings(text, context)) {
    const other = tryAssemble(spelling, context);
    if (other !== undefined) return other;
  }
  const mnemonic = text.trim().split(/\s/, 1)[0]!.toLowerCase();
  const forms = formsFor(mnemonic);
  if (forms.length === 0) throw new InstructionError(`'${mnemonic}' is not an instruction`);
  const known = [...new Set(forms.map((form) => form.template))];
  const shown = known.slice(0, 6).join('   ');
  throw new InstructionError(
    `'${text.trim()}': no form of ${mnemonic} takes these operands. It is written: ${shown}${known.length > 6 ? '   …' : ''}`,
  );
}

/** `movz x0, #:abs_g1:label` implies the shift that puts this part of the address in its place. */
function withImpliedShift(text: string): string {
  const group = /^\s*mov[zkn]\s[^,]+,\s*#?\s*:abs_g([0-3])(?:_nc)?:[^,]*$/i.exec(text);
  return group ? `${text}, lsl #${Number(group[1]) * 16}` : text;
}
