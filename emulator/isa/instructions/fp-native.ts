import type { Builder, Operand, Value } from '../builder.ts';

/**
 * Where WebAssembly's own arithmetic gives the very bits and flags of the Arm ARM's: FPCR asks for nothing but rounding to nearest, no NaN is involved,
 * and the only flag that could be raised, IXC, is either set already or known not to be. Everything else is left to functions/softfloat.
 */
export interface Native {
  /** Bits of the result, i32 or i64. */
  readonly result: Value;
  /** i32: the result, and raising nothing, is right. */
  readonly usable: Value;
}

type Size = 32 | 64;

const IXC = 0x10;
const fractionBits = { 32: 23, 64: 52 } as const;
const maximumBiased = { 32: 0xff, 64: 0x7ff } as const;

/** i32: FPCR asks for nothing but the default behaviour. */
export const defaultControl = (b: Builder): Value => b.isZero(b.fpcr());
/** i32: FPSR.IXC is set, so that it need not be known whether this result is exact. */
const inexactKnown = (b: Builder): Value => b.compare('ne', b.and(b.fpsr(), IXC), 0);
/** i32: host arithmetic may round. */
export const relaxed = (b: Builder): Value => b.and(defaultControl(b), inexactKnown(b));
/** i32: may be used although it rounds, or because it does not. */
export const unlessInexact = (b: Builder, exact: Value): Value => b.and(defaultControl(b), b.or(inexactKnown(b), exact));

const number = (b: Builder, size: Size, n: bigint): Value =>
  size === 64 ? b.i64(BigInt.asIntN(64, n)) : b.i32(Number(BigInt.asIntN(32, n)));
export const asFloat = (b: Builder, size: Size, bits: Value): Value => b.op(`f${size}.reinterpret_i${size}`, bits);
export const asBits = (b: Builder, size: Size, float: Value): Value => b.op(`i${size}.reinterpret_f${size}`, float);
const f = (b: Builder, size: Size, name: string, ...operands: Value[]): Value => b.op(`f${size}.${name}`, ...operands);
const floatConstant = (b: Builder, size: Size, bits: bigint): Value => asFloat(b, size, number(b, size, bits));
const isNumber = (b: Builder, size: Size, float: Value): Value => f(b, size, 'eq', float, float);
const isZero = (b: Builder, bits: Value): Value => b.isZero(b.shl(bits, 1));

/** i32: the exponent field is at least `first` and below the one of infinities and NaNs. */
export function hasExponentFrom(b: Builder, size: Size, first: number, bits: Value, below: number = maximumBiased[size]): Value {
  const shift = BigInt(fractionBits[size]);
  const field = b.and(bits, number(b, size, BigInt(maximumBiased[size]) << shift));
  return b.compare('lt_u', b.sub(field, number(b, size, BigInt(first) << shift)), number(b, size, BigInt(below - first) << shift));
}
/** i32: neither tiny (before rounding or after) nor an overflow, infinity or NaN. */
const isPlain = (b: Builder, size: Size, bits: Value): Value => hasExponentFrom(b, size, 2, bits);

/** Rounding error of the sum s of x and y, itself a number of the format (Knuth's TwoSum). NaN where something overflowed. */
function sumError(b: Builder, size: Size, x: Value, y: Value, s: Value): Value {
  const v = f(b, size, 'sub', s, x);
  return f(b, size, 'add', f(b, size, 'sub', x, f(b, size, 'sub', s, v)), f(b, size, 'sub', y, v));
}

/** Trailing zeros of the significand: a number of the value's own type; too few for denormal numbers. */
function trailingZeros(b: Builder, size: Size, bits: Value): Value {
  return b.op(`i${size}.ctz`, b.or(bits, number(b, size, 1n << BigInt(fractionBits[size]))));
}

/** i32: the product of two numbers needs no more bits than the significand has. */
function productFits(b: Builder, size: Size, x: Value, y: Value): Value {
  return b.compare('ge_u', b.add(trailingZeros(b, size, x), trailingZeros(b, size, y)), number(b, size, BigInt(fractionBits[size] + 1)));
}

