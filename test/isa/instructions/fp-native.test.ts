import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { tryAssemble } from '../../../emulator/isa/assembler/instruction.ts';
import { type RuntimeFunctionName, runtimeFunctions } from '../../../emulator/isa/functions/index.ts';
import { Bench } from '../../oracle/bench.ts';
import { at, Case, flags } from '../../oracle/case.ts';
import { Random } from '../../oracle/generate.ts';

/** Instructions on d1, d2, d3 (s…) and the exact functions that they must equal; `order` of the operands n, m, a as the function takes them. */
const rows: readonly [string, string, (bits: 32 | 64) => string, readonly number[]][] = [
  ['fadd', '<0>, <1>, <2>', (bits) => `fpAdd${bits}`, [0, 1]],
  ['fsub', '<0>, <1>, <2>', (bits) => `fpSub${bits}`, [0, 1]],
  ['fmul', '<0>, <1>, <2>', (bits) => `fpMul${bits}`, [0, 1]],
  ['fdiv', '<0>, <1>, <2>', (bits) => `fpDiv${bits}`, [0, 1]],
  ['fsqrt', '<0>, <1>', (bits) => `fpSqrt${bits}`, [0]],
  ['fmax', '<0>, <1>, <2>', (bits) => `fpMax${bits}`, [0, 1]],
  ['fminnm', '<0>, <1>, <2>', (bits) => `fpMinNum${bits}`, [0, 1]],
  ['fcmge', '<0>, <1>, <2>', (bits) => `fpCompareGreaterEqual${bits}`, [0, 1]],
  ['facgt', '<0>, <1>, <2>', (bits) => `fpAbsoluteGreater${bits}`, [0, 1]],
  ['fmadd', '<0>, <1>, <2>, <3>', (bits) => `fpMulAdd${bits}`, [2, 0, 1]],
];

const context = { address: 0n, evaluate: () => undefined };
const layout = { 32: [8, 23], 64: [11, 52] } as const;

/** Numbers that the shortcuts are for: moderate exponents, often few significant bits, sometimes integers, zeros or neighbours of powers of two. */
function friendly(random: Random, bits: 32 | 64): bigint {
  const [exponentBits, fractionBits] = layout[bits];
  const bias = (1 << (exponentBits - 1)) - 1;
  const width = BigInt(random.pick([0, 1, 3, 8, fractionBits >> 1, fractionBits, fractionBits]));
  const mask = (1n << BigInt(fractionBits)) - 1n;
  let fraction = (BigInt.asUintN(Number(width), random.doubleword()) << (BigInt(fractionBits) - width)) & mask;
  if (random.oneIn(8)) fraction = mask - BigInt(random.below(3));
  if (random.oneIn(8)) fraction = BigInt(random.below(3));
  const exponent = BigInt(bias + random.below(random.pick([4, 60, 2 * fractionBits])) - random.below(30));
  if (random.oneIn(30)) return BigInt(random.below(2)) << BigInt(bits - 1);
  return (BigInt(random.below(2)) << BigInt(bits - 1)) | (exponent << BigInt(fractionBits)) | fraction;
}

describe('arithmetic that WebAssembly does for the guest', () => {
  const bench = new Bench();
  const c = new Case();
  const half = (register: number) => (at.v >> 3) + 2 * register;
  for (const [mnemonic, operands, functionOf, order] of rows)
    for (const bits of [32, 64] as const)
      it(`${mnemonic}, ${bits} bits: result and flags of the exact function`, () => {
        const letter = bits === 32 ? 's' : 'd';
        const text = `${mnemonic} ${operands.replace(/<(\d)>/g, `${letter}$1`)}`;
        const word = tryAssemble(text, context);
        assert.ok(word !== undefined, text);
        const random = new Random(word);
        const exact = runtimeFunctions[functionOf(bits) as RuntimeFunctionName].run as (...operands: unknown[]) => number | bigint;
        for (let n = 0; n < 2000; n++) {
          const values = [0, 1, 2].map(() => friendly(random, bits));
          // Sums that cancel, and quotients that come out even.
          if (random.oneIn(4)) values[2] = values[0]! ^ (1n << BigInt(bits - 1));
          if (random.oneIn(8)) values[1] = values[0]!;
          c.bytes.fill(0);
          c.set(at.word, word);
          c.set(at.flags, flags.simd);
          const inexact = random.oneIn(2) ? 0x10 : 0;
          c.set(at.fpsr, inexact);
          values.forEach((value, k) => {
            c.doublewords[half(k + 1)] = value;
          });
          bench.run(c);
          const state = bench.state(c);
          const given = order.map((k) => (bits === 32 ? Number(BigInt.asIntN(32, values[k]!)) : values[k]!));
          const expected = BigInt.asUintN(bits, BigInt(exact(0, ...given)));
          const raised = runtimeFunctions.takeFpExceptions.run() as number;
          const told = `${text} of ${values.map((v) => v.toString(16)).join(', ')}`;
          assert.equal(state.readBigUInt64LE(at.v), expected, told);
          assert.equal(state.readUInt32LE(at.fpsr), raised | inexact, `${told}: FPSR`);
        }
      });
});
