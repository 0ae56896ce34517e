import { defaultNaN, type Format, fpcrBits } from './format.ts';
import { fpsrBits, raise } from './status.ts';

/** FPType of the Arm ARM. */
export type FpType = 'zero' | 'nonzero' | 'infinity' | 'quiet NaN' | 'signaling NaN';

/** A number taken apart: for type nonzero its exact value is (−1)^sign × significand × 2^exponent. */
export interface Unpacked {
  readonly type: FpType;
  readonly sign: number;
  readonly significand: bigint;
  readonly exponent: number;
  readonly bits: bigint;
}

/**
 * FPUnpackBase(): flushes denormal inputs under FPCR.FZ (raising IDC) or FZ16 (silently).
 * @param alternative Half precision in Arm's alternative format (FPCR.AHP, conversions only): no infinities, no NaNs.
 */
export function unpackBase(fmt: Format, bits: bigint, fpcr: number, alternative: boolean): Unpacked {
  const sign = bits & fmt.signBit ? 1 : 0;
  const biased = Number((bits & fmt.exponentMask) >> BigInt(fmt.fractionBits));
  const fraction = bits & fmt.fractionMask;
  const at = (type: FpType, significand: bigint, exponent: number): Unpacked => ({ type, sign, significand, exponent, bits });
  if (biased === 0) {
    if (fraction === 0n) return at('zero', 0n, 0);
    if (fpcr & fmt.flushBit) {
      if (fmt.bits !== 16) raise(fpsrBits.IDC);
      return at('zero', 0n, 0);
    }
    return at('nonzero', fraction, fmt.minimumExponent - fmt.fractionBits);
  }
  if (biased === fmt.maximumBiased && !alternative) {
    if (fraction === 0n) return at('infinity', 0n, 0);
    return at(fraction & fmt.quietBit ? 'quiet NaN' : 'signaling NaN', 0n, 0);
  }
  return at('nonzero', fraction | (fmt.fractionMask + 1n), biased - 1 + fmt.minimumExponent - fmt.fractionBits);
}

/** FPUnpack(). */
export const unpack = (fmt: Format, bits: bigint, fpcr: number): Unpacked => unpackBase(fmt, bits, fpcr, false);

export const holdsNaN = (x: Unpacked): boolean => x.type === 'quiet NaN' || x.type === 'signaling NaN';

/** FPProcessNaN(): the quiet form of the operand, or the default NaN under FPCR.DN; a signaling one raises IOC. */
export function processNaN(fmt: Format, x: Unpacked, fpcr: number): bigint {
  if (x.type === 'signaling NaN') raise(fpsrBits.IOC);
  return fpcr & fpcrBits.DN ? defaultNaN(fmt) : x.bits | fmt.quietBit;
}

/** FPProcessNaNs(), FPProcessNaNs3(): the first signaling NaN, else the first quiet one; undefined when there is none. */
export function processNaNs(fmt: Format, fpcr: number, ...operands: readonly Unpacked[]): bigint | undefined {
  const chosen = operands.find((x) => x.type === 'signaling NaN') ?? operands.find((x) => x.type === 'quiet NaN');
  return chosen && processNaN(fmt, chosen, fpcr);
}

/** Default NaN and IOC: the result of an invalid operation. */
export function invalid(fmt: Format): bigint {
  raise(fpsrBits.IOC);
  return defaultNaN(fmt);
}
