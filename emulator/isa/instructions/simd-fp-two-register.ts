import type { Builder, Value } from '../builder.ts';
import { rounding } from '../functions/softfloat/index.ts';
import { type Instruction, type InstructionDefinition, instructions } from '../instruction.ts';
import { type Arrangements, arrangements, type Shape, scalarRegisters, scalars, upperHalf, vectors } from '../syntax/simd.ts';
import { type FpFamily, type FpWidth, fpLanes, mapLanes } from './fp-arithmetic.ts';
import { conversions, fromInteger, toInteger } from './fp-convert-integer.ts';
import { convertPrecision, roundToIntegral, roundToSized, type sizedRoundings } from './fp-data-processing.ts';
import { constantLanes, extract, replace, shaped, writeResult, zeroVector } from './simd-lanes.ts';
import { fractionBits, shapedByShift, shiftAmountOperand, shiftRegisters } from './simd-shift-immediate.ts';
import { writeHalf } from './simd-two-register.ts';

type Unary = (b: Builder, shape: Shape, n: Value) => Value;

interface Row {
  readonly U: 0 | 1;
  readonly a: 0 | 1;
  readonly opcode: string;
  readonly compute: Unary;
  /** A scalar form exists; `only`: no vector form does. */
  readonly scalar?: 'also' | 'only';
  /** `, #0.0` is written. */
  readonly zero?: true;
}

const each =
  (element: (b: Builder, esize: FpWidth, value: Value) => Value): Unary =>
  (b, shape, n) =>
    mapLanes(b, shape, [n], ([value]) => element(b, shape.esize as FpWidth, value!));
const lanesOf =
  (family: FpFamily): Unary =>
  (b, shape, n) =>
    fpLanes(b, shape, family, n);
/** Comparison with zero; `swapped` for less-than forms. */
const withZero =
  (family: 'fpCompareEqual' | 'fpCompareGreater' | 'fpCompareGreaterEqual', swapped = false): Unary =>
  (b, shape, n) =>
    swapped ? fpLanes(b, shape, family, zeroVector(b), n) : fpLanes(b, shape, family, n, zeroVector(b));
const rounded = (mnemonic: string) => each((b, esize, value) => roundToIntegral(b, mnemonic, esize, value));
const converted = (letter: keyof typeof conversions, unsigned: boolean) =>
  each((b, esize, value) => toInteger(b, esize, esize, value, unsigned, conversions[letter]));
const fromLanes = (unsigned: boolean) => each((b, esize, value) => fromInteger(b, esize, esize, value, unsigned));

const signMask = (shape: Shape): bigint => 1n << BigInt(shape.esize - 1);