type Shortcut = (b: Builder, size: Size, ...bits: Value[]) => Native;

/** Sums below the normal range are exact, so they raise nothing: only infinities and NaNs are excluded. */
const sum =
  (name: 'add' | 'sub'): Shortcut =>
  (b, size, n, m) => {
    const x = asFloat(b, size, n!);
    const y = name === 'add' ? asFloat(b, size, m!) : f(b, size, 'neg', asFloat(b, size, m!));
    const s = f(b, size, 'add', x, y);
    const result = asBits(b, size, s);
    const error = sumError(b, size, x, y, s);
    const exact = f(b, size, 'eq', error, floatConstant(b, size, 0n));
    return { result, usable: b.and(hasExponentFrom(b, size, 0, result), unlessInexact(b, exact)) };
  };

const product: Shortcut = (b, size, n, m) => {
  const result = asBits(b, size, f(b, size, 'mul', asFloat(b, size, n!), asFloat(b, size, m!)));
  const ofZero = b.and(isZero(b, result), b.or(isZero(b, n!), isZero(b, m!)));
  const plain = b.and(isPlain(b, size, result), b.or(inexactKnown(b), productFits(b, size, n!, m!)));
  return { result, usable: b.and(defaultControl(b), b.or(ofZero, plain)) };
};

const quotient: Shortcut = (b, size, n, m) => {
  const y = asFloat(b, size, m!);
  const q = f(b, size, 'div', asFloat(b, size, n!), y);
  const result = asBits(b, size, q);
  const exact = b.and(productFits(b, size, result, m!), f(b, size, 'eq', f(b, size, 'mul', q, y), asFloat(b, size, n!)));
  const ofZero = b.and(isZero(b, result), isZero(b, n!));
  return { result, usable: b.and(defaultControl(b), b.or(ofZero, b.and(isPlain(b, size, result), b.or(inexactKnown(b), exact)))) };
};

const squareRoot: Shortcut = (b, size, n) => {
  const x = asFloat(b, size, n!);
  const root = f(b, size, 'sqrt', x);
  const result = asBits(b, size, root);
  const exact = b.and(productFits(b, size, result, result), f(b, size, 'eq', f(b, size, 'mul', root, root), x));
  return { result, usable: b.and(defaultControl(b), b.or(isZero(b, n!), b.and(isPlain(b, size, result), b.or(inexactKnown(b), exact)))) };
};

/** WebAssembly orders the zeros as FPMax() and FPMin() do; a NaN operand gives NaN. */
const extreme =
  (name: 'max' | 'min'): Shortcut =>
  (b, size, n, m) => {
    const chosen = f(b, size, name, asFloat(b, size, n!), asFloat(b, size, m!));
    return { result: asBits(b, size, chosen), usable: b.and(defaultControl(b), isNumber(b, size, chosen)) };
  };

const comparison =
  (name: 'eq' | 'gt' | 'ge', absolute = false): Shortcut =>
  (b, size, n, m) => {
    const [x, y] = [n!, m!].map((bits) => (absolute ? f(b, size, 'abs', asFloat(b, size, bits)) : asFloat(b, size, bits))) as [
      Value,
      Value,
    ];
    const mask = b.neg(f(b, size, name, x, y));
    const numbers = b.and(isNumber(b, size, x), isNumber(b, size, y));
    return { result: size === 64 ? b.extendS(mask) : mask, usable: b.and(defaultControl(b), numbers) };
  };

