import type { Builder, Value } from '../builder.ts';
import type { saturatingFunctions } from '../functions/saturating.ts';
import type { Shape } from '../syntax/simd.ts';
import { byHalves, constantLanes, lanes, onesVector, zeroVector } from './simd-lanes.ts';

/** A result of vectors, lane by lane; `d` is the destination's old value, for those that accumulate. Lanes beyond the shape may hold anything. */
export type Lanewise = (b: Builder, shape: Shape, n: Value, m: Value, d: Value) => Value;

/** One WebAssembly instruction. */
const direct =
  (name: string): Lanewise =>
  (b, shape, n, m) =>
    lanes(b, shape, name, n, m);

/** Flips the sign bits of 64-bit lanes: turns unsigned order into signed order. */
const flip = (b: Builder, shape: Shape, v: Value): Value =>
  b.op('v128.xor', v, constantLanes(b, shape.esize, 1n << BigInt(shape.esize - 1)));

/** Unsigned comparison; WebAssembly lacks the 64-bit one. */
const unsignedCompare =
  (relation: 'gt' | 'ge'): Lanewise =>
  (b, shape, n, m) =>
    shape.esize === 64 ? lanes(b, shape, `${relation}_s`, flip(b, shape, n), flip(b, shape, m)) : lanes(b, shape, `${relation}_u`, n, m);

/** WebAssembly has no product of bytes: even and odd bytes apart. */
const multiply: Lanewise = (b, shape, n, m) => {
  if (shape.esize !== 8) return lanes(b, shape, 'mul', n, m);
  const even = b.op('v128.and', b.op('i16x8.mul', n, m), constantLanes(b, 16, 0xffn));
  const odd = b.op('i16x8.shl', b.op('i16x8.mul', b.op('i16x8.shr_u', n, 8), b.op('i16x8.shr_u', m, 8)), 8);
  return b.op('v128.or', even, odd);
};

/** Carry-less product of bytes, low 8 bits. */
const polynomialMultiply: Lanewise = (b, _shape, n, m) => {
  let result = zeroVector(b);
  for (let bit = 0; bit < 8; bit++) {
    const chosen = b.op('i8x16.shr_s', b.op('i8x16.shl', m, 7 - bit), 7);
    result = b.op('v128.xor', result, b.op('v128.and', b.op('i8x16.shl', n, bit), chosen));
  }
  return result;
};

/**
 * SSHL, USHL: each lane by the signed low byte of the other's lane, in steps of powers of two.
 */
const shiftByRegister =
  (signed: boolean): Lanewise =>
  (b, shape, n, m) => {
    const { esize } = shape;
    // The amount, sign-extended over the lane, and its magnitude.
    const amount = esize === 8 ? m : lanes(b, shape, 'shr_s', lanes(b, shape, 'shl', m, esize - 8), esize - 8);
    const back = lanes(b, shape, 'neg', amount);
    const stepped = (count: Value, shift: string): Value => {
      let value = n;
      for (let step = 1; step < esize; step *= 2) {
        const wanted = lanes(b, shape, 'ne', b.op('v128.and', count, constantLanes(b, esize, BigInt(step))), zeroVector(b));
        value = b.op('v128.bitselect', lanes(b, shape, shift, value, step), value, wanted);
      }
      return value;
    };
    const whole = constantLanes(b, esize, BigInt(esize - 1));
    const beyondLeft = lanes(b, shape, 'gt_s', amount, whole);
    const left = b.op('v128.andnot', stepped(amount, 'shl'), beyondLeft);
    // −128 negated stays negative in bytes: any negative amount at or below −esize shifts everything out.
    const beyondRight = lanes(b, shape, 'lt_s', amount, constantLanes(b, esize, BigInt(1 - esize)));
    const gone = signed ? lanes(b, shape, 'shr_s', n, esize - 1) : zeroVector(b);
    const right = b.op('v128.bitselect', gone, stepped(back, signed ? 'shr_s' : 'shr_u'), beyondRight);
    return b.op('v128.bitselect', right, left, lanes(b, shape, 'lt_s', amount, zeroVector(b)));
  };