const rows: Readonly<Record<string, Row>> = {
  'FCMGT (zero)': { U: 0, a: 1, opcode: '0 1 1 0 0', compute: withZero('fpCompareGreater'), scalar: 'also', zero: true },
  'FCMEQ (zero)': { U: 0, a: 1, opcode: '0 1 1 0 1', compute: withZero('fpCompareEqual'), scalar: 'also', zero: true },
  'FCMLT (zero)': { U: 0, a: 1, opcode: '0 1 1 1 0', compute: withZero('fpCompareGreater', true), scalar: 'also', zero: true },
  'FCMGE (zero)': { U: 1, a: 1, opcode: '0 1 1 0 0', compute: withZero('fpCompareGreaterEqual'), scalar: 'also', zero: true },
  'FCMLE (zero)': { U: 1, a: 1, opcode: '0 1 1 0 1', compute: withZero('fpCompareGreaterEqual', true), scalar: 'also', zero: true },
  FABS: { U: 0, a: 1, opcode: '0 1 1 1 1', compute: (b, s, n) => b.op('v128.andnot', n, constantLanes(b, s.esize, signMask(s))) },
  FNEG: { U: 1, a: 1, opcode: '0 1 1 1 1', compute: (b, s, n) => b.op('v128.xor', n, constantLanes(b, s.esize, signMask(s))) },
  FSQRT: { U: 1, a: 1, opcode: '1 1 1 1 1', compute: lanesOf('fpSqrt') },
  FRINTN: { U: 0, a: 0, opcode: '1 1 0 0 0', compute: rounded('frintn') },
  FRINTM: { U: 0, a: 0, opcode: '1 1 0 0 1', compute: rounded('frintm') },
  FRINTP: { U: 0, a: 1, opcode: '1 1 0 0 0', compute: rounded('frintp') },
  FRINTZ: { U: 0, a: 1, opcode: '1 1 0 0 1', compute: rounded('frintz') },
  FRINTA: { U: 1, a: 0, opcode: '1 1 0 0 0', compute: rounded('frinta') },
  FRINTX: { U: 1, a: 0, opcode: '1 1 0 0 1', compute: rounded('frintx') },
  FRINTI: { U: 1, a: 1, opcode: '1 1 0 0 1', compute: rounded('frinti') },
  FCVTNS: { U: 0, a: 0, opcode: '1 1 0 1 0', compute: converted('n', false), scalar: 'also' },
  FCVTNU: { U: 1, a: 0, opcode: '1 1 0 1 0', compute: converted('n', true), scalar: 'also' },
  FCVTPS: { U: 0, a: 1, opcode: '1 1 0 1 0', compute: converted('p', false), scalar: 'also' },
  FCVTPU: { U: 1, a: 1, opcode: '1 1 0 1 0', compute: converted('p', true), scalar: 'also' },
  FCVTMS: { U: 0, a: 0, opcode: '1 1 0 1 1', compute: converted('m', false), scalar: 'also' },
  FCVTMU: { U: 1, a: 0, opcode: '1 1 0 1 1', compute: converted('m', true), scalar: 'also' },
  FCVTZS: { U: 0, a: 1, opcode: '1 1 0 1 1', compute: converted('z', false), scalar: 'also' },
  FCVTZU: { U: 1, a: 1, opcode: '1 1 0 1 1', compute: converted('z', true), scalar: 'also' },
  FCVTAS: { U: 0, a: 0, opcode: '1 1 1 0 0', compute: converted('a', false), scalar: 'also' },
  FCVTAU: { U: 1, a: 0, opcode: '1 1 1 0 0', compute: converted('a', true), scalar: 'also' },
  SCVTF: { U: 0, a: 0, opcode: '1 1 1 0 1', compute: fromLanes(false), scalar: 'also' },
  UCVTF: { U: 1, a: 0, opcode: '1 1 1 0 1', compute: fromLanes(true), scalar: 'also' },
  FRECPE: { U: 0, a: 1, opcode: '1 1 1 0 1', compute: lanesOf('fpRecipEstimate'), scalar: 'also' },
  FRSQRTE: { U: 1, a: 1, opcode: '1 1 1 0 1', compute: lanesOf('fpRSqrtEstimate'), scalar: 'also' },
  FRECPX: { U: 0, a: 1, opcode: '1 1 1 1 1', compute: lanesOf('fpRecpX'), scalar: 'only' },
};

const apply = (compute: Unary) => (b: Builder, shape: Shape) => writeResult(b, shape, compute(b, shape, b.v('Rn')));

const form = (encoding: string, name: string, set: Arrangements, scalar: boolean, { compute, zero }: Row): InstructionDefinition => {
  const mnemonic = name.split(' ')[0]!.toLowerCase();
  const tail = zero ? ', #0.0' : '';
  return {
    encoding,
    assembly: scalar ? `${mnemonic} <Vd>, <Vn>${tail}` : `${mnemonic} <Vd.T>, <Vn.T>${tail}`,
    operands: scalar ? scalarRegisters(set, 'dn') : vectors(set, 'dn'),
    ...shaped(set, apply(compute)),
  };
};

/** Vector or scalar forms of the rows, single/double and half precision. */
const forms = (scalar: boolean): Record<string, InstructionDefinition> =>
  Object.fromEntries(
    Object.entries(rows).flatMap(([name, row]) => {
      if (scalar ? !row.scalar : row.scalar === 'only') return [];
      const { U, a, opcode } = row;
      const start = scalar ? `0 1 ${U} 1` : `0 Q ${U} 0`;
      const title = scalar ? `${name} (vector form, scalar)` : `${name} (vector)`;
      return [
        [title, form(`${start} 1 1 1 0 ${a} sz 1 0 0 0 0 ${opcode} 1 0 Rn Rd`, name, scalar ? scalars.sd : arrangements.sd, scalar, row)],
        [
          `${title}, half`,
          {
            ...form(`${start} 1 1 1 0 ${a} 1 1 1 1 0 0 ${opcode} 1 0 Rn Rd`, name, scalar ? scalars.onlyH : arrangements.h, scalar, row),
            feature: 'FEAT_FP16',
          },
        ],
      ];
    }),
  );

