import { type Format, infinity, maxNormal, rounding, zero } from './format.ts';
import { fpsrBits, raise } from './status.ts';

/** Number of significant bits of a positive bigint. */
export const bitLength = (n: bigint): number => {
  const hex = n.toString(16);
  return hex.length * 4 - Math.clz32(Number.parseInt(hex[0]!, 16)) + 28;
};

/** n × 2^−count, and what was lost: 0 nothing, 1 less than half, 2 exactly half, 3 more than half a unit in the last place. */
export function shiftRight(n: bigint, count: number): { quotient: bigint; lost: 0 | 1 | 2 | 3 } {
  if (count <= 0) return { quotient: n << BigInt(-count), lost: 0 };
  const quotient = n >> BigInt(count);
  const rest = n - (quotient << BigInt(count));
  if (rest === 0n) return { quotient, lost: 0 };
  const middle = 1n << BigInt(count - 1);
  return { quotient, lost: rest < middle ? 1 : rest === middle ? 2 : 3 };
}

/** Whether a truncated magnitude is to be incremented. Round to odd is not decided here. */
export function roundsUp(mode: number, sign: number, odd: boolean, lost: 0 | 1 | 2 | 3): boolean {
  switch (mode) {
    case rounding.tieEven:
      return lost === 3 || (lost === 2 && odd);
    case rounding.tieAway:
      return lost >= 2;
    case rounding.towardPositive:
      return lost !== 0 && sign === 0;
    case rounding.towardNegative:
      return lost !== 0 && sign === 1;
    default:
      return false;
  }
}

/**
 * FPRoundBase(): the nearest number of the format to (−1)^sign × significand × 2^exponent, significand > 0, raising OFC, UFC, IXC.
 * A value that is not exact is passed with its lowest bit set below the rounding position.
 * @param flush FPCR.FZ (FZ16 for half precision) applies: results below the normal range become zero.
 * @param alternative Arm's alternative half precision: the largest exponent is a number, overflow saturates and raises IOC.
 */
export function round(
  fmt: Format,
  mode: number,
  flush: boolean,
  sign: number,
  significand: bigint,
  exponent: number,
  alternative = false,
): bigint {
  const leading = exponent + bitLength(significand) - 1;
  if (flush && leading < fmt.minimumExponent) {
    raise(fpsrBits.UFC);
    return zero(fmt, sign);
  }
  const lowest = Math.max(leading, fmt.minimumExponent) - fmt.fractionBits;
  const { quotient, lost } = shiftRight(significand, lowest - exponent);
  if (leading < fmt.minimumExponent && lost !== 0) raise(fpsrBits.UFC);
  let mantissa = quotient;
  if (roundsUp(mode, sign, (quotient & 1n) === 1n, lost)) mantissa += 1n;
  else if (mode === rounding.toOdd && lost !== 0) mantissa |= 1n;
  // The implicit bit adds one to the exponent field, so a carry out of the fraction moves on to the next exponent by itself.
  const biased = Math.max(leading - fmt.minimumExponent, 0);
  const magnitude = (BigInt(biased) << BigInt(fmt.fractionBits)) + mantissa;
  if (alternative) {
    if (magnitude >= fmt.signBit) {
      raise(fpsrBits.IOC);
      return zero(fmt, sign) | (fmt.signBit - 1n);
    }
  } else if (magnitude >= fmt.exponentMask) {
    raise(fpsrBits.OFC | fpsrBits.IXC);
    const toInfinity =
      mode === rounding.tieEven ||
      mode === rounding.tieAway ||
      (mode === rounding.towardPositive && sign === 0) ||
      (mode === rounding.towardNegative && sign === 1);
    return toInfinity ? infinity(fmt, sign) : maxNormal(fmt, sign);
  }
  if (lost !== 0) raise(fpsrBits.IXC);
  return zero(fmt, sign) | magnitude;
}
