import { constant, type Format, infinity, rounding, roundingMode, zero } from './format.ts';
import { bitLength, round } from './round.ts';
import { fpsrBits, raise } from './status.ts';
import { invalid, processNaNs, type Unpacked, unpack } from './unpack.ts';

/** FPRound() under FPCR. */
const rounded = (fmt: Format, fpcr: number, sign: number, significand: bigint, exponent: number): bigint =>
  round(fmt, roundingMode(fpcr), (fpcr & fmt.flushBit) !== 0, sign, significand, exponent);

/** Sign of an exact zero sum of operands of unlike signs. */
const zeroSum = (fmt: Format, fpcr: number): bigint => zero(fmt, roundingMode(fpcr) === rounding.towardNegative ? 1 : 0);

/** FPNeg(): flips the sign, of a NaN too. */
export const negate = (fmt: Format, a: bigint): bigint => a ^ fmt.signBit;

interface Exact {
  readonly sign: number;
  readonly significand: bigint;
  readonly exponent: number;
}

/** Exact sum of two finite numbers, rounded once. `halve` divides the sum by two before rounding. */
function sum(fmt: Format, fpcr: number, a: Exact, b: Exact, halve = 0): bigint {
  const signed = (x: Exact, exponent: number) => (x.sign ? -x.significand : x.significand) << BigInt(x.exponent - exponent);
  const exponent = a.significand === 0n ? b.exponent : b.significand === 0n ? a.exponent : Math.min(a.exponent, b.exponent);
  const total = (a.significand === 0n ? 0n : signed(a, exponent)) + (b.significand === 0n ? 0n : signed(b, exponent));
  if (total === 0n) return a.significand === 0n && a.sign === b.sign ? zero(fmt, a.sign) : zeroSum(fmt, fpcr);
  return rounded(fmt, fpcr, total < 0n ? 1 : 0, total < 0n ? -total : total, exponent - halve);
}

/** FPAdd(). */
export function add(fmt: Format, fpcr: number, a: bigint, b: bigint): bigint {
  const x = unpack(fmt, a, fpcr);
  const y = unpack(fmt, b, fpcr);
  const nan = processNaNs(fmt, fpcr, x, y);
  if (nan !== undefined) return nan;
  if (x.type === 'infinity') return y.type === 'infinity' && x.sign !== y.sign ? invalid(fmt) : infinity(fmt, x.sign);
  if (y.type === 'infinity') return infinity(fmt, y.sign);
  return sum(fmt, fpcr, x, y);
}

/** FPSub(). A NaN operand keeps its sign. */
export function subtract(fmt: Format, fpcr: number, a: bigint, b: bigint): bigint {
  const x = unpack(fmt, a, fpcr);
  const y = unpack(fmt, b, fpcr);
  const nan = processNaNs(fmt, fpcr, x, y);
  if (nan !== undefined) return nan;
  if (x.type === 'infinity') return y.type === 'infinity' && x.sign === y.sign ? invalid(fmt) : infinity(fmt, x.sign);
  if (y.type === 'infinity') return infinity(fmt, 1 - y.sign);
  return sum(fmt, fpcr, x, { ...y, sign: 1 - y.sign });
}

const product = (x: Unpacked, y: Unpacked): Exact => ({
  sign: x.sign ^ y.sign,
  significand: x.significand * y.significand,
  exponent: x.exponent + y.exponent,
});

const infinityTimesZero = (x: Unpacked, y: Unpacked): boolean =>
  (x.type === 'infinity' && y.type === 'zero') || (x.type === 'zero' && y.type === 'infinity');

function multiplication(fmt: Format, fpcr: number, a: bigint, b: bigint, ofInfinityAndZero: (sign: number) => bigint): bigint {
  const x = unpack(fmt, a, fpcr);
  const y = unpack(fmt, b, fpcr);
  const nan = processNaNs(fmt, fpcr, x, y);
  if (nan !== undefined) return nan;
  const sign = x.sign ^ y.sign;
  if (infinityTimesZero(x, y)) return ofInfinityAndZero(sign);
  if (x.type === 'infinity' || y.type === 'infinity') return infinity(fmt, sign);
  if (x.type === 'zero' || y.type === 'zero') return zero(fmt, sign);
  return rounded(fmt, fpcr, sign, x.significand * y.significand, x.exponent + y.exponent);
}

/** FPMul(). */
export const multiply = (fmt: Format, fpcr: number, a: bigint, b: bigint): bigint => multiplication(fmt, fpcr, a, b, () => invalid(fmt));

/** FPMulX(): infinity times zero is ±2.0. */
export const multiplyExtended = (fmt: Format, fpcr: number, a: bigint, b: bigint): bigint =>
  multiplication(fmt, fpcr, a, b, (sign) => constant(fmt, sign, 1, 0n));