/** Narrow side of FCVTL and FCVTN: half or single precision. */
const narrowSide: Arrangements = { '4h': { sz: 0, Q: 0 }, '8h': { sz: 0, Q: 1 }, '2s': { sz: 1, Q: 0 }, '4s': { sz: 1, Q: 1 } };
const wideSide: Arrangements = { '4s': { sz: 0 }, '2d': { sz: 1 } };

/** Converts the lanes of a whole wide register to 64 bits of narrow ones. */
function narrowLanes(b: Builder, narrow: 16 | 32, convert: (value: Value) => Value): Value {
  const wide = b.v('Rn');
  let result = zeroVector(b);
  for (let lane = 0; lane < 64 / narrow; lane++)
    result = replace(b, narrow, result, lane, convert(extract(b, (narrow * 2) as 32, wide, lane)));
  return extract(b, 64, result, 0);
}

const precisionForms: Record<string, InstructionDefinition> = {
  FCVTL: {
    encoding: '0 Q 0 0 1 1 1 0 0 sz 1 0 0 0 0 1 0 1 1 1 1 0 Rn Rd',
    assembly: 'fcvtl<2> <Vd.Ta>, <Vn.T>',
    operands: { 2: upperHalf, ...vectors(wideSide, 'd', 'Ta'), ...vectors(narrowSide, 'n') },
    ...shaped(narrowSide, (b, shape) => {
      const narrow = shape.esize as 16 | 32;
      const wide = (narrow * 2) as 32 | 64;
      const source = b.v('Rn');
      const count = 64 / narrow;
      const first = shape.bytes === 16 ? count : 0;
      let result = zeroVector(b);
      for (let lane = 0; lane < count; lane++)
        result = replace(b, wide, result, lane, convertPrecision(b, narrow, wide, extract(b, narrow, source, first + lane)));
      b.setV('Rd', result);
    }),
  },
  FCVTN: {
    encoding: '0 Q 0 0 1 1 1 0 0 sz 1 0 0 0 0 1 0 1 1 0 1 0 Rn Rd',
    assembly: 'fcvtn<2> <Vd.T>, <Vn.Ta>',
    operands: { 2: upperHalf, ...vectors(narrowSide, 'd'), ...vectors(wideSide, 'n', 'Ta') },
    ...shaped(narrowSide, (b, shape) => {
      const narrow = shape.esize as 16 | 32;
      const half = narrowLanes(b, narrow, (value) => convertPrecision(b, (narrow * 2) as 32 | 64, narrow, value));
      writeHalf(b, shape.bytes === 16, half);
    }),
  },
  FCVTXN: {
    encoding: '0 Q 1 0 1 1 1 0 0 1 1 0 0 0 0 1 0 1 1 0 1 0 Rn Rd',
    assembly: 'fcvtxn<2> <Vd.T>, <Vn.Ta>',
    operands: { 2: upperHalf, ...vectors(arrangements.s, 'd'), ...vectors({ '2d': {} }, 'n', 'Ta') },
    ...shaped(arrangements.s, (b, shape) =>
      writeHalf(
        b,
        shape.bytes === 16,
        narrowLanes(b, 32, (value) => b.fp('fpConvert64To32', value, rounding.toOdd)),
      ),
    ),
  },
};

export const simdFpTwoRegister: readonly Instruction[] = instructions('Advanced SIMD two-register miscellaneous (floating-point)', {
  ...forms(false),
  ...precisionForms,
});

const sizedRounding = (U: 0 | 1, opcode: string, mnemonic: keyof typeof sizedRoundings): InstructionDefinition => ({
  ...form(`0 Q ${U} 0 1 1 1 0 0 sz 1 0 0 0 0 ${opcode} 1 0 Rn Rd`, mnemonic, arrangements.sd, false, {
    U,
    a: 0,
    opcode,
    compute: each((b, esize, value) => roundToSized(b, mnemonic, esize, value)),
  }),
  feature: 'FEAT_FRINTTS',
});

