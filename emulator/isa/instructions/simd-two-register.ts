import type { Builder, Value } from '../builder.ts';
import { type Instruction, type InstructionDefinition, instructions } from '../instruction.ts';
import { type Arrangements, arrangements, type Shape, scalarRegisters, scalars, upperHalf, vectors } from '../syntax/simd.ts';
import { byHalves, constant64, extract, lanes, laneType, type Narrow, replace, shaped, wider, writeResult } from './simd-lanes.ts';
import { type LanewiseUnary, lanewiseUnary } from './simd-lanewise.ts';

const { bhsd, bhs, bh, b: bytesOnly } = arrangements;

const applyUnary = (compute: LanewiseUnary) => (b: Builder, shape: Shape) => writeResult(b, shape, compute(b, shape, b.v('Rn')));

const vectorEncoding = (U: 0 | 1, opcode: string) => `0 Q ${U} 0 1 1 1 0 size 1 0 0 0 0 ${opcode} 1 0 Rn Rd`;
const scalarEncoding = (U: 0 | 1, opcode: string) => `0 1 ${U} 1 1 1 1 0 size 1 0 0 0 0 ${opcode} 1 0 Rn Rd`;

/** A form of one source; `tail` is what is written after it (`, #0` of the comparisons with zero). */
const oneSource = (
  encoding: string,
  mnemonic: string,
  set: Arrangements,
  scalar: boolean,
  operation: (b: Builder, shape: Shape) => void,
  tail = '',
): InstructionDefinition => ({
  encoding,
  assembly: scalar ? `${mnemonic} <Vd>, <Vn>${tail}` : `${mnemonic} <Vd.T>, <Vn.T>${tail}`,
  operands: scalar ? scalarRegisters(set, 'dn') : vectors(set, 'dn'),
  ...shaped(set, operation),
});

const vector = (U: 0 | 1, opcode: string, mnemonic: string, set: Arrangements, compute: LanewiseUnary, tail = ''): InstructionDefinition =>
  oneSource(vectorEncoding(U, opcode), mnemonic, set, false, applyUnary(compute), tail);

const scalar = (U: 0 | 1, opcode: string, mnemonic: string, set: Arrangements, compute: LanewiseUnary, tail = ''): InstructionDefinition =>
  oneSource(scalarEncoding(U, opcode), mnemonic, set, true, applyUnary(compute), tail);

/** Accumulates into the destination with saturation, the operands of unlike signedness. */
const accumulateMixed =
  (name: 'suqadd' | 'usqadd') =>
  (b: Builder, shape: Shape): void =>
    writeResult(
      b,
      shape,
      byHalves(b, shape, [b.v('Rd'), b.v('Rn')], (halves) => b.fp(name, ...halves, shape.esize)),
    );

const mixed = (U: 0 | 1, mnemonic: 'suqadd' | 'usqadd'): [InstructionDefinition, InstructionDefinition] => [
  oneSource(vectorEncoding(U, '0 0 0 1 1'), mnemonic, bhsd, false, accumulateMixed(mnemonic)),
  oneSource(scalarEncoding(U, '0 0 0 1 1'), mnemonic, scalars.bhsd, true, accumulateMixed(mnemonic)),
];

/** Sums of neighbouring lanes, in lanes twice as wide. */
export function pairSums(b: Builder, shape: Shape, signed: boolean, n: Value): Value {
  const sign = signed ? 's' : 'u';
  if (shape.esize === 8) return b.op(`i16x8.extadd_pairwise_i8x16_${sign}`, n);
  if (shape.esize === 16) return b.op(`i32x4.extadd_pairwise_i16x8_${sign}`, n);
  const low = b.op(`i64x2.shr_${sign}`, b.op('i64x2.shl', n, 32), 32);
  return b.op('i64x2.add', low, b.op(`i64x2.shr_${sign}`, n, 32));
}

