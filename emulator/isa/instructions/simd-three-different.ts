import type { Builder, Value } from '../builder.ts';
import { type Instruction, type InstructionDefinition, instructions } from '../instruction.ts';
import { type Arrangements, arrangements, type Shape, scalarRegisters, scalars, upperHalf, vectors } from '../syntax/simd.ts';
import { constant64, constantLanes, extract, lanes, laneType, type Narrow, replace, shaped, wider } from './simd-lanes.ts';
import { lanewise } from './simd-lanewise.ts';
import { narrowed, widened, writeHalf } from './simd-two-register.ts';

const encoding = (U: 0 | 1, opcode: string) => `0 Q ${U} 0 1 1 1 0 size 1 Rm ${opcode} 0 0 Rn Rd`;

/** What a long operation is given: which halves it reads and how it extends them. */
interface Long {
  readonly b: Builder;
  readonly esize: Narrow;
  readonly upper: boolean;
  readonly signed: boolean;
}

const wide = ({ esize }: Long) => ({ esize: wider(esize) });
const extend = ({ b, esize, upper, signed }: Long, value: Value): Value => widened(b, esize, upper, signed, value);

/** Product of a half's lanes, twice as wide. */
export const longProduct = ({ b, esize, upper, signed }: Long, n: Value, m: Value): Value =>
  b.op(`${laneType[wider(esize)]}.extmul_${upper ? 'high' : 'low'}_${laneType[esize]}_${signed ? 's' : 'u'}`, n, m);

/** SQDMULL: doubled product, saturated; the half's two words one after the other. */
export function doubledProduct({ b, esize, upper }: Long, n: Value, m: Value): Value {
  const half = (v: Value) => extract(b, 64, v, upper ? 1 : 0);
  const [x, y] = [half(n), half(m)];
  const bits = wider(esize);
  const low = b.fp('sqdmull', x, y, bits);
  const high = b.fp('sqdmull', b.shrU(x, 32), b.shrU(y, 32), bits);
  return replace(b, 64, b.op('i64x2.splat', low), 1, high);
}

/** Saturating sum or difference of wide accumulators. */
export function saturatingAccumulate(b: Builder, name: 'sqadd' | 'sqsub', bits: number, accumulator: Value, value: Value): Value {
  const half = (k: number) => b.fp(name, extract(b, 64, accumulator, k), extract(b, 64, value, k), bits);
  const low = half(0);
  return replace(b, 64, b.op('i64x2.splat', low), 1, half(1));
}

const absoluteDifference = (long: Long, n: Value, m: Value): Value => {
  const { b, esize, signed } = long;
  const shape: Shape = { esize, count: 128 / esize, bytes: 16 };
  // The difference of magnitudes is unsigned, whatever the operands are.
  return extend({ ...long, signed: false }, (signed ? lanewise.sabd : lanewise.uabd)(b, shape, n, m, n));
};

/** Long: narrow operands, wide result. */
const long = (
  U: 0 | 1,
  opcode: string,
  mnemonic: string,
  compute: (l: Long, n: Value, m: Value, d: Value) => Value,
  set: Arrangements = arrangements.bhs,
): InstructionDefinition => ({
  encoding: encoding(U, opcode),
  assembly: `${mnemonic}<2> <Vd.Ta>, <Vn.T>, <Vm.T>`,
  operands: { 2: upperHalf, ...vectors(arrangements.wide, 'd', 'Ta'), ...vectors(set, 'nm') },
  ...shaped(set, (b, shape) =>
    b.setV('Rd', compute({ b, esize: shape.esize as Narrow, upper: shape.bytes === 16, signed: U === 0 }, b.v('Rn'), b.v('Rm'), b.v('Rd'))),
  ),
});

/** Wide: one operand is wide already. */
const withWide = (U: 0 | 1, opcode: string, mnemonic: string, operation: 'add' | 'sub'): InstructionDefinition => ({
  encoding: encoding(U, opcode),
  assembly: `${mnemonic}<2> <Vd.Ta>, <Vn.Ta>, <Vm.T>`,
  operands: { 2: upperHalf, ...vectors(arrangements.wide, 'dn', 'Ta'), ...vectors(arrangements.bhs, 'm') },
  ...shaped(arrangements.bhs, (b, shape) => {
    const l: Long = { b, esize: shape.esize as Narrow, upper: shape.bytes === 16, signed: U === 0 };
    b.setV('Rd', lanes(b, wide(l), operation, b.v('Rn'), extend(l, b.v('Rm'))));
  }),
});

