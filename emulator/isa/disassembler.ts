import { decode } from './decoder.ts';
import { encodingOf } from './encoding.ts';
import type { Instruction } from './instruction.ts';
import { formsOf } from './syntax/form.ts';

/**
 * The assembly text of an instruction word, as GNU objdump prints it (aliases preferred, remarks after `//`), in single spaces.
 * A word that is no instruction we know is `.inst 0x… ; undefined`. Never throws.
 * @param address Where the word is (virtual address): PC-relative operands print their target.
 */
export function disassemble(word: number, address: bigint): string {
  const decoded = decode(word);
  if (decoded === undefined) return undefinedWord(word);
  const { instruction, fields } = decoded;
  if (exact.has(instruction.name) && !asItShouldBe(instruction, word)) return undefinedWord(word);
  for (const form of formsOf(instruction)) {
    if (form.alias === undefined || form.alias.when(fields)) return form.print(fields, address);
  }
  return undefinedWord(word);
}

/** Where a should-be bit is not as it should be, objdump names every instruction but these. */
const exact = new Set(['LDAR', 'LDARB', 'LDARH']);

function asItShouldBe(instruction: Instruction, word: number): boolean {
  const { shouldBeMask, template } = encodingOf(instruction);
  return ((word ^ template) & shouldBeMask) === 0;
}

const undefinedWord = (word: number): string => `.inst 0x${(word >>> 0).toString(16).padStart(8, '0')} ; undefined`;

/** A line of a disassembly listing. */
export interface DisassembledLine {
  readonly address: bigint;
  readonly word: number;
  readonly text: string;
}

/** Disassembles consecutive words from `address` on. */
export function disassembleRange(words: ArrayLike<number>, address: bigint): DisassembledLine[] {
  return Array.from(words, (word, index) => {
    const at = address + BigInt(index * 4);
    return { address: at, word: word >>> 0, text: disassemble(word, at) };
  });
}
