import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { disassemble } from '../../emulator/isa/disassembler.ts';
import { Bench } from './bench.ts';
import { at, Case, flags } from './case.ts';

/** Cases worth spelling out: found by comparing, or where QEMU cannot be the judge. */

interface Found {
  readonly word: number;
  readonly text: string;
  /** Low halves of vector registers. */
  readonly v: Readonly<Record<number, bigint>>;
  readonly gives: Readonly<Record<number, readonly [low: bigint, high: bigint]>>;
  readonly why: string;
}

const found: readonly Found[] = [
  {
    word: 0x5f1bfdec,
    text: 'fcvtzs h12, h15, #5',
    v: { 12: ~0n, 15: 0xfc00n },
    gives: { 12: [0x8000n, 0n] },
    why: 'saturates -infinity and zeroes the register above the half word',
  },
];

describe('cases spelled out', () => {
  const bench = new Bench();
  for (const { word, text, v, gives, why } of found) {
    it(`${text} ${why}`, () => {
      assert.equal(disassemble(word, 0n), text);
      const c = new Case();
      c.set(at.word, word);
      c.set(at.flags, flags.simd);
      for (const [n, value] of Object.entries(v)) c.doublewords[(at.v >> 3) + 2 * Number(n)] = BigInt.asUintN(64, value);
      bench.run(c);
      const state = bench.state(c);
      for (const [n, [low, high]] of Object.entries(gives)) {
        assert.equal(state.readBigUInt64LE(at.v + 16 * Number(n)), low);
        assert.equal(state.readBigUInt64LE(at.v + 16 * Number(n) + 8), high);
      }
    });
  }
});