/** High half narrow: wide operands, the upper halves of the (rounded) results. */
const highNarrow = (U: 0 | 1, opcode: string, mnemonic: string, operation: 'add' | 'sub'): InstructionDefinition => ({
  encoding: encoding(U, opcode),
  assembly: `${mnemonic}<2> <Vd.T>, <Vn.Ta>, <Vm.Ta>`,
  operands: { 2: upperHalf, ...vectors(arrangements.bhs, 'd'), ...vectors(arrangements.wide, 'nm', 'Ta') },
  ...shaped(arrangements.bhs, (b, shape) => {
    const esize = shape.esize as Narrow;
    const exact = lanes(b, { esize: wider(esize) }, operation, b.v('Rn'), b.v('Rm'));
    const result = U ? lanes(b, { esize: wider(esize) }, 'add', exact, constantLanes(b, wider(esize), 1n << BigInt(esize - 1))) : exact;
    writeHalf(b, shape.bytes === 16, narrowed(b, esize, result, 'high'));
  }),
});

const addWide = (l: Long, a: Value, b: Value) => lanes(l.b, wide(l), 'add', a, b);
const subWide = (l: Long, a: Value, b: Value) => lanes(l.b, wide(l), 'sub', a, b);

/** PMULL of bytes: 16-bit products without carries. */
function polynomialLong(b: Builder, upper: boolean): void {
  const n = widened(b, 8, upper, false, b.v('Rn'));
  const m = widened(b, 8, upper, false, b.v('Rm'));
  let result = constant64(b, 0n);
  for (let bit = 0; bit < 8; bit++) {
    const chosen = b.op('i16x8.shr_s', b.op('i16x8.shl', m, 15 - bit), 15);
    result = b.op('v128.xor', result, b.op('v128.and', b.op('i16x8.shl', n, bit), chosen));
  }
  b.setV('Rd', result);
}

const bytePairs: Arrangements = { '8b': { size: 0, Q: 0 }, '16b': { size: 0, Q: 1 } };
const doublewords: Arrangements = { '1d': { size: 3, Q: 0 }, '2d': { size: 3, Q: 1 } };

export const simdThreeDifferent: readonly Instruction[] = instructions('Advanced SIMD three different', {
  SADDL: long(0, '0 0 0 0', 'saddl', (l, n, m) => addWide(l, extend(l, n), extend(l, m))),
  UADDL: long(1, '0 0 0 0', 'uaddl', (l, n, m) => addWide(l, extend(l, n), extend(l, m))),
  SADDW: withWide(0, '0 0 0 1', 'saddw', 'add'),
  UADDW: withWide(1, '0 0 0 1', 'uaddw', 'add'),
  SSUBL: long(0, '0 0 1 0', 'ssubl', (l, n, m) => subWide(l, extend(l, n), extend(l, m))),
  USUBL: long(1, '0 0 1 0', 'usubl', (l, n, m) => subWide(l, extend(l, n), extend(l, m))),
  SSUBW: withWide(0, '0 0 1 1', 'ssubw', 'sub'),
  USUBW: withWide(1, '0 0 1 1', 'usubw', 'sub'),
  ADDHN: highNarrow(0, '0 1 0 0', 'addhn', 'add'),
  RADDHN: highNarrow(1, '0 1 0 0', 'raddhn', 'add'),
  SABAL: long(0, '0 1 0 1', 'sabal', (l, n, m, d) => addWide(l, d, absoluteDifference(l, n, m))),
  UABAL: long(1, '0 1 0 1', 'uabal', (l, n, m, d) => addWide(l, d, absoluteDifference(l, n, m))),
  SUBHN: highNarrow(0, '0 1 1 0', 'subhn', 'sub'),
  RSUBHN: highNarrow(1, '0 1 1 0', 'rsubhn', 'sub'),
  SABDL: long(0, '0 1 1 1', 'sabdl', absoluteDifference),
  UABDL: long(1, '0 1 1 1', 'uabdl', absoluteDifference),
  'SMLAL (vector)': long(0, '1 0 0 0', 'smlal', (l, n, m, d) => addWide(l, d, longProduct(l, n, m))),
  'UMLAL (vector)': long(1, '1 0 0 0', 'umlal', (l, n, m, d) => addWide(l, d, longProduct(l, n, m))),
  'SMLSL (vector)': long(0, '1 0 1 0', 'smlsl', (l, n, m, d) => subWide(l, d, longProduct(l, n, m))),
  'UMLSL (vector)': long(1, '1 0 1 0', 'umlsl', (l, n, m, d) => subWide(l, d, longProduct(l, n, m))),
  'SMULL (vector)': long(0, '1 1 0 0', 'smull', longProduct),
  'UMULL (vector)': long(1, '1 1 0 0', 'umull', longProduct),
  'SQDMLAL (vector)': long(
    0,
    '1 0 0 1',
    'sqdmlal',
    (l, n, m, d) => saturatingAccumulate(l.b, 'sqadd', wider(l.esize), d, doubledProduct(l, n, m)),
    arrangements.hs,
  ),
  'SQDMLSL (vector)': long(
    0,
    '1 0 1 1',
    'sqdmlsl',
    (l, n, m, d) => saturatingAccumulate(l.b, 'sqsub', wider(l.esize), d, doubledProduct(l, n, m)),
    arrangements.hs,
  ),
  'SQDMULL (vector)': long(0, '1 1 0 1', 'sqdmull', doubledProduct, arrangements.hs),
  PMULL: {
    encoding: encoding(0, '1 1 1 0'),
    assembly: 'pmull<2> <Vd.Ta>, <Vn.T>, <Vm.T>',
    operands: { 2: upperHalf, ...vectors({ '8h': { size: 0 } }, 'd', 'Ta'), ...vectors(bytePairs, 'nm') },
    ...shaped(bytePairs, (b, shape) => polynomialLong(b, shape.bytes === 16)),
  },
  'PMULL (64-bit)': {
    encoding: encoding(0, '1 1 1 0'),
    feature: 'FEAT_PMULL',
    assembly: 'pmull<2> <Vd.Ta>, <Vn.T>, <Vm.T>',
    operands: { 2: upperHalf, ...vectors({ '1q': { size: 3 } }, 'd', 'Ta'), ...vectors(doublewords, 'nm') },
    ...shaped(doublewords, (b, shape) => {
      const half = shape.bytes === 16 ? 1 : 0;
      const n = extract(b, 64, b.v('Rn'), half);
      const m = extract(b, 64, b.v('Rm'), half);
      const low = b.call('polynomialMulLow', n, m);
      b.setV('Rd', replace(b, 64, b.op('i64x2.splat', low), 1, b.call('polynomialMulHigh', n, m)));
    }),
  },
});

