import type { Builder, Value } from '../builder.ts';
import type { RuntimeFunctionName } from '../functions/index.ts';
import type { Shape } from '../syntax/simd.ts';
import { defaultControl, type Native, relaxed, shortcuts } from './fp-native.ts';
import { constantLanes, coverage, extract, lanes, replace, zeroVector } from './simd-lanes.ts';

/** Widths of floating-point values. */
export type FpWidth = 16 | 32 | 64;

type FamilyOf<N> = N extends `${infer F}64` ? (`${F}16` extends RuntimeFunctionName ? F : never) : never;
/** Operations that exist for each format: `fpAdd` of `fpAdd16`, `fpAdd32`, `fpAdd64`. */
export type FpFamily = FamilyOf<RuntimeFunctionName>;

const isSize = (esize: number): esize is 32 | 64 => esize !== 16;

/** The shortcut where it is right, else the exact function. */
export const nativeOr = (b: Builder, native: Native | undefined, exact: () => Value): Value =>
  native ? b.choose(native.usable, () => native.result, exact) : exact();

/** Result of an operation on scalars given and returned as bit patterns: i32 for 16 and 32 bits, i64 for 64. */
export function fpScalar(b: Builder, family: FpFamily, esize: FpWidth, ...operands: readonly Value[]): Value {
  const shortcut = family in shortcuts ? shortcuts[family as keyof typeof shortcuts] : undefined;
  const native = isSize(esize) ? shortcut?.(b, esize, ...operands) : undefined;
  return nativeOr(b, native, () => b.fp(`${family}${esize}` as RuntimeFunctionName, ...operands));
}

/** Vector instructions of WebAssembly that equal operations where no NaN, no infinite result and no tiny result is involved. */
const vectorArithmetic: Readonly<Partial<Record<FpFamily, { readonly name: string; readonly first: 0 | 2 }>>> = {
  // Sums below the normal range are exact, so they raise nothing.
  fpAdd: { name: 'add', first: 0 },
  fpSub: { name: 'sub', first: 0 },
  fpMul: { name: 'mul', first: 2 },
  fpDiv: { name: 'div', first: 2 },
  fpSqrt: { name: 'sqrt', first: 2 },
};
/** Those that raise nothing whatever the numbers are. */
const vectorSelection: Readonly<Partial<Record<FpFamily, string>>> = {
  fpMax: 'max',
  fpMin: 'min',
  fpMaxNum: 'max',
  fpMinNum: 'min',
  fpCompareEqual: 'eq',
  fpCompareGreater: 'gt',
  fpCompareGreaterEqual: 'ge',
};

/** i32: the mask is all ones in every lane of the shape. */
const holdsEverywhere = (b: Builder, shape: Shape, mask: Value): Value =>
  lanes(b, shape, 'all_true', shape.bytes === 16 ? mask : b.op('v128.or', mask, b.op('v128.not', coverage(b, shape))));

/** Exponent fields of every lane from `first` up to below the one of infinities and NaNs. */
function exponentsFrom(b: Builder, shape: Shape, first: number, result: Value): Value {
  const fraction = shape.esize === 32 ? 23n : 52n;
  const top = shape.esize === 32 ? 0xffn : 0x7ffn;
  const constant = (n: bigint) => constantLanes(b, shape.esize, n << fraction);
  const fields = b.op('v128.and', result, constant(top));
  return b.op('v128.and', lanes(b, shape, 'lt_s', fields, constant(top)), lanes(b, shape, 'ge_s', fields, constant(BigInt(first))));
}

/** The shortcut of a whole vector. */
function vectorNative(b: Builder, shape: Shape, family: FpFamily, operands: readonly Value[]): Native | undefined {
  if (shape.esize !== 32 && shape.esize !== 64) return undefined;
  const op = (name: string, ...values: Value[]) => b.op(`f${shape.esize}x${128 / shape.esize}.${name}`, ...values);
  const selection = vectorSelection[family];
  if (selection) {
    const numbers = operands.map((o) => op('eq', o, o)).reduce((a, mask) => b.op('v128.and', a, mask));
    return { result: op(selection, ...operands), usable: b.and(defaultControl(b), holdsEverywhere(b, shape, numbers)) };
  }
  const arithmetic = vectorArithmetic[family];
  if (!arithmetic) return undefined;
  const result = op(arithmetic.name, ...operands);
  return { result, usable: b.and(relaxed(b), holdsEverywhere(b, shape, exponentsFrom(b, shape, arithmetic.first, result))) };
}

/** Result of an operation on the lanes of vectors. */
export function fpLanes(b: Builder, shape: Shape, family: FpFamily, ...operands: readonly Value[]): Value {
  return nativeOr(b, vectorNative(b, shape, family, operands), () =>
    mapLanes(b, shape, operands, (elements) => b.fp(`${family}${shape.esize as FpWidth}` as RuntimeFunctionName, ...elements)),
  );
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

/** d + n × m in each lane, rounded once; `negative`: with the sign of the product flipped, a NaN's too. */
export const fusedLanes =
  (negative: boolean) =>
  (b: Builder, shape: Shape, n: Value, m: Value, d: Value): Value =>
    mapLanes(b, shape, [d, n, m], ([addend, x, y]) => {
      const esize = shape.esize as FpWidth;
      return fpScalar(b, 'fpMulAdd', esize, addend!, negative ? fpNegate(b, esize, x!) : x!, y!);
    });
