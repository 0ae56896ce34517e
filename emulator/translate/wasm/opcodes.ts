import type { ValueType } from '../../isa/builder.ts';

/** A WebAssembly instruction without control flow or memory: its bytes and its signature. `immediate`: what follows the opcode. */
export interface Opcode {
  readonly bytes: readonly number[];
  readonly parameters: readonly ValueType[];
  readonly result: ValueType;
  readonly immediate?: 'lane' | 'lanes';
}

const types: Record<string, ValueType> = { i: 'i32', I: 'i64', f: 'f32', F: 'f64', v: 'v128' };
const table = new Map<string, Opcode>();

/** LEB128 bytes of an unsigned opcode. */
function leb(n: number): number[] {
  return n < 0x80 ? [n] : [(n & 0x7f) | 0x80, ...leb(n >>> 7)];
}

/** Registers consecutive opcodes: `signature` is parameters then `:` then result (i I f F v); `_` leaves a hole. */
function run(prefix: number | undefined, first: number, signature: string, names: string, immediate?: 'lane' | 'lanes'): void {
  const [parameters, result] = signature.split(':') as [string, string];
  names.split(' ').forEach((name, k) => {
    if (name === '_') return;
    const code = first + k;
    table.set(name, {
      bytes: prefix === undefined ? [code] : [prefix, ...leb(code)],
      parameters: [...parameters].map((c) => types[c]!),
      result: types[result]!,
      ...(immediate ? { immediate } : {}),
    });
  });
}

const integerCompare = (t: string) =>
  ['eq', 'ne', 'lt_s', 'lt_u', 'gt_s', 'gt_u', 'le_s', 'le_u', 'ge_s', 'ge_u'].map((c) => `${t}.${c}`).join(' ');
const floatCompare = (t: string) => ['eq', 'ne', 'lt', 'gt', 'le', 'ge'].map((c) => `${t}.${c}`).join(' ');
const integerBinary = (t: string) =>
  ['add', 'sub', 'mul', 'div_s', 'div_u', 'rem_s', 'rem_u', 'and', 'or', 'xor', 'shl', 'shr_s', 'shr_u', 'rotl', 'rotr']
    .map((c) => `${t}.${c}`)
    .join(' ');
const floatUnary = (t: string) => ['abs', 'neg', 'ceil', 'floor', 'trunc', 'nearest', 'sqrt'].map((c) => `${t}.${c}`).join(' ');
const floatBinary = (t: string) => ['add', 'sub', 'mul', 'div', 'min', 'max', 'copysign'].map((c) => `${t}.${c}`).join(' ');

run(undefined, 0x45, 'i:i', 'i32.eqz');
run(undefined, 0x46, 'ii:i', integerCompare('i32'));
run(undefined, 0x50, 'I:i', 'i64.eqz');
run(undefined, 0x51, 'II:i', integerCompare('i64'));
run(undefined, 0x5b, 'ff:i', floatCompare('f32'));
run(undefined, 0x61, 'FF:i', floatCompare('f64'));
run(undefined, 0x67, 'i:i', 'i32.clz i32.ctz i32.popcnt');
run(undefined, 0x6a, 'ii:i', integerBinary('i32'));
run(undefined, 0x79, 'I:I', 'i64.clz i64.ctz i64.popcnt');
run(undefined, 0x7c, 'II:I', integerBinary('i64'));
run(undefined, 0x8b, 'f:f', floatUnary('f32'));
run(undefined, 0x92, 'ff:f', floatBinary('f32'));
run(undefined, 0x99, 'F:F', floatUnary('f64'));
run(undefined, 0xa0, 'FF:F', floatBinary('f64'));
run(undefined, 0xa7, 'I:i', 'i32.wrap_i64');
run(undefined, 0xac, 'i:I', 'i64.extend_i32_s i64.extend_i32_u');
run(undefined, 0xb2, 'i:f', 'f32.convert_i32_s f32.convert_i32_u');
run(undefined, 0xb4, 'I:f', 'f32.convert_i64_s f32.convert_i64_u');
run(undefined, 0xb6, 'F:f', 'f32.demote_f64');
run(undefined, 0xb7, 'i:F', 'f64.convert_i32_s f64.convert_i32_u');
run(undefined, 0xb9, 'I:F', 'f64.convert_i64_s f64.convert_i64_u');
run(undefined, 0xbb, 'f:F', 'f64.promote_f32');
run(undefined, 0xbc, 'f:i', 'i32.reinterpret_f32');
run(undefined, 0xbd, 'F:I', 'i64.reinterpret_f64');
run(undefined, 0xbe, 'i:f', 'f32.reinterpret_i32');
run(undefined, 0xbf, 'I:F', 'f64.reinterpret_i64');
run(undefined, 0xc0, 'i:i', 'i32.extend8_s i32.extend16_s');
run(undefined, 0xc2, 'I:I', 'i64.extend8_s i64.extend16_s i64.extend32_s');
run(0xfc, 0, 'f:i', 'i32.trunc_sat_f32_s i32.trunc_sat_f32_u');
run(0xfc, 2, 'F:i', 'i32.trunc_sat_f64_s i32.trunc_sat_f64_u');
run(0xfc, 4, 'f:I', 'i64.trunc_sat_f32_s i64.trunc_sat_f32_u');
run(0xfc, 6, 'F:I', 'i64.trunc_sat_f64_s i64.trunc_sat_f64_u');

