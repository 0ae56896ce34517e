import type { ValueType } from '../../builder.ts';
import {
  add,
  divide,
  multiply,
  multiplyAdd,
  multiplyExtended,
  reciprocalSquareRootStep,
  reciprocalStep,
  squareRoot,
  subtract,
} from './arithmetic.ts';
import { compare, compareAbsolute, compareMask, maximum, maximumNumber, minimum, minimumNumber } from './compare.ts';
import { convert, fromFixed, roundToIntegral, roundToSized, toFixed, toInt32, widenHalf } from './convert.ts';
import {
  reciprocal,
  reciprocalExponent,
  reciprocalSquareRoot,
  unsignedReciprocalEstimate,
  unsignedReciprocalSquareRootEstimate,
} from './estimate.ts';
import { double, type Format, formats, half, rounding, roundingMode, single } from './format.ts';
import { takeRaised } from './status.ts';

interface SoftFloatFunction {
  readonly parameters: readonly ValueType[];
  readonly result: ValueType;
  // the signature is the data above
  readonly run: (...operands: any[]) => number | bigint;
}

type Width = 16 | 32 | 64;
const valueType = (fmt: Format): ValueType => (fmt.bits === 64 ? 'i64' : 'i32');

/** Bit pattern as it crosses from WebAssembly: a signed i32 number or i64 bigint. */
const fromWasm = (fmt: Format, n: number | bigint): bigint => BigInt.asUintN(fmt.bits, BigInt(n));
const toWasm = (type: ValueType, n: bigint): number | bigint => (type === 'i64' ? n : Number(BigInt.asIntN(32, n)));

/** `<name>16`, `<name>32`, `<name>64`: the same operation on each format. Operands: FPCR, then `arity` floating-point values. */
function family<N extends string>(
  name: N,
  arity: number,
  operation: (fmt: Format, fpcr: number, ...operands: bigint[]) => bigint,
): Record<`${N}${Width}`, SoftFloatFunction> {
  const entries = [half, single, double].map((fmt): [string, SoftFloatFunction] => {
    const type = valueType(fmt);
    return [
      `${name}${fmt.bits}`,
      {
        parameters: ['i32', ...Array.from({ length: arity }, () => type)],
        result: type,
        run: (fpcr: number, ...operands: (number | bigint)[]) =>
          toWasm(type, operation(fmt, fpcr, ...operands.map((o) => fromWasm(fmt, o)))),
      },
    ];
  });
  return Object.fromEntries(entries) as Record<`${N}${Width}`, SoftFloatFunction>;
}

/** FCMP: result NZCV in i32. */
function comparisons<N extends string>(name: N, signalQuiet: boolean): Record<`${N}${Width}`, SoftFloatFunction> {
  const entries = [half, single, double].map((fmt): [string, SoftFloatFunction] => [
    `${name}${fmt.bits}`,
    {
      parameters: ['i32', valueType(fmt), valueType(fmt)],
      result: 'i32',
      run: (fpcr: number, a: number | bigint, b: number | bigint) => compare(fmt, fpcr, fromWasm(fmt, a), fromWasm(fmt, b), signalQuiet),
    },
  ]);
  return Object.fromEntries(entries) as Record<`${N}${Width}`, SoftFloatFunction>;
}

/** Operand that says how to round: a mode of `rounding`, or this for FPCR's. */
export const ROUND_BY_FPCR = 7;
const modeOf = (fpcr: number, mode: number): number => (mode === ROUND_BY_FPCR ? roundingMode(fpcr) : mode);

