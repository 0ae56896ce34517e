import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BinaryOperator, Expression } from '../../emulator/machine/expression/ast.ts';
import { compile, type EvaluationContext } from '../../emulator/machine/expression/evaluate.ts';
import { compileWords, type RegisterWords, result } from '../../emulator/machine/expression/words.ts';

const edges = [0n, 1n, 31n, 32n, 33n, 63n, 64n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn, 0x1_0000_0000n, 0xffff_8000_0801_04c0n];
const values = [...edges, ...edges.map((v) => BigInt.asUintN(64, ~v)), ...edges.map((v) => BigInt.asUintN(64, v * 0x9e37_79b9_7f4a_7c15n))];
const file: Record<string, bigint> = {};
const registers: RegisterWords = {
  registerNumber: (name) => (name in file ? Object.keys(file).indexOf(name) : undefined),
  low: (_, n) => Number(BigInt.asIntN(32, Object.values(file)[n]!)),
  high: (_, n) => Number(BigInt.asIntN(32, Object.values(file)[n]! >> 32n)),
};
const context = { register: (name: string) => file[name]! } as unknown as EvaluationContext;

function same(e: Expression): void {
  const evaluate = compileWords(e, registers);
  assert.ok(evaluate, `${JSON.stringify(e, (_, v) => (typeof v === 'bigint' ? `${v}` : v))} has words`);
  const low = evaluate(0);
  const value = (BigInt(result.high >>> 0) << 32n) | BigInt(low >>> 0);
  assert.equal(
    value,
    compile(e)(context),
    JSON.stringify({ e, file }, (_, v) => (typeof v === 'bigint' ? `0x${v.toString(16)}` : v)),
  );
}

const a: Expression = { kind: 'register', name: 'a' };
const b: Expression = { kind: 'register', name: 'b' };
const number = (value: bigint): Expression => ({ kind: 'number', value });

describe('conditions in 32-bit words have the value they have in 64-bit integers', () => {
  const operators: BinaryOperator[] = ['==', '!=', '<', '<=', '>', '>=', '&', '|', '^', '+', '-', '&&', '||'];
  for (const operator of operators) {
    it(`a ${operator} b`, () => {
      for (file.a of values) for (file.b of values) same({ kind: 'binary', operator, left: a, right: b });
    });
  }

  it('shifts by a number', () => {
    for (file.a of values)
      for (let n = 0n; n < 70n; n++)
        for (const operator of ['<<', '>>'] as const) same({ kind: 'binary', operator, left: a, right: number(n) });
  });

  it('unary operators, casts, and the choice of two', () => {
    for (file.a of values) {
      for (const operator of ['-', '~', '!', '+'] as const) same({ kind: 'unary', operator, operand: a });
      for (const bits of [8, 16, 32, 64] as const) for (const signed of [true, false]) same({ kind: 'cast', bits, signed, operand: a });
      // biome-ignore lint/suspicious/noThenProperty: the two branches of ?: are called so
      for (file.b of edges) same({ kind: 'conditional', condition: a, then: b, otherwise: number(0xffff_ffff_ffff_fffen) });
    }
  });

  it('nested on both sides', () => {
    const sum: Expression = { kind: 'binary', operator: '+', left: a, right: { kind: 'cast', bits: 32, signed: true, operand: b } };
    for (file.a of values)
      for (file.b of values)
        same({ kind: 'binary', operator: '<', left: sum, right: { kind: 'binary', operator: '-', left: b, right: sum } });
  });

  it('what has no words is left to 64-bit integers', () => {
    assert.equal(compileWords({ kind: 'binary', operator: '*', left: a, right: b }, registers), undefined);
    assert.equal(compileWords({ kind: 'binary', operator: '<<', left: a, right: b }, registers), undefined);
    assert.equal(compileWords({ kind: 'register', name: 'ESR_EL1' }, registers), undefined);
  });
});
