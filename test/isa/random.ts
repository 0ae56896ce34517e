import { decode } from '../../emulator/isa/decoder.ts';
import { encodingOf } from '../../emulator/isa/encoding.ts';
import type { Instruction } from '../../emulator/isa/instruction.ts';
import { allInstructions } from '../../emulator/isa/table.ts';

/** Repeatable 32-bit random numbers. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    let word = state;
    word = Math.imul(word ^ (word >>> 15), 0x2c1b3c6d);
    word = Math.imul(word ^ (word >>> 12), 0x297a2d39);
    return (word ^ (word >>> 15)) >>> 0;
  };
}

/** A random word of an instruction, should-be bits as they should be; fields are often all zeros or all ones. Not every one decodes to it (`where`). */
export function randomWord(instruction: Instruction, next: () => number): number {
  const encoding = encodingOf(instruction);
  let word = next();
  if (next() & 1) {
    for (const { low, width } of encoding.fields) {
      if (next() % 3 !== 0) continue;
      const ones = ((2 ** width - 1) * 2 ** low) >>> 0;
      word = ((word & ~ones) | (next() & 1 ? ones : 0)) >>> 0;
    }
  }
  word = ((word & ~encoding.mask) | encoding.value) >>> 0;
  return ((word & ~encoding.shouldBeMask) | (encoding.template & encoding.shouldBeMask)) >>> 0;
}

/** Up to `each` words of every instruction in the table, in table order. */
export function wordsOfEveryInstruction(each: number, seed: number): { readonly instruction: Instruction; readonly word: number }[] {
  const next = random(seed);
  const words: { instruction: Instruction; word: number }[] = [];
  for (const instruction of allInstructions) {
    for (let found = 0, tries = 0; found < each && tries < each * 40; tries++) {
      const word = randomWord(instruction, next);
      if (decode(word)?.instruction !== instruction) continue;
      words.push({ instruction, word });
      found++;
    }
  }
  return words;
}
