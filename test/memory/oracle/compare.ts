import { EXCEPTION } from './ours.ts';

const F = 1n;
const PTW = 1n << 8n;
const S = 1n << 9n;
const LEVEL = 3n << 1n;
const SH = 3n << 7n;

/**
 * A PAR_EL1 without the parts that QEMU 7.2 reports otherwise than the architecture: the level of a stage 2 fault on a stage 1 walk (QEMU: the level of the
 * stage 1 walk), and SH of Device and Non-cacheable memory (architecture: always Outer Shareable).
 */
export function comparable(par: bigint): bigint {
  if (par === EXCEPTION) return par;
  if ((par & F) !== 0n) return (par & (PTW | S)) === (PTW | S) ? par & ~LEVEL : par;
  const attributes = par >> 56n;
  return attributes >> 4n === 0n || attributes === 0x44n ? par & ~SH : par;
}

/** What a PAR_EL1 says, for counting how much of the ground the cases cover. */
export function outcome(par: bigint): string {
  if (par === EXCEPTION) return 'exception';
  if ((par & F) === 0n) return 'translates';
  return `FST ${((par >> 1n) & 63n).toString(2).padStart(6, '0')}${(par & S) !== 0n ? ' stage 2' : ''}${(par & PTW) !== 0n ? ' of a walk' : ''}`;
}