/** Arrangement of the pair sums of `size` and `Q`. */
const pairArrangements: Arrangements = {
  '4h': { size: 0, Q: 0 },
  '8h': { size: 0, Q: 1 },
  '2s': { size: 1, Q: 0 },
  '4s': { size: 1, Q: 1 },
  '1d': { size: 2, Q: 0 },
  '2d': { size: 2, Q: 1 },
};

const addLongPairwise = (U: 0 | 1, mnemonic: string, accumulates: boolean): InstructionDefinition => ({
  encoding: vectorEncoding(U, accumulates ? '0 0 1 1 0' : '0 0 0 1 0'),
  assembly: `${mnemonic} <Vd.Ta>, <Vn.T>`,
  operands: { ...vectors(pairArrangements, 'd', 'Ta'), ...vectors(bhs, 'n') },
  ...shaped(bhs, (b, shape) => {
    const sums = pairSums(b, shape, U === 0, b.v('Rn'));
    writeResult(b, shape, accumulates ? lanes(b, { esize: wider(shape.esize as Narrow) }, 'add', b.v('Rd'), sums) : sums);
  }),
});

/** Writes 64 bits to the low half (zeroing the high one) or, for the `2` forms, to the high half keeping the low one. */
export function writeHalf(b: Builder, upper: boolean, half: Value): void {
  if (upper) b.setV('Rd', replace(b, 64, b.v('Rd'), 1, half));
  else b.setVElement('Rd', 64, half);
}

/** The low halves of all lanes of `narrow` × 2 bits, packed into 64 bits. */
export function narrowed(b: Builder, narrow: Narrow, wide: Value, half: 'low' | 'high' = 'low'): Value {
  const size = narrow / 8;
  const order = Array.from({ length: 16 }, (_, at) => {
    const element = Math.floor(at / size) % (8 / size);
    return element * 2 * size + (half === 'high' ? size : 0) + (at % size);
  });
  return extract(b, 64, b.shuffle(order, wide, wide), 0);
}

/** Wide lanes narrowed by a function of functions/saturating.ts that shifts right, rounds and saturates; 64 bits. */
export function saturatingNarrow(
  b: Builder,
  name: 'sqshrn' | 'uqshrn' | 'sqshrun',
  narrow: number,
  wide: Value,
  shift: Value | number,
  rounds: number,
): Value {
  const low = b.fp(name, extract(b, 64, wide, 0), shift, rounds, narrow);
  const high = b.fp(name, extract(b, 64, wide, 1), shift, rounds, narrow);
  return b.or(low, b.shl(high, 32));
}

/** Low lane of a scalar narrowing: everything else is zero. */
export function saturatingNarrowScalar(
  b: Builder,
  name: 'sqshrn' | 'uqshrn' | 'sqshrun',
  narrow: Narrow,
  shift: Value | number,
  rounds: number,
): void {
  const wide = b.vElement('Rn', (narrow * 2) as 16);
  const bits = wide.type === 'i32' ? b.extendU(wide) : wide;
  b.setVElement('Rd', narrow, b.wrap(b.fp(name, bits, shift, rounds, narrow)));
}

const narrowOperands = { 2: upperHalf, ...vectors(bhs, 'd'), ...vectors(arrangements.wide, 'n', 'Ta') };

const narrowing = (U: 0 | 1, opcode: string, mnemonic: string, narrow: (b: Builder, esize: Narrow) => Value): InstructionDefinition => ({
  encoding: vectorEncoding(U, opcode),
  assembly: `${mnemonic}<2> <Vd.T>, <Vn.Ta>`,
  operands: narrowOperands,
  ...shaped(bhs, (b, shape) => writeHalf(b, shape.bytes === 16, narrow(b, shape.esize as Narrow))),
});

const narrowingScalar = (U: 0 | 1, opcode: string, mnemonic: string, name: 'sqshrn' | 'uqshrn' | 'sqshrun'): InstructionDefinition => ({
  encoding: scalarEncoding(U, opcode),
  assembly: `${mnemonic} <Vd>, <Va>`,
  operands: { ...scalarRegisters(scalars.bhs, 'd'), Va: scalarRegisters(scalars.wide, 'n').Vn! },
  ...shaped(scalars.bhs, (b, shape) => saturatingNarrowScalar(b, name, shape.esize as Narrow, 0, 0)),
});