/** Single precision: the product is exact in double precision, and so is what the sum loses. */
function multiplyAddSingle(b: Builder, addend: Value, n: Value, m: Value): Native {
  const wide = (bits: Value) => b.op('f64.promote_f32', asFloat(b, 32, bits));
  const z = wide(addend);
  const p = f(b, 64, 'mul', wide(n), wide(m));
  const s = f(b, 64, 'add', p, z);
  const error = sumError(b, 64, p, z, s);
  const zero = floatConstant(b, 64, 0n);
  const sumExact = f(b, 64, 'eq', error, zero);
  const narrow = b.op('f32.demote_f64', s);
  const result = asBits(b, 32, narrow);
  // Rounding twice differs from rounding once only where the first result lies half-way between two single precision numbers, inexactly.
  const halfway = b.compare('eq', b.and(asBits(b, 64, s), b.i64(0x1fffffff)), b.i64(0x10000000));
  const safe = b.or(sumExact, b.isZero(halfway));
  const exact = b.and(sumExact, f(b, 64, 'eq', b.op('f64.promote_f32', narrow), s));
  return { result, usable: b.and(b.and(safe, isPlain(b, 32, result)), unlessInexact(b, exact)) };
}

/** High part of a number split in two halves of the significand (Veltkamp). */
function split(b: Builder, x: Value): { high: Value; low: Value } {
  const t = f(b, 64, 'mul', x, floatConstant(b, 64, 0x41a0000002000000n));
  const high = f(b, 64, 'sub', t, f(b, 64, 'sub', t, x));
  return { high, low: f(b, 64, 'sub', x, high) };
}

/** Double precision (Boldo and Melquiond): the exact product and sum as a few doubles, the small ones added rounding to odd, then rounded once. */
function multiplyAddDouble(b: Builder, addend: Value, n: Value, m: Value): Native {
  const add = (x: Value, y: Value) => f(b, 64, 'add', x, y);
  const mul = (x: Value, y: Value) => f(b, 64, 'mul', x, y);
  const [z, x, y] = [addend, n, m].map((bits) => asFloat(b, 64, bits)) as [Value, Value, Value];
  const product = mul(x, y);
  const [sx, sy] = [split(b, x), split(b, y)];
  const first = f(b, 64, 'sub', mul(sx.high, sy.high), product);
  const productLow = add(add(add(first, mul(sx.high, sy.low)), mul(sx.low, sy.high)), mul(sx.low, sy.low));
  const t = add(z, productLow);
  const tLow = sumError(b, 64, z, productLow, t);
  const v = add(product, t);
  const vLow = sumError(b, 64, product, t, v);
  const small = add(tLow, vLow);
  const lost = sumError(b, 64, tLow, vLow, small);
  const zero = floatConstant(b, 64, 0n);
  const nothingLost = f(b, 64, 'eq', lost, zero);
  // To odd: towards what was lost, where the last bit is even.
  const bits = asBits(b, 64, small);
  const sameSign = b.compare('ge_s', b.xor(bits, asBits(b, 64, lost)), b.i64(0));
  const stepped = b.add(bits, b.select(sameSign, b.i64(1), b.i64(-1)));
  const even = b.op('i64.eqz', b.and(bits, 1));
  const odd = asFloat(b, 64, b.select(b.and(even, b.isZero(nothingLost)), stepped, bits));
  const sumOf = add(v, odd);
  const result = asBits(b, 64, sumOf);
  const exact = b.and(nothingLost, f(b, 64, 'eq', sumError(b, 64, v, odd, sumOf), zero));
  // Far from the ends of the range nothing in between overflows or is tiny.
  const moderate = (operand: Value) => b.or(hasExponentFrom(b, 64, 723, operand, 1323), isZero(b, operand));
  const inRange = b.and(b.and(moderate(addend), moderate(n)), b.and(moderate(m), hasExponentFrom(b, 64, 600, result, 1500)));
  return { result, usable: b.and(inRange, unlessInexact(b, exact)) };
}

const multiplyAdd: Shortcut = (b, size, addend, n, m) => (size === 32 ? multiplyAddSingle : multiplyAddDouble)(b, addend!, n!, m!);

