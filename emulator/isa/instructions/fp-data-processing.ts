import type { Builder, Value } from '../builder.ts';
import { ROUND_BY_FPCR, rounding } from '../functions/softfloat/index.ts';
import { type Fields, type Instruction, type InstructionDefinition, instructions } from '../instruction.ts';
import { expandFpImmediate, fpImmediateOperand } from '../syntax/fp-immediate.ts';
import { type Arrangements, scalarRegisters } from '../syntax/simd.ts';
import { type FpFamily, type FpWidth, formatWidths, fpAbsolute, fpNegate, fpScalar, nativeOr } from './fp-arithmetic.ts';
import { precisionNatively, roundedNatively } from './fp-native.ts';

/** ftype of single and double precision; half precision is FEAT_FP16's and has entries of its own. */
const singleDouble: Arrangements = { s: { ftype: 0 }, d: { ftype: 1 } };
const half: Arrangements = { h: {} };

type Operation = (b: Builder, esize: FpWidth) => void;

/**
 * The two entries of a scalar instruction: single and double precision, and half precision.
 * `encoding` has `FT` where ftype is.
 */
export function scalarFormats(
  name: string,
  encoding: string,
  rest: Pick<InstructionDefinition, 'assembly' | 'operands'>,
  registers: string,
  operation: Operation,
): Record<string, InstructionDefinition> {
  return {
    [name]: {
      ...rest,
      encoding: encoding.replace('FT', 'ftype'),
      operands: { ...scalarRegisters(singleDouble, registers), ...rest.operands },
      where: (f) => f.ftype! < 2,
      statics: [{ name: 'ftype', values: [0, 1], of: (f) => f.ftype! }],
      simd: true,
      operation: (b, { ftype }) => operation(b, formatWidths[ftype!]!),
    },
    [`${name}, half`]: {
      ...rest,
      encoding: encoding.replace('FT', '1 1'),
      operands: { ...scalarRegisters(half, registers), ...rest.operands },
      feature: 'FEAT_FP16',
      simd: true,
      operation: (b) => operation(b, 16),
    },
  };
}

const oneSource = (name: string, opcode: string, mnemonic: string, compute: (b: Builder, esize: FpWidth, n: Value) => Value) =>
  scalarFormats(name, `0 0 0 1 1 1 1 0 FT 1 ${opcode} 1 0 0 0 0 Rn Rd`, { assembly: `${mnemonic} <Vd>, <Vn>` }, 'dn', (b, esize) =>
    b.setVElement('Rd', esize, compute(b, esize, b.vElement('Rn', esize))),
  );

/** FRINT: rounding mode, and whether an inexact result is raised. */
export const roundings: Readonly<Record<string, { readonly mode: number; readonly exact: 0 | 1 }>> = {
  frintn: { mode: rounding.tieEven, exact: 0 },
  frintp: { mode: rounding.towardPositive, exact: 0 },
  frintm: { mode: rounding.towardNegative, exact: 0 },
  frintz: { mode: rounding.towardZero, exact: 0 },
  frinta: { mode: rounding.tieAway, exact: 0 },
  frintx: { mode: ROUND_BY_FPCR, exact: 1 },
  frinti: { mode: ROUND_BY_FPCR, exact: 0 },
};

/** Rounds a scalar to an integral number. */
export function roundToIntegral(b: Builder, mnemonic: string, esize: FpWidth, value: Value): Value {
  const { mode, exact } = roundings[mnemonic]!;
  const shortcutMode = mode === ROUND_BY_FPCR ? rounding.tieEven : mode;
  const native = esize === 16 ? undefined : roundedNatively(b, esize, value, shortcutMode, exact === 1);
  return nativeOr(b, native, () => b.fp(`fpRoundInt${esize}`, value, mode, exact));
}

