import { type Format, infinity, zero } from './format.ts';
import { fpsrBits, raise } from './status.ts';
import { holdsNaN, processNaNs, type Unpacked, unpack } from './unpack.ts';

/** −1, 0, 1 of two numbers that are not NaN. */
function order(fmt: Format, x: Unpacked, y: Unpacked): number {
  const key = (u: Unpacked): bigint => {
    if (u.type === 'zero') return 0n;
    const magnitude = u.bits & ~fmt.signBit;
    return u.sign ? -magnitude : magnitude;
  };
  const a = key(x);
  const b = key(y);
  return a < b ? -1 : a > b ? 1 : 0;
}

/** FPCompare(): NZCV as a number, N is bit 3. @param signalQuiet FCMPE: a quiet NaN raises IOC too. */
export function compare(fmt: Format, fpcr: number, a: bigint, b: bigint, signalQuiet: boolean): number {
  const x = unpack(fmt, a, fpcr);
  const y = unpack(fmt, b, fpcr);
  if (holdsNaN(x) || holdsNaN(y)) {
    if (signalQuiet || x.type === 'signaling NaN' || y.type === 'signaling NaN') raise(fpsrBits.IOC);
    return 0b0011;
  }
  return [0b1000, 0b0110, 0b0010][order(fmt, x, y) + 1]!;
}

/** FPCompareEQ(), FPCompareGE(), FPCompareGT(): all ones or zero of the format's width. */
export function compareMask(fmt: Format, fpcr: number, relation: 'eq' | 'ge' | 'gt', a: bigint, b: bigint): bigint {
  const flags = compare(fmt, fpcr, a, b, relation !== 'eq');
  const holds = relation === 'eq' ? flags === 0b0110 : relation === 'ge' ? flags === 0b0110 || flags === 0b0010 : flags === 0b0010;
  return holds ? fmt.signBit * 2n - 1n : 0n;
}

/** FACGE, FACGT: compare of magnitudes. */
export const compareAbsolute = (fmt: Format, fpcr: number, relation: 'ge' | 'gt', a: bigint, b: bigint): bigint =>
  compareMask(fmt, fpcr, relation, a & ~fmt.signBit, b & ~fmt.signBit);

/** FPMax() (`direction` 1) and FPMin() (−1). */
function extreme(fmt: Format, fpcr: number, direction: number, a: bigint, b: bigint): bigint {
  const x = unpack(fmt, a, fpcr);
  const y = unpack(fmt, b, fpcr);
  const nan = processNaNs(fmt, fpcr, x, y);
  if (nan !== undefined) return nan;
  const compared = order(fmt, x, y) * direction;
  const chosen = compared > 0 ? x : y;
  if (chosen.type !== 'zero') return chosen.bits;
  // Two zeros: the maximum is negative only where both are, the minimum where either is. One zero chosen over a nonzero number keeps its own sign.
  if (compared !== 0) return zero(fmt, chosen.sign);
  return zero(fmt, direction > 0 ? x.sign & y.sign : x.sign | y.sign);
}

export const maximum = (fmt: Format, fpcr: number, a: bigint, b: bigint): bigint => extreme(fmt, fpcr, 1, a, b);
export const minimum = (fmt: Format, fpcr: number, a: bigint, b: bigint): bigint => extreme(fmt, fpcr, -1, a, b);

/** FPMaxNum(), FPMinNum(): a single quiet NaN loses against a number. */
function extremeNumber(fmt: Format, fpcr: number, direction: number, a: bigint, b: bigint): bigint {
  const quiet = (n: bigint) => (n & fmt.exponentMask) === fmt.exponentMask && (n & fmt.quietBit) !== 0n;
  const loser = infinity(fmt, direction > 0 ? 1 : 0);
  if (quiet(a) && !quiet(b)) return extreme(fmt, fpcr, direction, loser, b);
  if (quiet(b) && !quiet(a)) return extreme(fmt, fpcr, direction, a, loser);
  return extreme(fmt, fpcr, direction, a, b);
}

export const maximumNumber = (fmt: Format, fpcr: number, a: bigint, b: bigint): bigint => extremeNumber(fmt, fpcr, 1, a, b);
export const minimumNumber = (fmt: Format, fpcr: number, a: bigint, b: bigint): bigint => extremeNumber(fmt, fpcr, -1, a, b);