const simd = (first: number, signature: string, names: string, immediate?: 'lane' | 'lanes') =>
  run(0xfd, first, signature, names, immediate);
simd(13, 'vv:v', 'i8x16.shuffle', 'lanes');
simd(14, 'vv:v', 'i8x16.swizzle');
simd(15, 'i:v', 'i8x16.splat i16x8.splat i32x4.splat');
simd(18, 'I:v', 'i64x2.splat');
simd(19, 'f:v', 'f32x4.splat');
simd(20, 'F:v', 'f64x2.splat');
simd(21, 'v:i', 'i8x16.extract_lane_s i8x16.extract_lane_u', 'lane');
simd(23, 'vi:v', 'i8x16.replace_lane', 'lane');
simd(24, 'v:i', 'i16x8.extract_lane_s i16x8.extract_lane_u', 'lane');
simd(26, 'vi:v', 'i16x8.replace_lane', 'lane');
simd(27, 'v:i', 'i32x4.extract_lane', 'lane');
simd(28, 'vi:v', 'i32x4.replace_lane', 'lane');
simd(29, 'v:I', 'i64x2.extract_lane', 'lane');
simd(30, 'vI:v', 'i64x2.replace_lane', 'lane');
simd(31, 'v:f', 'f32x4.extract_lane', 'lane');
simd(32, 'vf:v', 'f32x4.replace_lane', 'lane');
simd(33, 'v:F', 'f64x2.extract_lane', 'lane');
simd(34, 'vF:v', 'f64x2.replace_lane', 'lane');
simd(35, 'vv:v', integerCompare('i8x16'));
simd(45, 'vv:v', integerCompare('i16x8'));
simd(55, 'vv:v', integerCompare('i32x4'));
simd(65, 'vv:v', floatCompare('f32x4'));
simd(71, 'vv:v', floatCompare('f64x2'));
simd(77, 'v:v', 'v128.not');
simd(78, 'vv:v', 'v128.and v128.andnot v128.or v128.xor');
simd(82, 'vvv:v', 'v128.bitselect');
simd(83, 'v:i', 'v128.any_true');
simd(94, 'v:v', 'f32x4.demote_f64x2_zero f64x2.promote_low_f32x4');
simd(96, 'v:v', 'i8x16.abs i8x16.neg i8x16.popcnt');
simd(99, 'v:i', 'i8x16.all_true i8x16.bitmask');
simd(101, 'vv:v', 'i8x16.narrow_i16x8_s i8x16.narrow_i16x8_u');
simd(103, 'v:v', 'f32x4.ceil f32x4.floor f32x4.trunc f32x4.nearest');
simd(107, 'vi:v', 'i8x16.shl i8x16.shr_s i8x16.shr_u');
simd(110, 'vv:v', 'i8x16.add i8x16.add_sat_s i8x16.add_sat_u i8x16.sub i8x16.sub_sat_s i8x16.sub_sat_u');
simd(116, 'v:v', 'f64x2.ceil f64x2.floor');
simd(118, 'vv:v', 'i8x16.min_s i8x16.min_u i8x16.max_s i8x16.max_u');
simd(122, 'v:v', 'f64x2.trunc');
simd(123, 'vv:v', 'i8x16.avgr_u');
simd(124, 'v:v', 'i16x8.extadd_pairwise_i8x16_s i16x8.extadd_pairwise_i8x16_u i32x4.extadd_pairwise_i16x8_s i32x4.extadd_pairwise_i16x8_u');
simd(128, 'v:v', 'i16x8.abs i16x8.neg');
simd(130, 'vv:v', 'i16x8.q15mulr_sat_s');
simd(131, 'v:i', 'i16x8.all_true i16x8.bitmask');
simd(133, 'vv:v', 'i16x8.narrow_i32x4_s i16x8.narrow_i32x4_u');
simd(135, 'v:v', 'i16x8.extend_low_i8x16_s i16x8.extend_high_i8x16_s i16x8.extend_low_i8x16_u i16x8.extend_high_i8x16_u');
simd(139, 'vi:v', 'i16x8.shl i16x8.shr_s i16x8.shr_u');
simd(142, 'vv:v', 'i16x8.add i16x8.add_sat_s i16x8.add_sat_u i16x8.sub i16x8.sub_sat_s i16x8.sub_sat_u');
simd(148, 'v:v', 'f64x2.nearest');
simd(149, 'vv:v', 'i16x8.mul i16x8.min_s i16x8.min_u i16x8.max_s i16x8.max_u');
simd(155, 'vv:v', 'i16x8.avgr_u i16x8.extmul_low_i8x16_s i16x8.extmul_high_i8x16_s i16x8.extmul_low_i8x16_u i16x8.extmul_high_i8x16_u');
simd(160, 'v:v', 'i32x4.abs i32x4.neg');
simd(163, 'v:i', 'i32x4.all_true i32x4.bitmask');
simd(167, 'v:v', 'i32x4.extend_low_i16x8_s i32x4.extend_high_i16x8_s i32x4.extend_low_i16x8_u i32x4.extend_high_i16x8_u');
simd(171, 'vi:v', 'i32x4.shl i32x4.shr_s i32x4.shr_u');
simd(174, 'vv:v', 'i32x4.add');
simd(177, 'vv:v', 'i32x4.sub');
simd(181, 'vv:v', 'i32x4.mul i32x4.min_s i32x4.min_u i32x4.max_s i32x4.max_u i32x4.dot_i16x8_s');
simd(188, 'vv:v', 'i32x4.extmul_low_i16x8_s i32x4.extmul_high_i16x8_s i32x4.extmul_low_i16x8_u i32x4.extmul_high_i16x8_u');
simd(192, 'v:v', 'i64x2.abs i64x2.neg');
simd(195, 'v:i', 'i64x2.all_true i64x2.bitmask');
simd(199, 'v:v', 'i64x2.extend_low_i32x4_s i64x2.extend_high_i32x4_s i64x2.extend_low_i32x4_u i64x2.extend_high_i32x4_u');
simd(203, 'vi:v', 'i64x2.shl i64x2.shr_s i64x2.shr_u');
simd(206, 'vv:v', 'i64x2.add');
simd(209, 'vv:v', 'i64x2.sub');
simd(213, 'vv:v', 'i64x2.mul i64x2.eq i64x2.ne i64x2.lt_s i64x2.gt_s i64x2.le_s i64x2.ge_s');
simd(220, 'vv:v', 'i64x2.extmul_low_i32x4_s i64x2.extmul_high_i32x4_s i64x2.extmul_low_i32x4_u i64x2.extmul_high_i32x4_u');
simd(224, 'v:v', 'f32x4.abs f32x4.neg');
simd(227, 'v:v', 'f32x4.sqrt');
simd(228, 'vv:v', 'f32x4.add f32x4.sub f32x4.mul f32x4.div f32x4.min f32x4.max f32x4.pmin f32x4.pmax');
simd(236, 'v:v', 'f64x2.abs f64x2.neg');
simd(239, 'v:v', 'f64x2.sqrt');
simd(240, 'vv:v', 'f64x2.add f64x2.sub f64x2.mul f64x2.div f64x2.min f64x2.max f64x2.pmin f64x2.pmax');
simd(248, 'v:v', 'i32x4.trunc_sat_f32x4_s i32x4.trunc_sat_f32x4_u f32x4.convert_i32x4_s f32x4.convert_i32x4_u');
simd(252, 'v:v', 'i32x4.trunc_sat_f64x2_s_zero i32x4.trunc_sat_f64x2_u_zero f64x2.convert_low_i32x4_s f64x2.convert_low_i32x4_u');

