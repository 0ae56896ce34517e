/**
 * Bitmask immediates of the logical instructions: a run of ones, rotated, replicated through the register (Arm ARM, DecodeBitMasks).
 */

const ones = (count: number): bigint => (1n << BigInt(count)) - 1n;

/** Repeats the low `size` bits of `element` through 64 bits. */
function replicate(element: bigint, size: number): bigint {
  let value = element;
  for (let width = size; width < 64; width *= 2) value |= value << BigInt(width);
  return value;
}

/** Size of the element that is replicated; 0 where the encoding is reserved. */
function elementSize(sf: number, N: number, imms: number): number {
  if (sf === 0 && N === 1) return 0;
  const length = 31 - Math.clz32((N << 6) | (~imms & 0x3f));
  if (length < 1) return 0;
  const size = 1 << length;
  return (imms & (size - 1)) === size - 1 ? 0 : size;
}

/** Whether N:immr:imms stands for a value in a register of 32 (sf = 0) or 64 bits: it is not reserved. */
export const isBitmask = (sf: number, N: number, imms: number): boolean => elementSize(sf, N, imms) !== 0;

/** Values by sf:N:immr:imms: programs use few of them often. */
const known: (bigint | undefined)[] = [];

/** The value that N:immr:imms stands for, unsigned; undefined where the encoding is reserved. */
export function decodeBitmask(sf: number, N: number, immr: number, imms: number): bigint | undefined {
  const size = elementSize(sf, N, imms);
  if (size === 0) return undefined;
  const at = (sf << 13) | (N << 12) | (immr << 6) | imms;
  known[at] ??= bitmask(sf, size, immr & (size - 1), (imms & (size - 1)) + 1);
  return known[at];
}

/** `run` ones in an element of `size` bits, rotated right, all over the register. */
function bitmask(sf: number, size: number, rotate: number, run: number): bigint {
  const element = ones(run);
  const rotated = ((element >> BigInt(rotate)) | (element << BigInt(size - rotate))) & ones(size);
  return replicate(rotated, size) & ones(sf ? 64 : 32);
}

/** N, immr and imms of a value, as an assembler chooses them; undefined where the value (taken modulo the register's width) is no bitmask. */
export function encodeBitmask(sf: number, value: bigint): { N: number; immr: number; imms: number } | undefined {
  const width = sf ? 64 : 32;
  if (value < -(1n << BigInt(width - 1)) || value > ones(width)) return undefined;
  const wanted = value & ones(width);
  const whole = sf ? wanted : wanted | (wanted << 32n);
  let size = 64;
  while (size > 2 && replicate(whole & ones(size / 2), size / 2) === whole) size /= 2;
  const element = whole & ones(size);
  const run = [...element.toString(2)].filter((bit) => bit === '1').length;
  if (run === 0 || run === size) return undefined;
  const imms = (~(size * 2 - 1) & 0x3f) | (run - 1);
  for (let immr = 0; immr < size; immr++) {
    const N = size === 64 ? 1 : 0;
    if (decodeBitmask(sf, N, immr, imms) === wanted) return { N, immr, imms };
  }
  return undefined;
}

/** True where a MOVZ or MOVN gives the same value as this bitmask, which then is the preferred spelling of MOV (Arm ARM, MoveWidePreferred). */
export function moveWidePreferred(sf: number, value: bigint): boolean {
  const width = sf ? 64 : 32;
  const mask = ones(width);
  for (const candidate of [value & mask, ~value & mask]) {
    for (let shift = 0; shift < width; shift += 16) if ((candidate & ~(0xffffn << BigInt(shift))) === 0n) return true;
  }
  return false;
}
