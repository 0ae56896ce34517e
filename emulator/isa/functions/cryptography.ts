import type { ValueType } from '../builder.ts';

/** Multiplication in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1, for building the AES tables. */
function multiply8(a: number, b: number): number {
  let result = 0;
  for (let x = a, y = b; y; y >>= 1, x = (x << 1) ^ (x & 0x80 ? 0x11b : 0)) if (y & 1) result ^= x;
  return result;
}

/** FIPS 197 S-box: multiplicative inverse, then the affine transformation. */
function substitute(n: number): number {
  let inverse = 0;
  if (n !== 0) for (inverse = 1; multiply8(n, inverse) !== 1; inverse++);
  let result = 0x63;
  for (let k = 0; k < 5; k++) result ^= ((inverse << k) | (inverse >> (8 - k))) & 0xff;
  return result;
}

let boxes: { readonly substitution: Uint8Array; readonly inverse: Uint8Array } | undefined;

/** The S-box and its inverse, made at first use: most guests never need them. */
function substitutionBoxes(): NonNullable<typeof boxes> {
  if (boxes === undefined) {
    const substitution = Uint8Array.from({ length: 256 }, (_, n) => substitute(n));
    const inverse = new Uint8Array(256);
    for (let n = 0; n < 256; n++) inverse[substitution[n]!] = n;
    boxes = { substitution, inverse };
  }
  return boxes;
}

/** Looks every byte of 64 bits up. */
function lookUp(table: Uint8Array, value: bigint): bigint {
  const bytes = BigInt.asUintN(64, value);
  let result = 0n;
  for (let at = 0n; at < 64n; at += 8n) result |= BigInt(table[Number((bytes >> at) & 0xffn)]!) << at;
  return result;
}

/** Carry-less product of two 64-bit polynomials, 128 bits. */
function carryless(a: bigint, b: bigint): bigint {
  const multiplicand = BigInt.asUintN(64, a);
  let multiplier = BigInt.asUintN(64, b);
  let result = 0n;
  for (let at = 0n; multiplier !== 0n; at++, multiplier >>= 1n) if (multiplier & 1n) result ^= multiplicand << at;
  return result;
}

interface Pure {
  readonly parameters: readonly ValueType[];
  readonly result: ValueType;
  readonly run: (...operands: bigint[]) => bigint;
}

export const cryptographyFunctions = {
  /** AESSubBytes(), AESInvSubBytes() of 8 bytes. */
  aesSubBytes: { parameters: ['i64'], result: 'i64', run: (a: bigint) => lookUp(substitutionBoxes().substitution, a) },
  aesInvSubBytes: { parameters: ['i64'], result: 'i64', run: (a: bigint) => lookUp(substitutionBoxes().inverse, a) },
  /** PolynomialMult() of 64 by 64 bits: the halves of the product. */
  polynomialMulLow: { parameters: ['i64', 'i64'], result: 'i64', run: (a: bigint, b: bigint) => BigInt.asUintN(64, carryless(a, b)) },
  polynomialMulHigh: { parameters: ['i64', 'i64'], result: 'i64', run: (a: bigint, b: bigint) => carryless(a, b) >> 64n },
} satisfies Record<string, Pure>;