/** A function of functions/saturating.ts over the register; its operands in the order of `pick`. */
export const byFunction =
  (name: keyof typeof saturatingFunctions, pick: (n: Value, m: Value, d: Value) => readonly Value[] = (n, m) => [n, m]): Lanewise =>
  (b, shape, n, m, d) =>
    byHalves(b, shape, pick(n, m, d), (halves) => b.fp(name, ...halves, shape.esize));

const shiftRightBy1 = (signed: boolean) => (signed ? 'shr_s' : 'shr_u');

/** (n + m) >> 1 without losing the carry. */
const halvingAdd =
  (signed: boolean): Lanewise =>
  (b, shape, n, m) =>
    lanes(b, shape, 'add', b.op('v128.and', n, m), lanes(b, shape, shiftRightBy1(signed), b.op('v128.xor', n, m), 1));

/** (n + m + 1) >> 1. */
const roundingHalvingAdd =
  (signed: boolean): Lanewise =>
  (b, shape, n, m) =>
    lanes(b, shape, 'sub', b.op('v128.or', n, m), lanes(b, shape, shiftRightBy1(signed), b.op('v128.xor', n, m), 1));

/** (n − m) >> 1: the halves' difference, less one where only the subtrahend's lowest bit is lost. */
const halvingSubtract =
  (signed: boolean): Lanewise =>
  (b, shape, n, m) => {
    const shift = shiftRightBy1(signed);
    const difference = lanes(b, shape, 'sub', lanes(b, shape, shift, n, 1), lanes(b, shape, shift, m, 1));
    const borrow = b.op('v128.and', b.op('v128.andnot', m, n), constantLanes(b, shape.esize, 1n));
    return lanes(b, shape, 'sub', difference, borrow);
  };

const absoluteDifference =
  (sign: 's' | 'u'): Lanewise =>
  (b, shape, n, m) =>
    lanes(b, shape, 'sub', lanes(b, shape, `max_${sign}`, n, m), lanes(b, shape, `min_${sign}`, n, m));

const accumulate =
  (operation: 'add' | 'sub', of: Lanewise): Lanewise =>
  (b, shape, n, m, d) =>
    lanes(b, shape, operation, d, of(b, shape, n, m, d));

/** Integer operations on lanes, by the name of the instruction. */
export const lanewise = {
  add: direct('add'),
  sub: direct('sub'),
  mul: multiply,
  mla: accumulate('add', multiply),
  mls: accumulate('sub', multiply),
  pmul: polynomialMultiply,
  cmeq: direct('eq'),
  cmgt: direct('gt_s'),
  cmge: direct('ge_s'),
  cmhi: unsignedCompare('gt'),
  cmhs: unsignedCompare('ge'),
  cmtst: (b, shape, n, m) => lanes(b, shape, 'ne', b.op('v128.and', n, m), zeroVector(b)),
  smax: direct('max_s'),
  smin: direct('min_s'),
  umax: direct('max_u'),
  umin: direct('min_u'),
  sabd: absoluteDifference('s'),
  uabd: absoluteDifference('u'),
  saba: accumulate('add', absoluteDifference('s')),
  uaba: accumulate('add', absoluteDifference('u')),
  shadd: halvingAdd(true),
  uhadd: halvingAdd(false),
  srhadd: roundingHalvingAdd(true),
  urhadd: roundingHalvingAdd(false),
  shsub: halvingSubtract(true),
  uhsub: halvingSubtract(false),
  sshl: shiftByRegister(true),
  ushl: shiftByRegister(false),
  sqadd: byFunction('sqadd'),
  uqadd: byFunction('uqadd'),
  sqsub: byFunction('sqsub'),
  uqsub: byFunction('uqsub'),
  sqshl: byFunction('sqshl'),
  uqshl: byFunction('uqshl'),
  srshl: byFunction('srshl'),
  urshl: byFunction('urshl'),
  sqrshl: byFunction('sqrshl'),
  uqrshl: byFunction('uqrshl'),
  sqdmulh: byFunction('sqdmulh'),
  sqrdmulh: byFunction('sqrdmulh'),
  sqrdmlah: byFunction('sqrdmlah', (n, m, d) => [d, n, m]),
  sqrdmlsh: byFunction('sqrdmlsh', (n, m, d) => [d, n, m]),
  and: (b, _shape, n, m) => b.op('v128.and', n, m),
  bic: (b, _shape, n, m) => b.op('v128.andnot', n, m),
  orr: (b, _shape, n, m) => b.op('v128.or', n, m),
  orn: (b, _shape, n, m) => b.op('v128.or', n, b.op('v128.not', m)),
  eor: (b, _shape, n, m) => b.op('v128.xor', n, m),
  /** Destination selects: bits of n where it is set, of m elsewhere. */
  bsl: (b, _shape, n, m, d) => b.op('v128.bitselect', n, m, d),
  bit: (b, _shape, n, m, d) => b.op('v128.bitselect', n, d, m),
  bif: (b, _shape, n, m, d) => b.op('v128.bitselect', d, n, m),
} as const satisfies Record<string, Lanewise>;

