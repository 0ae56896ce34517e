import { defaultNaN, double, type Format, fpcrBits, half, infinity, roundingMode, single, zero } from './format.ts';
import { round, roundsUp, shiftRight } from './round.ts';
import { fpsrBits, raise } from './status.ts';
import { holdsNaN, processNaN, type Unpacked, unpack, unpackBase } from './unpack.ts';

/** FPConvertNaN(): sign, quiet bit and as much of the payload as fits, from the top. */
function convertNaN(from: Format, to: Format, x: Unpacked): bigint {
  const payload = x.bits & from.fractionMask;
  const shift = from.fractionBits - to.fractionBits;
  const moved = shift > 0 ? payload >> BigInt(shift) : payload << BigInt(-shift);
  return infinity(to, x.sign) | to.quietBit | moved;
}

/** FPConvert(): between formats; `mode` is the rounding mode (FCVTXN: to odd). Half precision is never flushed here. */
export function convert(from: Format, to: Format, fpcr: number, a: bigint, mode: number): bigint {
  const alternativeHalf = (fmt: Format) => fmt.bits === 16 && (fpcr & fpcrBits.AHP) !== 0;
  const x = unpackBase(from, a, fpcr & ~fpcrBits.FZ16, alternativeHalf(from));
  const alternative = alternativeHalf(to);
  if (holdsNaN(x)) {
    if (x.type === 'signaling NaN' || alternative) raise(fpsrBits.IOC);
    if (alternative) return zero(to, x.sign);
    return fpcr & fpcrBits.DN ? defaultNaN(to) : convertNaN(from, to, x);
  }
  if (x.type === 'infinity') {
    if (!alternative) return infinity(to, x.sign);
    raise(fpsrBits.IOC);
    return zero(to, x.sign) | (to.signBit - 1n);
  }
  if (x.type === 'zero') return zero(to, x.sign);
  const flush = to.bits !== 16 && (fpcr & fpcrBits.FZ) !== 0;
  return round(to, mode, flush, x.sign, x.significand, x.exponent, alternative);
}

/** Integer nearest to an unpacked finite value × 2^scale, as a magnitude. */
function toIntegral(x: Unpacked, scale: number, mode: number): { magnitude: bigint; inexact: boolean } {
  const { quotient, lost } = shiftRight(x.significand, -(x.exponent + scale));
  return { magnitude: roundsUp(mode, x.sign, (quotient & 1n) === 1n, lost) ? quotient + 1n : quotient, inexact: lost !== 0 };
}

/** FPRoundInt(): to an integral number of the same format. @param exact FRINTX: raises IXC when the value changes. */
export function roundToIntegral(fmt: Format, fpcr: number, a: bigint, mode: number, exact: boolean): bigint {
  const x = unpack(fmt, a, fpcr);
  if (holdsNaN(x)) return processNaN(fmt, x, fpcr);
  if (x.type === 'infinity') return infinity(fmt, x.sign);
  if (x.type === 'zero') return zero(fmt, x.sign);
  const { magnitude, inexact } = toIntegral(x, 0, mode);
  if (inexact && exact) raise(fpsrBits.IXC);
  return magnitude === 0n ? zero(fmt, x.sign) : round(fmt, mode, false, x.sign, magnitude, 0);
}

/** FPToFixed(): value × 2^fractionBits as an integer of `width` bits, saturating with IOC; result in the low `width` bits. */
export function toFixed(
  fmt: Format,
  fpcr: number,
  a: bigint,
  fractionBits: number,
  unsigned: boolean,
  width: number,
  mode: number,
): bigint {
  const x = unpack(fmt, a, fpcr);
  if (holdsNaN(x)) {
    raise(fpsrBits.IOC);
    return 0n;
  }
  if (x.type === 'zero') return 0n;
  const highest = (1n << BigInt(unsigned ? width : width - 1)) - 1n;
  const lowest = unsigned ? 0n : -highest - 1n;
  const saturated = () => {
    raise(fpsrBits.IOC);
    return BigInt.asUintN(width, x.sign ? lowest : highest);
  };
  if (x.type === 'infinity') return saturated();
  const { magnitude, inexact } = toIntegral(x, fractionBits, mode);
  const value = x.sign ? -magnitude : magnitude;
  if (value < lowest || value > highest) return saturated();
  if (inexact) raise(fpsrBits.IXC);
  return BigInt.asUintN(width, value);
}

/** FixedToFP(): an integer of any width × 2^−fractionBits. */
export function fromFixed(fmt: Format, fpcr: number, value: bigint, fractionBits: number): bigint {
  if (value === 0n) return 0n;
  const sign = value < 0n ? 1 : 0;
  return round(fmt, roundingMode(fpcr), (fpcr & fmt.flushBit) !== 0, sign, sign ? -value : value, -fractionBits);
}

/** FPToFixedJS(): ECMAScript's ToInt32 of a double. Bit 32 is PSTATE.Z: the conversion was exact. */
export function toInt32(fpcr: number, a: bigint): bigint {
  const x = unpack(double, a, fpcr);
  if (holdsNaN(x) || x.type === 'infinity') {
    raise(fpsrBits.IOC);
    return 0n;
  }
  if (x.type === 'zero') return x.sign ? 0n : 1n << 32n;
  const { quotient, lost } = shiftRight(x.significand, -x.exponent);
  const value = x.sign ? -quotient : quotient;
  const fits = BigInt.asIntN(32, value) === value;
  if (!fits) raise(fpsrBits.IOC);
  else if (lost !== 0) raise(fpsrBits.IXC);
  return BigInt.asUintN(32, value) | (fits && lost === 0 ? 1n << 32n : 0n);
}

/** FPRoundIntN(): to an integral number that fits a signed integer of `width` bits; what does not becomes the lowest of them, with IOC. */
export function roundToSized(fmt: Format, fpcr: number, a: bigint, width: number, mode: number): bigint {
  const x = unpack(fmt, a, fpcr);
  const lowest = zero(fmt, 1) | (BigInt(width - fmt.minimumExponent) << BigInt(fmt.fractionBits));
  const outside = () => {
    raise(fpsrBits.IOC);
    return lowest;
  };
  if (holdsNaN(x) || x.type === 'infinity') return outside();
  if (x.type === 'zero') return zero(fmt, x.sign);
  const { magnitude, inexact } = toIntegral(x, 0, mode);
  const limit = 1n << BigInt(width - 1);
  if (magnitude > limit || (magnitude === limit && x.sign === 0)) return outside();
  if (inexact) raise(fpsrBits.IXC);
  return magnitude === 0n ? zero(fmt, x.sign) : round(fmt, mode, false, x.sign, magnitude, 0);
}

/** A half precision operand of FPMulAddH() as single precision: exact, NaNs (signaling ones too) keep what they carry. */
export function widenHalf(fpcr: number, a: bigint): bigint {
  const x = unpack(half, a, fpcr);
  if (holdsNaN(x)) return infinity(single, x.sign) | ((a & half.fractionMask) << BigInt(single.fractionBits - half.fractionBits));
  return convert(half, single, fpcr & ~fpcrBits.AHP, x.type === 'zero' ? zero(half, x.sign) : a, 0);
}