/** A scalar doubling product: 16 × 16 → 32 or 32 × 32 → 64 bits, as i64 bits. */
export function scalarDoubledProduct(b: Builder, esize: 16 | 32, n: Value, m: Value): Value {
  return b.fp('sqdmull', b.and(n, esize === 16 ? 0xffffn : 0xffffffffn), b.and(m, esize === 16 ? 0xffffn : 0xffffffffn), wider(esize));
}

/** Writes the product, or the accumulator with it, to a scalar twice as wide. */
export function writeDoubled(b: Builder, esize: 16 | 32, accumulate: 'sqadd' | 'sqsub' | undefined, product: Value): void {
  const bits = wider(esize) as 32 | 64;
  let result = product;
  if (accumulate) {
    const old = b.vElement('Rd', bits);
    result = b.fp(accumulate, old.type === 'i32' ? b.extendU(old) : old, product, bits);
  }
  b.setVElement('Rd', bits, bits === 32 ? b.wrap(result) : result);
}

const scalarLong = (opcode: string, mnemonic: string, accumulate: 'sqadd' | 'sqsub' | undefined): InstructionDefinition => ({
  encoding: `0 1 0 1 1 1 1 0 size 1 Rm ${opcode} 0 0 Rn Rd`,
  assembly: `${mnemonic} <Va>, <Vn>, <Vm>`,
  operands: { Va: scalarRegisters(scalars.wideHs, 'd').Vd!, ...scalarRegisters(scalars.hs, 'nm') },
  ...shaped(scalars.hs, (b, shape) => {
    const esize = shape.esize as 16 | 32;
    writeDoubled(b, esize, accumulate, scalarDoubledProduct(b, esize, b.vElement('Rn', 64), b.vElement('Rm', 64)));
  }),
});

export const simdScalarThreeDifferent: readonly Instruction[] = instructions('Advanced SIMD scalar three different', {
  'SQDMLAL (scalar)': scalarLong('1 0 0 1', 'sqdmlal', 'sqadd'),
  'SQDMLSL (scalar)': scalarLong('1 0 1 1', 'sqdmlsl', 'sqsub'),
  'SQDMULL (scalar)': scalarLong('1 1 0 1', 'sqdmull', undefined),
});