/** FPDiv(). */
export function divide(fmt: Format, fpcr: number, a: bigint, b: bigint): bigint {
  const x = unpack(fmt, a, fpcr);
  const y = unpack(fmt, b, fpcr);
  const nan = processNaNs(fmt, fpcr, x, y);
  if (nan !== undefined) return nan;
  const sign = x.sign ^ y.sign;
  if (x.type === y.type && x.type !== 'nonzero') return invalid(fmt);
  if (x.type === 'infinity') return infinity(fmt, sign);
  if (y.type === 'zero') {
    raise(fpsrBits.DZC);
    return infinity(fmt, sign);
  }
  if (x.type === 'zero' || y.type === 'infinity') return zero(fmt, sign);
  // Enough quotient bits that the sticky bit lies below every rounding position.
  const extra = Math.max(0, fmt.fractionBits + 4 + bitLength(y.significand) - bitLength(x.significand));
  const dividend = x.significand << BigInt(extra);
  const quotient = dividend / y.significand;
  const sticky = quotient * y.significand === dividend ? 0n : 1n;
  return rounded(fmt, fpcr, sign, (quotient << 1n) | sticky, x.exponent - extra - y.exponent - 1);
}

/** Largest integer whose square is not above n. */
function integerSquareRoot(n: bigint): bigint {
  let root = 1n << BigInt((bitLength(n) + 1) >> 1);
  for (;;) {
    const next = (root + n / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** FPSqrt(). */
export function squareRoot(fmt: Format, fpcr: number, a: bigint): bigint {
  const x = unpack(fmt, a, fpcr);
  const nan = processNaNs(fmt, fpcr, x);
  if (nan !== undefined) return nan;
  if (x.type === 'zero') return zero(fmt, x.sign);
  if (x.sign) return invalid(fmt);
  if (x.type === 'infinity') return infinity(fmt, 0);
  let extra = Math.max(0, 2 * (fmt.fractionBits + 3) - bitLength(x.significand));
  if ((x.exponent - extra) & 1) extra += 1;
  const n = x.significand << BigInt(extra);
  const root = integerSquareRoot(n);
  const sticky = root * root === n ? 0n : 1n;
  return rounded(fmt, fpcr, 0, (root << 1n) | sticky, (x.exponent - extra) / 2 - 1);
}

/** FPMulAdd(): addend + a × b, rounded once. */
export function multiplyAdd(fmt: Format, fpcr: number, addend: bigint, a: bigint, b: bigint): bigint {
  const z = unpack(fmt, addend, fpcr);
  const x = unpack(fmt, a, fpcr);
  const y = unpack(fmt, b, fpcr);
  const bad = infinityTimesZero(x, y);
  const nan = processNaNs(fmt, fpcr, z, x, y);
  if (z.type === 'quiet NaN' && bad) return invalid(fmt);
  if (nan !== undefined) return nan;
  const sign = x.sign ^ y.sign;
  const infinite = x.type === 'infinity' || y.type === 'infinity';
  if (bad || (z.type === 'infinity' && infinite && z.sign !== sign)) return invalid(fmt);
  if (z.type === 'infinity') return infinity(fmt, z.sign);
  if (infinite) return infinity(fmt, sign);
  return sum(fmt, fpcr, z, product(x, y));
}

/** FRECPS and FRSQRTS: (constant − a × b) ÷ 2^halve, fused. */
function step(fmt: Format, fpcr: number, a: bigint, b: bigint, minuend: bigint, halve: number, ofInfinityAndZero: bigint): bigint {
  const x = unpack(fmt, negate(fmt, a), fpcr);
  const y = unpack(fmt, b, fpcr);
  const nan = processNaNs(fmt, fpcr, x, y);
  if (nan !== undefined) return nan;
  if (infinityTimesZero(x, y)) return ofInfinityAndZero;
  if (x.type === 'infinity' || y.type === 'infinity') return infinity(fmt, x.sign ^ y.sign);
  return sum(fmt, fpcr, { sign: 0, significand: minuend, exponent: 0 }, product(x, y), halve);
}

/** FPRecipStepFused(): 2 − a × b. */
export const reciprocalStep = (fmt: Format, fpcr: number, a: bigint, b: bigint): bigint =>
  step(fmt, fpcr, a, b, 2n, 0, constant(fmt, 0, 1, 0n));

/** FPRSqrtStepFused(): (3 − a × b) ÷ 2. */
export const reciprocalSquareRootStep = (fmt: Format, fpcr: number, a: bigint, b: bigint): bigint =>
  step(fmt, fpcr, a, b, 3n, 1, constant(fmt, 0, 0, fmt.quietBit));
