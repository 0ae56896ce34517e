import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Instruction } from '../../emulator/isa/instruction.ts';
import { Bench, type Result } from './bench.ts';
import { ResultHash } from './case.ts';
import { caseOf, wordsOf } from './generate.ts';
import { runOnQemu } from './native.ts';

/**
 * Vectors: for each word, a hash of what QEMU made of its first cases. They let the interpreter be checked where there is no QEMU.
 * Written by `oracle.ts --write-vectors`; to be written anew when the making of cases changes.
 */
export interface Vector {
  readonly instruction: string;
  readonly word: number;
  readonly cases: number;
  readonly hash: string;
}

const folder = fileURLToPath(new URL('./vectors/', import.meta.url));

/** One hash over the results of a word's cases. */
export function foldResults(results: readonly Result[]): string {
  const hash = new ResultHash();
  for (const { outcome, first, second } of results) {
    hash.mix(outcome);
    hash.mix(first);
    hash.mix(second);
  }
  return [hash.first, hash.second].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}

/** What a bench makes of a word's first cases. `prober`: a bench of the interpreter, which tells where the word would access memory. */
export function hashOf(word: number, cases: number, bench: Bench, prober = bench): string {
  return foldResults(Array.from({ length: cases }, (_, index) => bench.run(caseOf(word, index, prober), (index & 1) === 0)));
}

/** Every stored vector: files of an instruction's name in a line of its own, then its words, one a line: word, number of cases, hash. */
export function storedVectors(): Vector[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.txt'))
    .sort()
    .flatMap((file) => {
      let instruction = '';
      return readFileSync(join(folder, file), 'utf8')
        .split('\n')
        .flatMap((line): Vector[] => {
          if (line === '' || line.startsWith('#')) return [];
          if (!line.startsWith(' ')) {
            instruction = line;
            return [];
          }
          const [word, cases, hash] = line.trim().split(' ');
          return [{ instruction, word: Number.parseInt(word, 16), cases: Number(cases), hash }];
        });
    });
}

/** Has QEMU work out the vectors of these instructions and writes them to `file`. */
export function writeVectors(file: string, instructions: readonly Instruction[], words: number, cases: number, seed: number): number {
  const bench = new Bench();
  const lines = ['# Results of qemu-aarch64 -cpu max. Written by: node --import tsx test/oracle/oracle.ts --write-vectors'];
  let count = 0;
  for (const instruction of instructions) {
    lines.push(instruction.name);
    for (const word of wordsOf(instruction, words, seed)) lines.push(` ${word.toString(16).padStart(8, '0')} ${cases} `);
  }
  const wordLines = lines.flatMap((line, n) => (line.startsWith(' ') ? [n] : []));
  const slice = Math.floor(16384 / cases);
  for (let from = 0; from < wordLines.length; from += slice) {
    const part = wordLines.slice(from, from + slice);
    const results = runOnQemu(
      part.flatMap((n) =>
        Array.from({ length: cases }, (_, index) => caseOf(Number.parseInt(lines[n].slice(1, 9), 16), index, bench).bytes),
      ),
    );
    part.forEach((n, k) => {
      lines[n] += foldResults(results.slice(k * cases, (k + 1) * cases));
    });
    count += results.length;
  }
  writeFileSync(join(folder, file), `${lines.join('\n')}\n`);
  return count;
}
