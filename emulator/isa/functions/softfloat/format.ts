/** An IEEE 754 binary interchange format. All values are bit patterns held in non-negative bigints. */
export interface Format {
  readonly bits: 16 | 32 | 64;
  readonly exponentBits: number;
  readonly fractionBits: number;
  /** Exponent of the smallest normal number. */
  readonly minimumExponent: number;
  /** All ones in the exponent field. */
  readonly maximumBiased: number;
  readonly signBit: bigint;
  readonly exponentMask: bigint;
  readonly fractionMask: bigint;
  readonly quietBit: bigint;
  /** The FPCR bit that flushes denormal numbers of this format to zero. */
  readonly flushBit: number;
}

/** FPCR control bits (Arm ARM, FPCR). */
export const fpcrBits = { FZ16: 1 << 19, RMode: 3 << 22, FZ: 1 << 24, DN: 1 << 25, AHP: 1 << 26 } as const;

function format(bits: 16 | 32 | 64, exponentBits: number): Format {
  const fractionBits = bits - 1 - exponentBits;
  const maximumBiased = 2 ** exponentBits - 1;
  return {
    bits,
    exponentBits,
    fractionBits,
    minimumExponent: 2 - 2 ** (exponentBits - 1),
    maximumBiased,
    signBit: 1n << BigInt(bits - 1),
    exponentMask: BigInt(maximumBiased) << BigInt(fractionBits),
    fractionMask: (1n << BigInt(fractionBits)) - 1n,
    quietBit: 1n << BigInt(fractionBits - 1),
    flushBit: bits === 16 ? fpcrBits.FZ16 : fpcrBits.FZ,
  };
}

export const half = format(16, 5);
export const single = format(32, 8);
export const double = format(64, 11);
export const formats = { 16: half, 32: single, 64: double } as const;

/** FPZero(), FPInfinity(), FPMaxNormal(), FPDefaultNaN() of the Arm ARM. */
export const zero = (fmt: Format, sign: number): bigint => (sign ? fmt.signBit : 0n);
export const infinity = (fmt: Format, sign: number): bigint => zero(fmt, sign) | fmt.exponentMask;
export const maxNormal = (fmt: Format, sign: number): bigint => infinity(fmt, sign) - 1n;
export const defaultNaN = (fmt: Format): bigint => fmt.exponentMask | fmt.quietBit;

/** ±`significand` × 2^(−fractionBits) × 2^`exponent`: for the small constants of the step instructions. */
export const constant = (fmt: Format, sign: number, exponent: number, fraction: bigint): bigint =>
  zero(fmt, sign) | (BigInt(exponent - fmt.minimumExponent + 1) << BigInt(fmt.fractionBits)) | fraction;

/** Rounding modes: FPCR.RMode's encoding, then those only instructions can ask for. */
export const rounding = { tieEven: 0, towardPositive: 1, towardNegative: 2, towardZero: 3, tieAway: 4, toOdd: 5 } as const;

/** FPRoundingMode(FPCR). */
export const roundingMode = (fpcr: number): number => (fpcr >>> 22) & 3;
