import type { ValueType } from '../builder.ts';
import { fpsrBits, raise } from './softfloat/status.ts';

/**
 * Advanced SIMD integer operations on the lanes of 64 bits at a time, exact in wide integers, for what WebAssembly has no vector instruction for.
 * All take FPCR first (they are called like floating-point functions, because they raise FPSR.QC) and the lane width in bits last.
 */
interface LaneFunction {
  readonly parameters: readonly ValueType[];
  readonly result: ValueType;
  // the signature is the data above
  readonly run: (...operands: any[]) => number | bigint;
}

/** SatQ() to `bits` bits, raising FPSR.QC; the result is the lane's bits. */
function saturate(value: bigint, bits: number, unsigned: boolean): bigint {
  const highest = (1n << BigInt(unsigned ? bits : bits - 1)) - 1n;
  const lowest = unsigned ? 0n : -highest - 1n;
  if (value > highest || value < lowest) {
    raise(fpsrBits.QC);
    return BigInt.asUintN(bits, value > highest ? highest : lowest);
  }
  return BigInt.asUintN(bits, value);
}

const signed = (n: bigint, bits: number): bigint => BigInt.asIntN(bits, n);

/** Applies `lane` to each lane of up to three operands; `step`s say how wide a lane of the operands and of the result is. */
function mapLanes(from: number, to: number, operands: readonly bigint[], lane: (...lanes: bigint[]) => bigint): bigint {
  const count = Math.min(64 / from, 64 / to);
  let result = 0n;
  for (let i = 0; i < count; i++) {
    const lanes = operands.map((o) => BigInt.asUintN(from, o >> BigInt(i * from)));
    result |= BigInt.asUintN(to, lane(...lanes)) << BigInt(i * to);
  }
  return result;
}

/** The lane function of `bits`-wide lanes, each operand given as its unsigned bits. */
type Lane = (bits: number, ...lanes: bigint[]) => bigint;

const elementwise = (arity: number, lane: Lane): LaneFunction => ({
  parameters: ['i32', ...Array.from({ length: arity }, (): ValueType => 'i64'), 'i32'],
  result: 'i64',
  run: (_fpcr: number, ...rest: (bigint | number)[]) => {
    const bits = rest[arity] as number;
    const operands = rest.slice(0, arity).map((o) => BigInt.asUintN(64, o as bigint));
    return mapLanes(bits, bits, operands, (...lanes) => lane(bits, ...lanes));
  },
});

/** Shift of the register shifts: the signed low byte of the second operand; negative shifts right, `round` adds half of the last bit lost. */
function shifted(value: bigint, by: bigint, round: boolean): bigint {
  const shift = signed(by, 8);
  if (shift >= 0n) return value << shift;
  return (round ? value + (1n << (-shift - 1n)) : value) >> -shift;
}

const doubledHigh = (bits: number, a: bigint, b: bigint, round: boolean): bigint =>
  (2n * signed(a, bits) * signed(b, bits) + (round ? 1n << BigInt(bits - 1) : 0n)) >> BigInt(bits);

/** Narrowing shifts: wide lanes in, lanes of `bits` out in the low half. Operands: FPCR, value, shift, rounding, `bits`. */
const narrowing = (fromUnsigned: boolean, toUnsigned: boolean): LaneFunction => ({
  parameters: ['i32', 'i64', 'i32', 'i32', 'i32'],
  result: 'i64',
  run: (_fpcr: number, value: bigint, shift: number, rounding: number, bits: number) =>
    mapLanes(bits * 2, bits, [BigInt.asUintN(64, value)], (lane) => {
      const wide = fromUnsigned ? lane : signed(lane, bits * 2);
      const half = rounding && shift > 0 ? 1n << BigInt(shift - 1) : 0n;
      return saturate((wide + half) >> BigInt(shift), bits, toUnsigned);
    }),
});

export const saturatingFunctions = {
  sqadd: elementwise(2, (n, a, b) => saturate(signed(a, n) + signed(b, n), n, false)),
  uqadd: elementwise(2, (n, a, b) => saturate(a + b, n, true)),
  sqsub: elementwise(2, (n, a, b) => saturate(signed(a, n) - signed(b, n), n, false)),
  uqsub: elementwise(2, (n, a, b) => saturate(a - b, n, true)),
  /** Accumulator first, then the operand of the other signedness. */
  suqadd: elementwise(2, (n, a, b) => saturate(signed(a, n) + b, n, false)),
  usqadd: elementwise(2, (n, a, b) => saturate(a + signed(b, n), n, true)),
  sqabs: elementwise(1, (n, a) => saturate(signed(a, n) < 0n ? -signed(a, n) : a, n, false)),
  sqneg: elementwise(1, (n, a) => saturate(-signed(a, n), n, false)),
  srshl: elementwise(2, (n, a, b) => shifted(signed(a, n), b, true)),
  urshl: elementwise(2, (_n, a, b) => shifted(a, b, true)),
  sshl: elementwise(2, (n, a, b) => shifted(signed(a, n), b, false)),
  ushl: elementwise(2, (_n, a, b) => shifted(a, b, false)),
  sqshl: elementwise(2, (n, a, b) => saturate(shifted(signed(a, n), b, false), n, false)),
  uqshl: elementwise(2, (n, a, b) => saturate(shifted(a, b, false), n, true)),
  sqrshl: elementwise(2, (n, a, b) => saturate(shifted(signed(a, n), b, true), n, false)),
  uqrshl: elementwise(2, (n, a, b) => saturate(shifted(a, b, true), n, true)),
  sqshlu: elementwise(2, (n, a, b) => saturate(shifted(signed(a, n), b, false), n, true)),
  sqdmulh: elementwise(2, (n, a, b) => saturate(doubledHigh(n, a, b, false), n, false)),
  sqrdmulh: elementwise(2, (n, a, b) => saturate(doubledHigh(n, a, b, true), n, false)),
  /** FEAT_RDM: accumulator, then the factors. */
  sqrdmlah: elementwise(3, (n, acc, a, b) =>
    saturate(((signed(acc, n) << BigInt(n)) + 2n * signed(a, n) * signed(b, n) + (1n << BigInt(n - 1))) >> BigInt(n), n, false),
  ),
  sqrdmlsh: elementwise(3, (n, acc, a, b) =>
    saturate(((signed(acc, n) << BigInt(n)) - 2n * signed(a, n) * signed(b, n) + (1n << BigInt(n - 1))) >> BigInt(n), n, false),
  ),
  /** SQDMULL: lanes of half the given width in the low 32 bits of each operand; the width is the result's. */
  sqdmull: {
    parameters: ['i32', 'i64', 'i64', 'i32'],
    result: 'i64',
    run: (_fpcr: number, a: bigint, b: bigint, bits: number) =>
      mapLanes(bits / 2, bits, [BigInt.asUintN(64, a), BigInt.asUintN(64, b)], (x, y) =>
        saturate(2n * signed(x, bits / 2) * signed(y, bits / 2), bits, false),
      ),
  },
  sqshrn: narrowing(false, false),
  uqshrn: narrowing(true, true),
  sqshrun: narrowing(false, true),
} satisfies Record<string, LaneFunction>;