/** 64 bits of one half, each lane extended to twice its width. */
export const widened = (b: Builder, esize: Narrow, upper: boolean, signed: boolean, value: Value): Value =>
  b.op(`${laneType[wider(esize)]}.extend_${upper ? 'high' : 'low'}_${laneType[esize]}_${signed ? 's' : 'u'}`, value);

const [suqadd, suqaddScalar] = mixed(0, 'suqadd');
const [usqadd, usqaddScalar] = mixed(1, 'usqadd');

const estimate = (U: 0 | 1, mnemonic: string, name: 'unsignedRecipEstimate' | 'unsignedRSqrtEstimate'): InstructionDefinition =>
  oneSource(`0 Q ${U} 0 1 1 1 0 1 0 1 0 0 0 0 1 1 1 0 0 1 0 Rn Rd`, mnemonic, arrangements.s, false, (b, shape) => {
    const source = b.v('Rn');
    let result = constant64(b, 0n);
    for (let lane = 0; lane < shape.count; lane++) result = replace(b, 32, result, lane, b.call(name, extract(b, 32, source, lane)));
    writeResult(b, shape, result);
  });

/** Not, and reverse of bits: the size field is part of the opcode. */
const bitwise = (size: string, mnemonic: string, compute: LanewiseUnary): InstructionDefinition =>
  oneSource(`0 Q 1 0 1 1 1 0 ${size} 1 0 0 0 0 0 0 1 0 1 1 0 Rn Rd`, mnemonic, arrangements.bytes, false, applyUnary(compute));

const u = lanewiseUnary;

export const simdTwoRegister: readonly Instruction[] = instructions('Advanced SIMD two-register miscellaneous', {
  REV64: vector(0, '0 0 0 0 0', 'rev64', bhs, u.rev64),
  'REV16 (vector)': vector(0, '0 0 0 0 1', 'rev16', bytesOnly, u.rev16),
  'REV32 (vector)': vector(1, '0 0 0 0 0', 'rev32', bh, u.rev32),
  SADDLP: addLongPairwise(0, 'saddlp', false),
  UADDLP: addLongPairwise(1, 'uaddlp', false),
  SADALP: addLongPairwise(0, 'sadalp', true),
  UADALP: addLongPairwise(1, 'uadalp', true),
  'SUQADD (vector)': suqadd,
  'USQADD (vector)': usqadd,
  'CLS (vector)': vector(0, '0 0 1 0 0', 'cls', bhs, u.cls),
  'CLZ (vector)': vector(1, '0 0 1 0 0', 'clz', bhs, u.clz),
  'CNT (vector)': vector(0, '0 0 1 0 1', 'cnt', bytesOnly, u.cnt),
  NOT: { ...bitwise('0 0', 'mvn', u.not), aliases: { 'not <Vd.T>, <Vn.T>': { when: () => false } } },
  'RBIT (vector)': bitwise('0 1', 'rbit', u.rbit),
  'SQABS (vector)': vector(0, '0 0 1 1 1', 'sqabs', bhsd, u.sqabs),
  'SQNEG (vector)': vector(1, '0 0 1 1 1', 'sqneg', bhsd, u.sqneg),
  'CMGT (zero, vector)': vector(0, '0 1 0 0 0', 'cmgt', bhsd, u.cmgtZero, ', #0'),
  'CMGE (zero, vector)': vector(1, '0 1 0 0 0', 'cmge', bhsd, u.cmgeZero, ', #0'),
  'CMEQ (zero, vector)': vector(0, '0 1 0 0 1', 'cmeq', bhsd, u.cmeqZero, ', #0'),
  'CMLE (zero, vector)': vector(1, '0 1 0 0 1', 'cmle', bhsd, u.cmleZero, ', #0'),
  'CMLT (zero, vector)': vector(0, '0 1 0 1 0', 'cmlt', bhsd, u.cmltZero, ', #0'),
  'ABS (vector)': vector(0, '0 1 0 1 1', 'abs', bhsd, u.abs),
  'NEG (vector)': vector(1, '0 1 0 1 1', 'neg', bhsd, u.neg),
  XTN: narrowing(0, '1 0 0 1 0', 'xtn', (b, esize) => narrowed(b, esize, b.v('Rn'))),
  'SQXTUN (vector)': narrowing(1, '1 0 0 1 0', 'sqxtun', (b, esize) => saturatingNarrow(b, 'sqshrun', esize, b.v('Rn'), 0, 0)),
  'SQXTN (vector)': narrowing(0, '1 0 1 0 0', 'sqxtn', (b, esize) => saturatingNarrow(b, 'sqshrn', esize, b.v('Rn'), 0, 0)),
  'UQXTN (vector)': narrowing(1, '1 0 1 0 0', 'uqxtn', (b, esize) => saturatingNarrow(b, 'uqshrn', esize, b.v('Rn'), 0, 0)),
  SHLL: {
    encoding: vectorEncoding(1, '1 0 0 1 1'),
    assembly: 'shll<2> <Vd.Ta>, <Vn.T>, #<amount>',
    operands: {
      2: upperHalf,
      ...vectors(arrangements.wide, 'd', 'Ta'),
      ...vectors(bhs, 'n'),
      amount: {
        print: (f) => String(8 << f.size!),
        parse: (text) => ({ size: ['8', '16', '32'].indexOf(text.replace('#', '')) }),
      },
    },
    ...shaped(bhs, (b, shape) => {
      const esize = shape.esize as Narrow;
      b.setV('Rd', lanes(b, { esize: wider(esize) }, 'shl', widened(b, esize, shape.bytes === 16, false, b.v('Rn')), esize));
    }),
  },
  URECPE: estimate(0, 'urecpe', 'unsignedRecipEstimate'),
  URSQRTE: estimate(1, 'ursqrte', 'unsignedRSqrtEstimate'),
});