/** The instruction called `name` in WebAssembly text. Throws for a name that is none (or that touches memory or control). */
export function opcode(name: string): Opcode {
  const found = table.get(name);
  if (!found) throw new Error(`no WebAssembly instruction is called ${name}`);
  return found;
}

/** Memory instructions: opcode bytes and the log2 of the natural alignment. */
export const memoryOpcodes = {
  'i32.load': [[0x28], 2],
  'i64.load': [[0x29], 3],
  'f64.load': [[0x2b], 3],
  'i32.load8_s': [[0x2c], 0],
  'i32.load8_u': [[0x2d], 0],
  'i32.load16_s': [[0x2e], 1],
  'i32.load16_u': [[0x2f], 1],
  'i64.load8_s': [[0x30], 0],
  'i64.load8_u': [[0x31], 0],
  'i64.load16_s': [[0x32], 1],
  'i64.load16_u': [[0x33], 1],
  'i64.load32_s': [[0x34], 2],
  'i64.load32_u': [[0x35], 2],
  'i32.store': [[0x36], 2],
  'i64.store': [[0x37], 3],
  'i32.store8': [[0x3a], 0],
  'i32.store16': [[0x3b], 1],
  'i64.store8': [[0x3c], 0],
  'i64.store16': [[0x3d], 1],
  'i64.store32': [[0x3e], 2],
  'v128.load': [[0xfd, 0], 4],
  'v128.store': [[0xfd, 11], 4],
} as const satisfies Record<string, readonly [readonly number[], number]>;

export type MemoryOpcode = keyof typeof memoryOpcodes;

export const valueTypeBytes: Readonly<Record<ValueType, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };

/** Names of every instruction in the table. */
export function opcodeNames(): readonly string[] {
  return [...table.keys()];
}
