import type { Builder, Operand, Value } from '../builder.ts';
import type { RuntimeFunctionName } from '../functions/index.ts';
import type { Shape } from '../syntax/simd.ts';
import { constantLanes, coverage, extract, lanes, replace, zeroVector } from './simd-lanes.ts';

/** Widths of floating-point values. */
export type FpWidth = 16 | 32 | 64;

type FamilyOf<N> = N extends `${infer F}64` ? (`${F}16` extends RuntimeFunctionName ? F : never) : never;
/** Operations that exist for each format: `fpAdd` of `fpAdd16`, `fpAdd32`, `fpAdd64`. */
export type FpFamily = FamilyOf<RuntimeFunctionName>;

/** Operations that WebAssembly's arithmetic equals where nothing special happens: rounding to nearest, numbers in, a normal number out. */
const native: Readonly<Partial<Record<FpFamily, string>>> = { fpAdd: 'add', fpSub: 'sub', fpMul: 'mul', fpDiv: 'div', fpSqrt: 'sqrt' };
/** Sums that come out below the normal range are exact, so they raise nothing: only infinities and NaNs need the exact function. */
const exactWhenTiny = (family: FpFamily): boolean => family === 'fpAdd' || family === 'fpSub';

const IXC = 0x10;

/**
 * i32: host arithmetic may be used: FPCR asks for nothing but rounding to nearest, and FPSR.IXC is already set, so that it need not be known whether
 * this result is exact.
 */
export function relaxed(b: Builder): Value {
  const inexactKnown = b.compare('ne', b.and(b.fpsr(), IXC), 0);
  return b.and(b.isZero(b.fpcr()), inexactKnown);
}

/** Exponent fields between which a result raises nothing but IXC: it is neither tiny nor an overflow, infinity or NaN. */
function plainRange(esize: 32 | 64, family: FpFamily): { first: bigint; mask: bigint; span: bigint } {
  const fraction = esize === 32 ? 23n : 52n;
  const top = esize === 32 ? 0xffn : 0x7ffn;
  const first = exactWhenTiny(family) ? 0n : 2n;
  return { first: first << fraction, mask: top << fraction, span: (top - first) << fraction };
}

/** i32: the bit pattern lies in the plain range. */
function isPlain(b: Builder, esize: 32 | 64, family: FpFamily, bits: Value): Value {
  const { first, mask, span } = plainRange(esize, family);
  const number = (n: bigint): Operand => (esize === 64 ? b.i64(n) : b.i32(Number(BigInt.asIntN(32, n))));
  return b.compare('lt_u', b.sub(b.and(bits, number(mask)), number(first)), number(span));
}

/** Result of an operation on scalars given and returned as bit patterns: i32 for 16 and 32 bits, i64 for 64. */
export function fpScalar(b: Builder, family: FpFamily, esize: FpWidth, ...operands: readonly Value[]): Value {
  const exact = () => b.fp(`${family}${esize}` as RuntimeFunctionName, ...operands);
  const name = native[family];
  if (esize === 16 || name === undefined) return exact();
  const floats = operands.map((o) => b.op(`f${esize}.reinterpret_i${esize}`, o));
  const result = b.op(`i${esize}.reinterpret_f${esize}`, b.op(`f${esize}.${name}`, ...floats));
  return b.choose(b.and(relaxed(b), isPlain(b, esize, family, result)), () => result, exact);
}

/** Result of an operation on the lanes of vectors. */
export function fpLanes(b: Builder, shape: Shape, family: FpFamily, ...operands: readonly Value[]): Value {
  const exact = () =>
    mapLanes(b, shape, operands, (elements) => b.fp(`${family}${shape.esize as FpWidth}` as RuntimeFunctionName, ...elements));
  const name = native[family];
  const { esize } = shape;
  if ((esize !== 32 && esize !== 64) || name === undefined) return exact();
  const result = b.op(`f${esize}x${128 / esize}.${name}`, ...operands);
  const { first, mask, span } = plainRange(esize, family);
  const exponent = lanes(b, shape, 'sub', b.op('v128.and', result, constantLanes(b, esize, mask)), constantLanes(b, esize, first));
  // The fields are below 2^63 (2^31), so that only an exponent below `first` is negative.
  const plain = b.op(
    'v128.and',
    lanes(b, shape, 'lt_s', exponent, constantLanes(b, esize, span)),
    lanes(b, shape, 'ge_s', exponent, zeroVector(b)),
  );
  const all = lanes(b, shape, 'all_true', shape.bytes === 16 ? plain : b.op('v128.or', plain, b.op('v128.not', coverage(b, shape))));
  return b.choose(b.and(relaxed(b), all), () => result, exact);
}

/** Applies a function of elements to each lane of the shape; other lanes are zero. */
export function mapLanes(
  b: Builder,
  shape: Shape,
  operands: readonly Value[],
  element: (elements: readonly Value[], lane: number) => Value,
): Value {
  let result = zeroVector(b);
  for (let lane = 0; lane < shape.count; lane++) {
    const elements = operands.map((o) => extract(b, shape.esize, o, lane));
    result = replace(b, shape.esize, result, lane, element(elements, lane));
  }
  return result;
}

/** FPNeg(), FPAbs(): the sign bit alone, of a NaN too. */
export const signBit = (b: Builder, esize: FpWidth): Value =>
  esize === 64 ? b.i64(-(1n << 63n)) : b.i32(esize === 32 ? -(2 ** 31) : 0x8000);
export const fpNegate = (b: Builder, esize: FpWidth, value: Value): Value => b.xor(value, signBit(b, esize));
export const fpAbsolute = (b: Builder, esize: FpWidth, value: Value): Value => b.and(value, b.not(signBit(b, esize)));

/** ftype of the scalar floating-point instructions. */
export const formatWidths: Readonly<Record<number, FpWidth>> = { 0: 32, 1: 64, 3: 16 };
