import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { disassemble } from '../../emulator/isa/disassembler.ts';
import { Bench } from './bench.ts';
import { CODE, WORD_AT } from './case.ts';
import { comparableInstructions } from './generate.ts';
import { hashOf, storedVectors, type Vector } from './vectors.ts';

const vectors = storedVectors();
const byInstruction = new Map<string, Vector[]>();
for (const v of vectors) byInstruction.set(v.instruction, [...(byInstruction.get(v.instruction) ?? []), v]);

describe('every instruction does what it does on QEMU', () => {
  it('has vectors for every instruction that user space can compare', () => {
    const without = comparableInstructions().filter((i) => !byInstruction.has(i.name));
    assert.deepEqual(
      without.map((i) => i.name),
      [],
      'run: node --import tsx test/oracle/oracle.ts --write-vectors',
    );
  });

  const cases = vectors.reduce((n, v) => n + v.cases, 0);
  for (const tier of ['interpreter', 'translator'] as const)
    it(`gives QEMU's registers, flags and memory in ${cases} cases, by the ${tier}`, () => {
      const prober = new Bench();
      const bench = new Bench(tier);
      const wrong: string[] = [];
      for (const [name, list] of byInstruction) {
        for (const v of list) {
          if (hashOf(v.word, v.cases, bench, prober) === v.hash) continue;
          wrong.push(`${name}: 0x${v.word.toString(16)} ${disassemble(v.word, BigInt(CODE + WORD_AT))}`);
        }
      }
      assert.deepEqual(wrong, [], 'compare case by case: node --import tsx test/oracle/oracle.ts --only NAME');
    });
});