const roundingOpcodes = {
  frintn: '0 0 1 0 0 0',
  frintp: '0 0 1 0 0 1',
  frintm: '0 0 1 0 1 0',
  frintz: '0 0 1 0 1 1',
  frinta: '0 0 1 1 0 0',
  frintx: '0 0 1 1 1 0',
  frinti: '0 0 1 1 1 1',
};

/** FRINT32Z … FRINT64X: to integers of 32 or 64 bits, towards zero or as FPCR says. */
export const sizedRoundings = {
  frint32z: { width: 32, mode: rounding.towardZero, opcode: '0 1 0 0 0 0' },
  frint32x: { width: 32, mode: ROUND_BY_FPCR, opcode: '0 1 0 0 0 1' },
  frint64z: { width: 64, mode: rounding.towardZero, opcode: '0 1 0 0 1 0' },
  frint64x: { width: 64, mode: ROUND_BY_FPCR, opcode: '0 1 0 0 1 1' },
} as const;

/** Rounds a scalar of single or double precision by one of them. */
export const roundToSized = (b: Builder, mnemonic: keyof typeof sizedRoundings, esize: FpWidth, value: Value): Value =>
  b.fp(`fpRoundIntSized${esize as 32 | 64}`, value, sizedRoundings[mnemonic].width, sizedRoundings[mnemonic].mode);

const sizedRounding = (mnemonic: keyof typeof sizedRoundings): Record<string, InstructionDefinition> => {
  const name = `${mnemonic.toUpperCase()} (scalar)`;
  const forms = oneSource(name, sizedRoundings[mnemonic].opcode, mnemonic, (b, esize, n) => roundToSized(b, mnemonic, esize, n));
  return { [name]: { ...forms[name]!, feature: 'FEAT_FRINTTS' } };
};

/** FCVT between formats: opc is the target, in ftype's encoding. */
const precision = (from: FpWidth, to: FpWidth): InstructionDefinition => {
  const letter = { 16: 'H', 32: 'S', 64: 'D' } as const;
  const type = { 16: '1 1', 32: '0 0', 64: '0 1' } as const;
  return {
    encoding: `0 0 0 1 1 1 1 0 ${type[from]} 1 0 0 0 1 ${type[to]} 1 0 0 0 0 Rn Rd`,
    assembly: `fcvt <${letter[to]}d>, <${letter[from]}n>`,
    simd: true,
    operation: (b) => b.setVElement('Rd', to, convertPrecision(b, from, to, b.vElement('Rn', from))),
  };
};

/** Converts a scalar between formats, rounding by FPCR. */
export function convertPrecision(b: Builder, from: FpWidth, to: FpWidth, value: Value): Value {
  const native = from === 16 || to === 16 ? undefined : precisionNatively(b, from, value);
  return nativeOr(b, native, () => b.fp(`fpConvert${from}To${to}` as 'fpConvert32To64', value, ROUND_BY_FPCR));
}

export const fpOneSource: readonly Instruction[] = instructions('Floating-point data-processing (1 source)', {
  ...oneSource('FMOV (register)', '0 0 0 0 0 0', 'fmov', (_b, _esize, n) => n),
  ...oneSource('FABS (scalar)', '0 0 0 0 0 1', 'fabs', fpAbsolute),
  ...oneSource('FNEG (scalar)', '0 0 0 0 1 0', 'fneg', fpNegate),
  ...oneSource('FSQRT (scalar)', '0 0 0 0 1 1', 'fsqrt', (b, esize, n) => fpScalar(b, 'fpSqrt', esize, n)),
  'FCVT (single to double)': precision(32, 64),
  'FCVT (single to half)': precision(32, 16),
  'FCVT (double to single)': precision(64, 32),
  'FCVT (double to half)': precision(64, 16),
  'FCVT (half to single)': precision(16, 32),
  'FCVT (half to double)': precision(16, 64),
  ...Object.assign(
    {},
    ...Object.entries(roundingOpcodes).map(([mnemonic, opcode]) =>
      oneSource(`${mnemonic.toUpperCase()} (scalar)`, opcode, mnemonic, (b, esize, n) => roundToIntegral(b, mnemonic, esize, n)),
    ),
  ),
});