/** FRINT: operands FPCR, value, rounding mode, whether an inexact result is raised. */
function integralRoundings<N extends string>(name: N): Record<`${N}${Width}`, SoftFloatFunction> {
  const entries = [half, single, double].map((fmt): [string, SoftFloatFunction] => [
    `${name}${fmt.bits}`,
    {
      parameters: ['i32', valueType(fmt), 'i32', 'i32'],
      result: valueType(fmt),
      run: (fpcr: number, a: number | bigint, mode: number, exact: number) =>
        toWasm(valueType(fmt), roundToIntegral(fmt, fpcr, fromWasm(fmt, a), modeOf(fpcr, mode), exact !== 0)),
    },
  ]);
  return Object.fromEntries(entries) as Record<`${N}${Width}`, SoftFloatFunction>;
}

/** FRINT32Z …: operands FPCR, value, width of the integer, rounding mode. */
function sizedRoundings<N extends string>(name: N): Record<`${N}${32 | 64}`, SoftFloatFunction> {
  const entries = [single, double].map((fmt): [string, SoftFloatFunction] => [
    `${name}${fmt.bits}`,
    {
      parameters: ['i32', valueType(fmt), 'i32', 'i32'],
      result: valueType(fmt),
      run: (fpcr: number, a: number | bigint, width: number, mode: number) =>
        toWasm(valueType(fmt), roundToSized(fmt, fpcr, fromWasm(fmt, a), width, modeOf(fpcr, mode))),
    },
  ]);
  return Object.fromEntries(entries) as Record<`${N}${32 | 64}`, SoftFloatFunction>;
}

/** FCVT*S/FCVT*U: `<name><format>To<width>`. Operands: FPCR, value, fraction bits, unsigned, rounding mode. */
function toIntegers<N extends string>(name: N): Record<`${N}${Width}To${Width}`, SoftFloatFunction> {
  const entries: [string, SoftFloatFunction][] = [];
  for (const fmt of [half, single, double])
    for (const width of [16, 32, 64] as const) {
      const result: ValueType = width === 64 ? 'i64' : 'i32';
      entries.push([
        `${name}${fmt.bits}To${width}`,
        {
          parameters: ['i32', valueType(fmt), 'i32', 'i32', 'i32'],
          result,
          run: (fpcr: number, a: number | bigint, fractionBits: number, unsigned: number, mode: number) =>
            toWasm(result, toFixed(fmt, fpcr, fromWasm(fmt, a), fractionBits, unsigned !== 0, width, modeOf(fpcr, mode))),
        },
      ]);
    }
  return Object.fromEntries(entries) as Record<`${N}${Width}To${Width}`, SoftFloatFunction>;
}

/** SCVTF/UCVTF: `<name><width>To<format>`. Operands: FPCR, integer, fraction bits, unsigned. */
function fromIntegers<N extends string>(name: N): Record<`${N}${Width}To${Width}`, SoftFloatFunction> {
  const entries: [string, SoftFloatFunction][] = [];
  for (const fmt of [half, single, double])
    for (const width of [16, 32, 64] as const)
      entries.push([
        `${name}${width}To${fmt.bits}`,
        {
          parameters: ['i32', width === 64 ? 'i64' : 'i32', 'i32', 'i32'],
          result: valueType(fmt),
          run: (fpcr: number, a: number | bigint, fractionBits: number, unsigned: number) => {
            const integer = unsigned ? BigInt.asUintN(width, BigInt(a)) : BigInt.asIntN(width, BigInt(a));
            return toWasm(valueType(fmt), fromFixed(fmt, fpcr, integer, fractionBits));
          },
        },
      ]);
  return Object.fromEntries(entries) as Record<`${N}${Width}To${Width}`, SoftFloatFunction>;
}

/** FCVT: `<name><from>To<to>`. Operands: FPCR, value, rounding mode. */
function conversions<N extends string>(name: N): Record<`${N}${Width}To${Width}`, SoftFloatFunction> {
  const entries: [string, SoftFloatFunction][] = [];
  for (const from of Object.values(formats))
    for (const to of Object.values(formats))
      if (from !== to)
        entries.push([
          `${name}${from.bits}To${to.bits}`,
          {
            parameters: ['i32', valueType(from), 'i32'],
            result: valueType(to),
            run: (fpcr: number, a: number | bigint, mode: number) =>
              toWasm(valueType(to), convert(from, to, fpcr, fromWasm(from, a), modeOf(fpcr, mode))),
          },
        ]);
  return Object.fromEntries(entries) as Record<`${N}${Width}To${Width}`, SoftFloatFunction>;
}