const { bhsd: anyScalar, d } = scalars;

export const simdScalarTwoRegister: readonly Instruction[] = instructions('Advanced SIMD scalar two-register miscellaneous', {
  'SUQADD (scalar)': suqaddScalar,
  'USQADD (scalar)': usqaddScalar,
  'SQABS (scalar)': scalar(0, '0 0 1 1 1', 'sqabs', anyScalar, u.sqabs),
  'SQNEG (scalar)': scalar(1, '0 0 1 1 1', 'sqneg', anyScalar, u.sqneg),
  'CMGT (zero, scalar)': scalar(0, '0 1 0 0 0', 'cmgt', d, u.cmgtZero, ', #0'),
  'CMGE (zero, scalar)': scalar(1, '0 1 0 0 0', 'cmge', d, u.cmgeZero, ', #0'),
  'CMEQ (zero, scalar)': scalar(0, '0 1 0 0 1', 'cmeq', d, u.cmeqZero, ', #0'),
  'CMLE (zero, scalar)': scalar(1, '0 1 0 0 1', 'cmle', d, u.cmleZero, ', #0'),
  'CMLT (zero, scalar)': scalar(0, '0 1 0 1 0', 'cmlt', d, u.cmltZero, ', #0'),
  'ABS (scalar)': scalar(0, '0 1 0 1 1', 'abs', d, u.abs),
  'NEG (scalar)': scalar(1, '0 1 0 1 1', 'neg', d, u.neg),
  'SQXTUN (scalar)': narrowingScalar(1, '1 0 0 1 0', 'sqxtun', 'sqshrun'),
  'SQXTN (scalar)': narrowingScalar(0, '1 0 1 0 0', 'sqxtn', 'sqshrn'),
  'UQXTN (scalar)': narrowingScalar(1, '1 0 1 0 0', 'uqxtn', 'uqshrn'),
});