const twoSources = (name: string, opcode: string, mnemonic: string, family: FpFamily, negated = false) =>
  scalarFormats(name, `0 0 0 1 1 1 1 0 FT 1 Rm ${opcode} 1 0 Rn Rd`, { assembly: `${mnemonic} <Vd>, <Vn>, <Vm>` }, 'dnm', (b, esize) => {
    const result = fpScalar(b, family, esize, b.vElement('Rn', esize), b.vElement('Rm', esize));
    b.setVElement('Rd', esize, negated ? fpNegate(b, esize, result) : result);
  });

export const fpSizedRounding: readonly Instruction[] = instructions(
  'Floating-point round to a 32-bit or 64-bit integer',
  Object.assign({}, ...(Object.keys(sizedRoundings) as (keyof typeof sizedRoundings)[]).map(sizedRounding)),
);

export const fpTwoSources: readonly Instruction[] = instructions('Floating-point data-processing (2 source)', {
  ...twoSources('FMUL (scalar)', '0 0 0 0', 'fmul', 'fpMul'),
  ...twoSources('FDIV (scalar)', '0 0 0 1', 'fdiv', 'fpDiv'),
  ...twoSources('FADD (scalar)', '0 0 1 0', 'fadd', 'fpAdd'),
  ...twoSources('FSUB (scalar)', '0 0 1 1', 'fsub', 'fpSub'),
  ...twoSources('FMAX (scalar)', '0 1 0 0', 'fmax', 'fpMax'),
  ...twoSources('FMIN (scalar)', '0 1 0 1', 'fmin', 'fpMin'),
  ...twoSources('FMAXNM (scalar)', '0 1 1 0', 'fmaxnm', 'fpMaxNum'),
  ...twoSources('FMINNM (scalar)', '0 1 1 1', 'fminnm', 'fpMinNum'),
  ...twoSources('FNMUL (scalar)', '1 0 0 0', 'fnmul', 'fpMul', true),
});

/** Fused multiply-add; the signs of the addend and of the product may be flipped, NaNs' too. */
const threeSources = (name: string, o1: 0 | 1, o0: 0 | 1) =>
  scalarFormats(
    name,
    `0 0 0 1 1 1 1 1 FT ${o1} Rm ${o0} Ra Rn Rd`,
    { assembly: `${name.toLowerCase()} <Vd>, <Vn>, <Vm>, <Va>` },
    'dnma',
    (b, esize) => {
      const addend = b.vElement('Ra', esize);
      const n = b.vElement('Rn', esize);
      const negative = o0 !== o1;
      const a = o1 ? fpNegate(b, esize, addend) : addend;
      b.setVElement('Rd', esize, fpScalar(b, 'fpMulAdd', esize, a, negative ? fpNegate(b, esize, n) : n, b.vElement('Rm', esize)));
    },
  );

export const fpThreeSources: readonly Instruction[] = instructions('Floating-point data-processing (3 source)', {
  ...threeSources('FMADD', 0, 0),
  ...threeSources('FMSUB', 0, 1),
  ...threeSources('FNMADD', 1, 0),
  ...threeSources('FNMSUB', 1, 1),
});

/** FPCompare() as NZCV. */
function compare(b: Builder, esize: FpWidth, signals: boolean, n: Value, m: Value): Value {
  const exact = () => b.fp(`${signals ? 'fpCompareSignaling' : 'fpCompare'}${esize}`, n, m);
  if (esize === 16) return exact();
  const x = b.op(`f${esize}.reinterpret_i${esize}`, n);
  const y = b.op(`f${esize}.reinterpret_i${esize}`, m);
  const equal = b.op(`f${esize}.eq`, x, y);
  const less = b.op(`f${esize}.lt`, x, y);
  const ordered = b.or(b.or(equal, less), b.op(`f${esize}.gt`, x, y));
  const flags = b.select(less, b.i32(0b1000), b.select(equal, b.i32(0b0110), b.i32(0b0010)));
  return b.choose(b.and(ordered, b.isZero(b.fpcr())), () => flags, exact);
}