/**
 * Floating point of the Arm ARM's shared pseudocode, exact in every bit and flag. First operand FPCR (i32), then bit patterns (i32 for half and
 * single precision, i64 for double). Exception flags raised are collected until `takeFpExceptions`.
 */
export const softFloatFunctions = {
  /** FPSR exception flags raised since the last call (bits as in FPSR), then cleared. */
  takeFpExceptions: { parameters: [], result: 'i32', run: takeRaised },
  ...family('fpAdd', 2, add),
  ...family('fpSub', 2, subtract),
  ...family('fpMul', 2, multiply),
  ...family('fpMulX', 2, multiplyExtended),
  ...family('fpDiv', 2, divide),
  ...family('fpSqrt', 1, squareRoot),
  ...family('fpMulAdd', 3, multiplyAdd),
  ...family('fpRecipStep', 2, reciprocalStep),
  ...family('fpRSqrtStep', 2, reciprocalSquareRootStep),
  ...family('fpRecipEstimate', 1, reciprocal),
  ...family('fpRSqrtEstimate', 1, reciprocalSquareRoot),
  ...family('fpRecpX', 1, reciprocalExponent),
  ...family('fpMax', 2, maximum),
  ...family('fpMin', 2, minimum),
  ...family('fpMaxNum', 2, maximumNumber),
  ...family('fpMinNum', 2, minimumNumber),
  ...family('fpCompareEqual', 2, (fmt, fpcr, a, b) => compareMask(fmt, fpcr, 'eq', a, b)),
  ...family('fpCompareGreaterEqual', 2, (fmt, fpcr, a, b) => compareMask(fmt, fpcr, 'ge', a, b)),
  ...family('fpCompareGreater', 2, (fmt, fpcr, a, b) => compareMask(fmt, fpcr, 'gt', a, b)),
  ...family('fpAbsoluteGreaterEqual', 2, (fmt, fpcr, a, b) => compareAbsolute(fmt, fpcr, 'ge', a, b)),
  ...family('fpAbsoluteGreater', 2, (fmt, fpcr, a, b) => compareAbsolute(fmt, fpcr, 'gt', a, b)),
  ...comparisons('fpCompare', false),
  ...comparisons('fpCompareSignaling', true),
  ...integralRoundings('fpRoundInt'),
  ...sizedRoundings('fpRoundIntSized'),
  ...toIntegers('fpToInt'),
  ...fromIntegers('fpFromInt'),
  ...conversions('fpConvert'),
  /** FCVTZS of FEAT_JSCVT: low word the integer, bit 32 PSTATE.Z. */
  fpToInt32: {
    parameters: ['i32', 'i64'],
    result: 'i64',
    run: (fpcr: number, a: bigint) => toInt32(fpcr, BigInt.asUintN(64, a)),
  },
  /** A half precision factor of FMLAL and FMLSL as single precision. */
  fpWidenHalf: {
    parameters: ['i32', 'i32'],
    result: 'i32',
    run: (fpcr: number, a: number) => Number(BigInt.asIntN(32, widenHalf(fpcr, BigInt.asUintN(16, BigInt(a))))),
  },
  /** URECPE and URSQRTE of one 32-bit element. */
  unsignedRecipEstimate: { parameters: ['i32'], result: 'i32', run: (a: number) => unsignedReciprocalEstimate(a) | 0 },
  unsignedRSqrtEstimate: { parameters: ['i32'], result: 'i32', run: (a: number) => unsignedReciprocalSquareRootEstimate(a) | 0 },
} satisfies Record<string, SoftFloatFunction>;

export { rounding };