export const simdFpSizedRounding: readonly Instruction[] = instructions('Advanced SIMD round to a 32-bit or 64-bit integer', {
  'FRINT32Z (vector)': sizedRounding(0, '1 1 1 1 0', 'frint32z'),
  'FRINT32X (vector)': sizedRounding(1, '1 1 1 1 0', 'frint32x'),
  'FRINT64Z (vector)': sizedRounding(0, '1 1 1 1 1', 'frint64z'),
  'FRINT64X (vector)': sizedRounding(1, '1 1 1 1 1', 'frint64x'),
});

export const simdFpScalarTwoRegister: readonly Instruction[] = instructions(
  'Advanced SIMD scalar two-register miscellaneous (floating-point)',
  {
    ...forms(true),
    'FCVTXN (scalar)': {
      encoding: '0 1 1 1 1 1 1 0 0 1 1 0 0 0 0 1 0 1 1 0 1 0 Rn Rd',
      assembly: 'fcvtxn <Sd>, <Dn>',
      simd: true,
      operation: (b) => b.setVElement('Rd', 32, b.fp('fpConvert64To32', b.vElement('Rn', 64), rounding.toOdd)),
    },
  },
);

// ---- fixed point: the shift-immediate encodings

const fixedVector = {
  hsd: { '4h': { size: 1, Q: 0 }, '8h': { size: 1, Q: 1 } },
  sd: { '2s': { size: 2, Q: 0 }, '4s': { size: 2, Q: 1 }, '2d': { size: 3, Q: 1 } },
};
const fixedScalar = { hsd: { h: { size: 1 } }, sd: { s: { size: 2 }, d: { size: 3 } } };

/** `half`: the entry for 16-bit elements, FEAT_FP16's. */
const fixed = (
  U: 0 | 1,
  opcode: string,
  mnemonic: string,
  scalar: boolean,
  half: boolean,
  element: (b: Builder, esize: FpWidth, value: Value, fraction: Value) => Value,
): InstructionDefinition => {
  const set: Arrangements = scalar ? fixedScalar[half ? 'hsd' : 'sd'] : fixedVector[half ? 'hsd' : 'sd'];
  return {
    encoding: `0 ${scalar ? 1 : 'Q'} ${U} ${scalar ? 1 : 0} 1 1 1 1 0 immh immb ${opcode} 1 Rn Rd`,
    ...(half ? { feature: 'FEAT_FP16' } : {}),
    assembly: scalar ? `${mnemonic} <Vd>, <Vn>, #<amount>` : `${mnemonic} <Vd.T>, <Vn.T>, #<amount>`,
    operands: { ...shiftRegisters(set, 'dn', '', scalar), amount: shiftAmountOperand('right') },
    ...shapedByShift(set, (b, shape) => {
      const fraction = b.small(fractionBits);
      writeResult(
        b,
        shape,
        mapLanes(b, shape, [b.v('Rn')], ([value]) => element(b, shape.esize as FpWidth, value!, fraction)),
      );
    }),
  };
};

const fixedForms = (scalar: boolean): Record<string, InstructionDefinition> => {
  const suffix = scalar ? 'vector form, fixed-point, scalar' : 'vector, fixed-point';
  return Object.fromEntries(
    [false, true].flatMap((half) =>
      ([0, 1] as const).flatMap((U) => [
        [
          `${U ? 'UCVTF' : 'SCVTF'} (${suffix}${half ? ', half' : ''})`,
          fixed(U, '1 1 1 0 0', U ? 'ucvtf' : 'scvtf', scalar, half, (b, esize, value, fraction) =>
            fromInteger(b, esize, esize, value, U === 1, fraction),
          ),
        ],
        [
          `${U ? 'FCVTZU' : 'FCVTZS'} (${suffix}${half ? ', half' : ''})`,
          fixed(U, '1 1 1 1 1', U ? 'fcvtzu' : 'fcvtzs', scalar, half, (b, esize, value, fraction) =>
            toInteger(b, esize, esize, value, U === 1, rounding.towardZero, fraction),
          ),
        ],
      ]),
    ),
  );
};

export const simdFixedPoint: readonly Instruction[] = instructions(
  'Advanced SIMD shift by immediate (fixed-point conversion)',
  fixedForms(false),
);
export const simdScalarFixedPoint: readonly Instruction[] = instructions(
  'Advanced SIMD scalar shift by immediate (fixed-point conversion)',
  fixedForms(true),
);