/** Operations with a shortcut, by the family of functions/softfloat that is exact everywhere. */
export const shortcuts = {
  fpAdd: sum('add'),
  fpSub: sum('sub'),
  fpMul: product,
  fpDiv: quotient,
  fpSqrt: squareRoot,
  fpMax: extreme('max'),
  fpMin: extreme('min'),
  fpMaxNum: extreme('max'),
  fpMinNum: extreme('min'),
  fpCompareEqual: comparison('eq'),
  fpCompareGreater: comparison('gt'),
  fpCompareGreaterEqual: comparison('ge'),
  fpAbsoluteGreater: comparison('gt', true),
  fpAbsoluteGreaterEqual: comparison('ge', true),
  fpMulAdd: multiplyAdd,
} as const satisfies Record<string, Shortcut>;

/** FPRoundInt() by the rounding instructions that WebAssembly has. */
const integralRoundings: Readonly<Record<number, string>> = { 0: 'nearest', 1: 'ceil', 2: 'floor', 3: 'trunc' };

/** Rounds to an integral number; undefined: there is no such rounding (ties away). `mode` as in functions/softfloat, 0 where FPCR says and is default. */
export function roundedNatively(b: Builder, size: Size, bits: Value, mode: number, raisesInexact: boolean): Native | undefined {
  const name = integralRoundings[mode];
  if (!name) return undefined;
  const x = asFloat(b, size, bits);
  const rounded = f(b, size, name, x);
  const result = asBits(b, size, rounded);
  const usable = raisesInexact
    ? b.and(isNumber(b, size, x), unlessInexact(b, f(b, size, 'eq', rounded, x)))
    : b.and(isNumber(b, size, x), defaultControl(b));
  return { result, usable };
}

/** Converts to an integer of `to` bits; undefined as for `roundedNatively`. */
export function integerNatively(b: Builder, size: Size, to: Size, bits: Value, unsigned: boolean, mode: number): Native | undefined {
  const name = integralRoundings[mode];
  if (!name) return undefined;
  const x = asFloat(b, size, bits);
  const rounded = f(b, size, name, x);
  const power = BigInt(to - 1 + (maximumBiased[size] >> 1)) << BigInt(fractionBits[size]);
  const limit = floatConstant(b, size, power);
  // Below 2^31 (2^63) in magnitude, and not negative where the result is unsigned, the conversion neither saturates nor is invalid.
  const inside = unsigned
    ? b.and(f(b, size, 'lt', rounded, limit), f(b, size, 'ge', rounded, floatConstant(b, size, 0n)))
    : f(b, size, 'lt', f(b, size, 'abs', rounded), limit);
  return {
    result: b.op(`i${to}.trunc_sat_f${size}_${unsigned ? 'u' : 's'}`, rounded),
    usable: b.and(inside, unlessInexact(b, f(b, size, 'eq', rounded, x))),
  };
}

/** Converts an integer of `from` bits. */
export function floatNatively(b: Builder, from: Size, size: Size, integer: Value, unsigned: boolean): Native {
  const result = asBits(b, size, b.op(`f${size}.convert_i${from}_${unsigned ? 'u' : 's'}`, integer));
  // A double holds every 32-bit integer.
  if (from === 32 && size === 64) return { result, usable: b.i32(1) };
  const span = 1n << BigInt(fractionBits[size] + 1);
  const operand: Operand = unsigned ? integer : b.add(integer, number(b, from, span));
  const fits = b.compare('le_u', operand, number(b, from, unsigned ? span : 2n * span));
  return { result, usable: b.or(fits, relaxed(b)) };
}

/** Converts between single and double precision. */
export function precisionNatively(b: Builder, from: Size, bits: Value): Native {
  if (from === 32) {
    // Every single precision number is a double: only NaNs and FPCR's flushing make a difference.
    const x = asFloat(b, 32, bits);
    return { result: asBits(b, 64, b.op('f64.promote_f32', x)), usable: b.and(isNumber(b, 32, x), defaultControl(b)) };
  }
  const x = asFloat(b, 64, bits);
  const narrow = b.op('f32.demote_f64', x);
  const result = asBits(b, 32, narrow);
  const exact = f(b, 64, 'eq', b.op('f64.promote_f32', narrow), x);
  const plain = b.or(isPlain(b, 32, result), isZero(b, bits));
  return { result, usable: b.and(plain, unlessInexact(b, exact)) };
}
