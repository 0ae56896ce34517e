import type { Builder, Value } from '../builder.ts';
import { type Instruction, type InstructionDefinition, instructions, type OperandSyntax } from '../instruction.ts';
import { immediateIn, vectors } from '../syntax/simd.ts';
import { extract, replace } from './simd-lanes.ts';

const whole = { '2d': {} };
const bytes = { '16b': {} };

const double = (b: Builder, low: Value, high: Value): Value => replace(b, 64, b.op('i64x2.splat', low), 1, high);
const xor = (b: Builder, ...terms: readonly [Value, ...Value[]]): Value => terms.reduce((a, t) => b.xor(a, t));
const ror = (b: Builder, v: Value, n: number): Value => b.rotr(v, n);
/** Ch() and Maj() of FIPS 180-4. */
const choose = (b: Builder, x: Value, y: Value, z: Value): Value => b.xor(b.and(b.xor(y, z), x), z);
const majority = (b: Builder, x: Value, y: Value, z: Value): Value => b.or(b.and(x, y), b.and(b.or(x, y), z));

const halves = (b: Builder, v: Value): [Value, Value] => [extract(b, 64, v, 0), extract(b, 64, v, 1)];

const sha512 = (encoding: string, assembly: string, operation: (b: Builder) => Value): InstructionDefinition => ({
  encoding,
  feature: 'FEAT_SHA512',
  assembly,
  operands: vectors(whole, 'dnm'),
  simd: true,
  operation: (b) => b.setV('Rd', operation(b)),
});

export const cryptoSha512: readonly Instruction[] = instructions('Cryptographic SHA-512', {
  SHA512H: sha512('1 1 0 0 1 1 1 0 0 1 1 Rm 1 0 0 0 0 0 Rn Rd', 'sha512h <Qd>, <Qn>, <Vm.T>', (b) => {
    const [w0, w1] = halves(b, b.v('Rd'));
    const [x0, x1] = halves(b, b.v('Rn'));
    const [y0, y1] = halves(b, b.v('Rm'));
    const sigma = (v: Value) => xor(b, ror(b, v, 14), ror(b, v, 18), ror(b, v, 41));
    const high = b.add(w1, b.add(choose(b, y1, x0, x1), sigma(y1)));
    const next = b.add(high, y0);
    const low = b.add(w0, b.add(choose(b, next, y1, x0), sigma(next)));
    return double(b, low, high);
  }),
  SHA512H2: sha512('1 1 0 0 1 1 1 0 0 1 1 Rm 1 0 0 0 0 1 Rn Rd', 'sha512h2 <Qd>, <Qn>, <Vm.T>', (b) => {
    const [w0, w1] = halves(b, b.v('Rd'));
    const x0 = extract(b, 64, b.v('Rn'), 0);
    const [y0, y1] = halves(b, b.v('Rm'));
    const sigma = (v: Value) => xor(b, ror(b, v, 28), ror(b, v, 34), ror(b, v, 39));
    const high = b.add(w1, b.add(majority(b, x0, y1, y0), sigma(y0)));
    const low = b.add(w0, b.add(majority(b, high, y0, y1), sigma(high)));
    return double(b, low, high);
  }),
  SHA512SU0: sha512('1 1 0 0 1 1 1 0 1 1 0 0 0 0 0 0 1 0 0 0 0 0 Rn Rd', 'sha512su0 <Vd.T>, <Vn.T>', (b) => {
    const [w0, w1] = halves(b, b.v('Rd'));
    const x0 = extract(b, 64, b.v('Rn'), 0);
    const sigma = (v: Value) => xor(b, ror(b, v, 1), ror(b, v, 8), b.shrU(v, 7));
    return double(b, b.add(w0, sigma(w1)), b.add(w1, sigma(x0)));
  }),
  SHA512SU1: sha512('1 1 0 0 1 1 1 0 0 1 1 Rm 1 0 0 0 1 0 Rn Rd', 'sha512su1 <Vd.T>, <Vn.T>, <Vm.T>', (b) => {
    const sigma = (v: Value) => xor(b, ror(b, v, 19), ror(b, v, 61), b.shrU(v, 6));
    const [x0, x1] = halves(b, b.v('Rn'));
    const schedule = b.op('i64x2.add', b.v('Rd'), b.v('Rm'));
    return b.op('i64x2.add', schedule, double(b, sigma(x0), sigma(x1)));
  }),
});

const rotateLeft1 = (b: Builder, v: Value): Value => b.op('v128.or', b.op('i64x2.shl', v, 1), b.op('i64x2.shr_u', v, 63));

const sha3 = (
  encoding: string,
  assembly: string,
  set: typeof whole | typeof bytes,
  operation: (b: Builder) => Value,
  operands: Record<string, OperandSyntax> = {},
): InstructionDefinition => ({
  encoding,
  feature: 'FEAT_SHA3',
  assembly,
  operands: { ...vectors(set, 'dnma'), ...operands },
  simd: true,
  operation: (b) => b.setV('Rd', operation(b)),
});

const rotation: OperandSyntax = {
  print: (f) => String(f.imm6),
  parse: (text, context) => {
    const imm6 = immediateIn(text, context, 0, 63);
    return imm6 === undefined ? undefined : { imm6 };
  },
};

export const cryptoSha3: readonly Instruction[] = instructions('Cryptographic SHA-3', {
  EOR3: sha3('1 1 0 0 1 1 1 0 0 0 0 Rm 0 Ra Rn Rd', 'eor3 <Vd.T>, <Vn.T>, <Vm.T>, <Va.T>', bytes, (b) =>
    b.op('v128.xor', b.op('v128.xor', b.v('Rn'), b.v('Rm')), b.v('Ra')),
  ),
  BCAX: sha3('1 1 0 0 1 1 1 0 0 0 1 Rm 0 Ra Rn Rd', 'bcax <Vd.T>, <Vn.T>, <Vm.T>, <Va.T>', bytes, (b) =>
    b.op('v128.xor', b.v('Rn'), b.op('v128.andnot', b.v('Rm'), b.v('Ra'))),
  ),
  RAX1: sha3('1 1 0 0 1 1 1 0 0 1 1 Rm 1 0 0 0 1 1 Rn Rd', 'rax1 <Vd.T>, <Vn.T>, <Vm.T>', whole, (b) =>
    b.op('v128.xor', b.v('Rn'), rotateLeft1(b, b.v('Rm'))),
  ),
  XAR: sha3(
    '1 1 0 0 1 1 1 0 1 0 0 Rm imm6 Rn Rd',
    'xar <Vd.T>, <Vn.T>, <Vm.T>, #<amount>',
    whole,
    (b) => {
      const v = b.op('v128.xor', b.v('Rn'), b.v('Rm'));
      const amount = b.small((f) => f.imm6!);
      // Rotations by 0: both shifts take amounts modulo 64.
      return b.op('v128.or', b.op('i64x2.shr_u', v, amount), b.op('i64x2.shl', v, b.sub(64, amount)));
    },
    { amount: rotation },
  ),
});
