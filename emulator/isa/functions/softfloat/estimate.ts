import { type Format, infinity, maxNormal, rounding, roundingMode, zero } from './format.ts';
import { fpsrBits, raise } from './status.ts';
import { holdsNaN, invalid, processNaN, unpack } from './unpack.ts';

/** RecipEstimate(): a in 256…511 stands for 0.5…1.0 in 1/512; result 256…511. */
export function reciprocalEstimate(a: number): number {
  return (Math.trunc(2 ** 19 / (a * 2 + 1)) + 1) >> 1;
}

/** RecipSqrtEstimate(): a in 128…511 stands for 0.25…1.0; result 256…511. */
export function reciprocalSquareRootEstimate(a: number): number {
  const scaled = a < 256 ? a * 2 + 1 : ((a >> 1) * 2 + 1) * 2;
  let b = 512;
  while (scaled * (b + 1) * (b + 1) < 2 ** 28) b += 1;
  return (b + 1) >> 1;
}

/** Exponent and fraction fields, the fraction widened to the 52 bits that the estimate functions are written for. */
const fieldsOf = (fmt: Format, a: bigint): { exponent: number; fraction: bigint } => ({
  exponent: Number((a & fmt.exponentMask) >> BigInt(fmt.fractionBits)),
  fraction: (a & fmt.fractionMask) << BigInt(52 - fmt.fractionBits),
});

const assemble = (fmt: Format, sign: number, exponent: number, fraction: bigint): bigint =>
  zero(fmt, sign) | (BigInt(exponent) << BigInt(fmt.fractionBits)) | (fraction >> BigInt(52 - fmt.fractionBits));

const fraction52 = (1n << 52n) - 1n;

/** FPRecipEstimate(). */
export function reciprocal(fmt: Format, fpcr: number, a: bigint): bigint {
  const x = unpack(fmt, a, fpcr);
  if (holdsNaN(x)) return processNaN(fmt, x, fpcr);
  if (x.type === 'infinity') return zero(fmt, x.sign);
  if (x.type === 'zero') {
    raise(fpsrBits.DZC);
    return infinity(fmt, x.sign);
  }
  let { exponent, fraction } = fieldsOf(fmt, a);
  // Below a quarter of the smallest normal number the result is beyond the range.
  if (exponent === 0 && fraction >> 50n === 0n) {
    raise(fpsrBits.OFC | fpsrBits.IXC);
    const mode = roundingMode(fpcr);
    const toInfinity = mode === rounding.tieEven || mode === (x.sign ? rounding.towardNegative : rounding.towardPositive);
    return toInfinity ? infinity(fmt, x.sign) : maxNormal(fmt, x.sign);
  }
  if (fpcr & fmt.flushBit && exponent >= fmt.maximumBiased - 2) {
    raise(fpsrBits.UFC);
    return zero(fmt, x.sign);
  }
  if (exponent === 0) {
    if (fraction >> 51n === 0n) {
      exponent = -1;
      fraction = (fraction << 2n) & fraction52;
    } else {
      fraction = (fraction << 1n) & fraction52;
    }
  }
  const estimate = reciprocalEstimate(256 + Number(fraction >> 44n));
  let resultExponent = fmt.maximumBiased - 2 - exponent;
  let result = BigInt(estimate & 0xff) << 44n;
  if (resultExponent === 0) {
    result = (1n << 51n) | (result >> 1n);
  } else if (resultExponent === -1) {
    result = (1n << 50n) | (result >> 2n);
    resultExponent = 0;
  }
  return assemble(fmt, x.sign, resultExponent, result);
}

/** FPRSqrtEstimate(). */
export function reciprocalSquareRoot(fmt: Format, fpcr: number, a: bigint): bigint {
  const x = unpack(fmt, a, fpcr);
  if (holdsNaN(x)) return processNaN(fmt, x, fpcr);
  if (x.type === 'zero') {
    raise(fpsrBits.DZC);
    return infinity(fmt, x.sign);
  }
  if (x.sign) return invalid(fmt);
  if (x.type === 'infinity') return zero(fmt, 0);
  let { exponent, fraction } = fieldsOf(fmt, a);
  if (exponent === 0) {
    while (fraction >> 51n === 0n) {
      fraction <<= 1n;
      exponent -= 1;
    }
    fraction = (fraction << 1n) & fraction52;
  }
  const scaled = exponent & 1 ? 128 + Number(fraction >> 45n) : 256 + Number(fraction >> 44n);
  const numerator = 3 * (fmt.maximumBiased >> 1) - 1;
  const estimate = reciprocalSquareRootEstimate(scaled);
  return assemble(fmt, 0, (numerator - exponent) >> 1, BigInt(estimate & 0xff) << 44n);
}

/** FPRecpX(): the exponent's complement, a rough scale factor. */
export function reciprocalExponent(fmt: Format, fpcr: number, a: bigint): bigint {
  const x = unpack(fmt, a, fpcr);
  if (holdsNaN(x)) return processNaN(fmt, x, fpcr);
  const { exponent } = fieldsOf(fmt, a);
  const flipped = exponent === 0 ? fmt.maximumBiased - 1 : fmt.maximumBiased ^ exponent;
  return zero(fmt, x.sign) | (BigInt(flipped) << BigInt(fmt.fractionBits));
}

/** UnsignedRecipEstimate() of a 32-bit fixed-point number, as an unsigned number. */
export const unsignedReciprocalEstimate = (a: number): number => (a >>> 31 === 0 ? 0xffffffff : reciprocalEstimate(a >>> 23) * 2 ** 23);

/** UnsignedRSqrtEstimate() of a 32-bit fixed-point number, as an unsigned number. */
export const unsignedReciprocalSquareRootEstimate = (a: number): number =>
  a >>> 30 === 0 ? 0xffffffff : reciprocalSquareRootEstimate(a >>> 23) * 2 ** 23;