const zeroOf = (b: Builder, esize: FpWidth): Value => (esize === 64 ? b.i64(0) : b.i32(0));

const comparison = (name: string, mnemonic: string, signals: boolean, zero: boolean) =>
  scalarFormats(
    name,
    zero
      ? `0 0 0 1 1 1 1 0 FT 1 (00000) 0 0 1 0 0 0 Rn ${signals ? 1 : 0} 1 0 0 0`
      : `0 0 0 1 1 1 1 0 FT 1 Rm 0 0 1 0 0 0 Rn ${signals ? 1 : 0} 0 0 0 0`,
    { assembly: zero ? `${mnemonic} <Vn>, #0.0` : `${mnemonic} <Vn>, <Vm>` },
    zero ? 'n' : 'nm',
    (b, esize) => b.setNzcv(compare(b, esize, signals, b.vElement('Rn', esize), zero ? zeroOf(b, esize) : b.vElement('Rm', esize))),
  );

export const fpCompare: readonly Instruction[] = instructions('Floating-point compare', {
  ...comparison('FCMP', 'fcmp', false, false),
  ...comparison('FCMP (zero)', 'fcmp', false, true),
  ...comparison('FCMPE', 'fcmpe', true, false),
  ...comparison('FCMPE (zero)', 'fcmpe', true, true),
});

const conditionalComparison = (name: string, signals: boolean) =>
  scalarFormats(
    name,
    `0 0 0 1 1 1 1 0 FT 1 Rm cond 0 1 Rn ${signals ? 1 : 0} nzcv`,
    { assembly: `${name.toLowerCase()} <Vn>, <Vm>, #<nzcv>, <cond>` },
    'nm',
    (b, esize) => {
      const n = b.vElement('Rn', esize);
      const m = b.vElement('Rm', esize);
      const otherwise = b.small((f) => f.nzcv!);
      b.if(
        b.conditionHolds((f) => f.cond!),
        () => b.setNzcv(compare(b, esize, signals, n, m)),
        () => b.setNzcv(otherwise),
      );
    },
  );

export const fpConditional: readonly Instruction[] = instructions('Floating-point conditional compare and select', {
  ...conditionalComparison('FCCMP', false),
  ...conditionalComparison('FCCMPE', true),
  ...scalarFormats('FCSEL', '0 0 0 1 1 1 1 0 FT 1 Rm cond 1 1 Rn Rd', { assembly: 'fcsel <Vd>, <Vn>, <Vm>, <cond>' }, 'dnm', (b, esize) => {
    const chosen = b.select(
      b.conditionHolds((f) => f.cond!),
      b.vElement('Rn', esize),
      b.vElement('Rm', esize),
    );
    b.setVElement('Rd', esize, chosen);
  }),
});

const imm8Operand = fpImmediateOperand(
  (f) => f.imm8!,
  (imm8) => ({ imm8 }),
);
const immediateBits = (esize: FpWidth) => (f: Fields) => BigInt.asIntN(64, expandFpImmediate(esize, f.imm8!));

export const fpImmediate: readonly Instruction[] = instructions(
  'Floating-point immediate',
  scalarFormats(
    'FMOV (scalar, immediate)',
    '0 0 0 1 1 1 1 0 FT 1 imm8 1 0 0 0 0 0 0 0 Rd',
    { assembly: 'fmov <Vd>, #<fp>', operands: { fp: imm8Operand } },
    'd',
    (b, esize) => {
      const bits = immediateBits(esize);
      b.setVElement('Rd', esize, esize === 64 ? b.wideImmediate(bits) : b.small((f) => Number(BigInt.asIntN(32, bits(f)))));
    },
  ),
);
