import type { Builder, RegisterField, Value } from '../builder.ts';
import type { Fields, InstructionDefinition, Statics } from '../instruction.ts';
import { type Arrangements, arrangementOf, arrangementStatic, type Shape, shapeAt } from '../syntax/simd.ts';

/** WebAssembly's name of a vector of lanes of so many bits. */
export const laneType = { 8: 'i8x16', 16: 'i16x8', 32: 'i32x4', 64: 'i64x2' } as const;

/** Lanes that others twice as wide exist for. */
export type Narrow = 8 | 16 | 32;
export const wider = (esize: Narrow) => (esize * 2) as 16 | 32 | 64;

/** A lane-wise WebAssembly instruction: `lanes(b, shape, 'add', x, y)`. */
export const lanes = (b: Builder, { esize }: { readonly esize: Shape['esize'] }, name: string, ...operands: (Value | number)[]): Value =>
  b.op(`${laneType[esize]}.${name}`, ...operands);

/** Lane `index`, zero-extended: i32, or i64 for 64-bit lanes. */
export function extract(b: Builder, esize: Shape['esize'], vector: Value, index: number): Value {
  return b.lane(`${laneType[esize]}.extract_lane${esize < 32 ? '_u' : ''}`, index, vector);
}

export const replace = (b: Builder, esize: Shape['esize'], vector: Value, index: number, value: Value): Value =>
  b.lane(`${laneType[esize]}.replace_lane`, index, vector, value);

/** A v128 with the 64-bit pattern in both halves. */
export function constant64(b: Builder, low: bigint, high = low): Value {
  const bytes = (n: bigint) => Array.from({ length: 8 }, (_, k) => Number((BigInt.asUintN(64, n) >> BigInt(8 * k)) & 0xffn));
  return b.v128([...bytes(low), ...bytes(high)]);
}

export const zeroVector = (b: Builder): Value => constant64(b, 0n);
export const onesVector = (b: Builder): Value => constant64(b, -1n);

/** Each lane holds `value`. */
export function constantLanes(b: Builder, esize: Shape['esize'], value: bigint): Value {
  let pattern = 0n;
  for (let at = 0; at < 64; at += esize) pattern |= BigInt.asUintN(esize, value) << BigInt(at);
  return constant64(b, pattern);
}

/** Writes a result: the whole register, or its low `bytes` with zeros above. */
export function writeResult(b: Builder, { bytes }: { readonly bytes: number }, value: Value, register: RegisterField = 'Rd'): void {
  if (bytes === 16) b.setV(register, value);
  else b.setVElement(register, (bytes * 8) as 8, extract(b, (bytes * 8) as 8, value, 0));
}

/** All ones in the bytes that the shape covers. */
export const coverage = (b: Builder, { bytes }: { readonly bytes: number }): Value =>
  b.v128(Array.from({ length: 16 }, (_, k) => (k < bytes ? 0xff : 0)));

/** Sets FPSR.QC where the condition (i32) is non-zero. */
export function noteSaturation(b: Builder, saturated: Value): void {
  b.setFpsr(b.or(b.fpsr(), b.shl(saturated, 27)));
}

/** Runs a function of 64-bit halves (functions/saturating.ts) on both halves, or on the low one where the shape has no more. */
export function byHalves(b: Builder, shape: Shape, operands: readonly Value[], half: (operands: readonly Value[]) => Value): Value {
  const covered = shape.bytes < 8 ? operands.map((o) => b.op('v128.and', o, coverage(b, shape))) : operands;
  const low = half(covered.map((o) => extract(b, 64, o, 0)));
  if (shape.bytes < 16) return b.op('i64x2.splat', low);
  const high = half(covered.map((o) => extract(b, 64, o, 1)));
  return replace(b, 64, b.op('i64x2.splat', low), 1, high);
}

/** What an operation on shapes is told besides its operands. */
export type ShapedOperation = (b: Builder, shape: Shape, statics: Statics) => void;

/**
 * The parts of an entry that follow from its arrangements: reserved ones are unallocated, each allowed one has a handler of its own.
 */
export function shaped(
  set: Arrangements,
  operation: ShapedOperation,
  where?: (f: Fields) => boolean,
): Pick<InstructionDefinition, 'where' | 'statics' | 'operation' | 'simd'> {
  return {
    where: (f) => arrangementOf(set, f) !== undefined && (where === undefined || where(f)),
    statics: [arrangementStatic(set)],
    simd: true,
    operation: (b, statics) => operation(b, shapeAt(set, statics.T!), statics),
  };
}