/** Operations of one source, by the name of the instruction. */
export type LanewiseUnary = (b: Builder, shape: Shape, n: Value) => Value;

const countLeadingZeros: LanewiseUnary = (b, shape, n) => {
  let smeared = n;
  for (let step = 1; step < shape.esize; step *= 2) smeared = b.op('v128.or', smeared, lanes(b, shape, 'shr_u', smeared, step));
  let count = b.op('i8x16.popcnt', b.op('v128.not', smeared));
  if (shape.esize >= 16) count = b.op('i16x8.extadd_pairwise_i8x16_u', count);
  if (shape.esize >= 32) count = b.op('i32x4.extadd_pairwise_i16x8_u', count);
  return count;
};

const reverseWithin =
  (bytes: number): LanewiseUnary =>
  (b, shape, n) => {
    const size = shape.esize / 8;
    const per = bytes / size;
    const order = Array.from({ length: 16 }, (_, at) => {
      const element = Math.floor(at / size);
      const group = Math.floor(element / per);
      return (group * per + (per - 1 - (element % per))) * size + (at % size);
    });
    return b.shuffle(order, n, n);
  };

const comparedWithZero =
  (name: string): LanewiseUnary =>
  (b, shape, n) =>
    lanes(b, shape, name, n, zeroVector(b));

/** Bits of each byte in reverse: swap nibbles, pairs, neighbours. */
const reverseBits: LanewiseUnary = (b, _shape, n) => {
  let value = n;
  for (const [shift, mask] of [
    [4, 0x0fn],
    [2, 0x33n],
    [1, 0x55n],
  ] as const) {
    const low = constantLanes(b, 8, mask);
    const up = b.op('i8x16.shl', b.op('v128.and', value, low), shift);
    value = b.op('v128.or', up, b.op('v128.and', b.op('i8x16.shr_u', value, shift), low));
  }
  return value;
};

export const lanewiseUnary = {
  abs: (b, shape, n) => lanes(b, shape, 'abs', n),
  neg: (b, shape, n) => lanes(b, shape, 'neg', n),
  not: (b, _shape, n) => b.op('v128.not', n),
  cnt: (b, _shape, n) => b.op('i8x16.popcnt', n),
  clz: countLeadingZeros,
  cls: (b, shape, n) =>
    lanes(b, shape, 'add', countLeadingZeros(b, shape, b.op('v128.xor', n, lanes(b, shape, 'shr_s', n, 1))), onesVector(b)),
  rbit: reverseBits,
  rev16: reverseWithin(2),
  rev32: reverseWithin(4),
  rev64: reverseWithin(8),
  cmgtZero: comparedWithZero('gt_s'),
  cmgeZero: comparedWithZero('ge_s'),
  cmeqZero: comparedWithZero('eq'),
  cmleZero: comparedWithZero('le_s'),
  cmltZero: comparedWithZero('lt_s'),
  sqabs: (b, shape, n) => byHalves(b, shape, [n], (halves) => b.fp('sqabs', ...halves, shape.esize)),
  sqneg: (b, shape, n) => byHalves(b, shape, [n], (halves) => b.fp('sqneg', ...halves, shape.esize)),
} as const satisfies Record<string, LanewiseUnary>;
