import { type Fields, type Instruction, type InstructionDefinition, instructions, type OperandSyntax } from '../instruction.ts';
import { expandFpImmediate, fpImmediateOperand } from '../syntax/fp-immediate.ts';
import { arrangements, immediateIn, vectors } from '../syntax/simd.ts';
import { writeResult } from './simd-lanes.ts';

const imm8Of = (f: Fields): number =>
  (f.a! << 7) | (f.b! << 6) | (f.c! << 5) | (f.d! << 4) | (f.e! << 3) | (f.f! << 2) | (f.g! << 1) | f.h!;
const fieldsOfImm8 = (n: number): Fields => ({
  a: (n >> 7) & 1,
  b: (n >> 6) & 1,
  c: (n >> 5) & 1,
  d: (n >> 4) & 1,
  e: (n >> 3) & 1,
  f: (n >> 2) & 1,
  g: (n >> 1) & 1,
  h: n & 1,
});

const repeat = (value: bigint, bits: number): bigint => {
  let result = 0n;
  for (let at = 0; at < 64; at += bits) result |= value << BigInt(at);
  return result;
};

/** AdvSIMDExpandImm(): the 64-bit pattern of op:cmode:imm8. */
function expand(op: number, cmode: number, imm8: number): bigint {
  const value = BigInt(imm8);
  if (cmode < 8) return repeat(value << BigInt(8 * (cmode >> 1)), 32);
  if (cmode < 12) return repeat(value << BigInt(8 * ((cmode >> 1) & 1)), 16);
  if (cmode === 12) return repeat((value << 8n) | 0xffn, 32);
  if (cmode === 13) return repeat((value << 16n) | 0xffffn, 32);
  if (cmode === 14) {
    if (op === 0) return repeat(value, 8);
    let mask = 0n;
    for (let bit = 0; bit < 8; bit++) if ((imm8 >> bit) & 1) mask |= 0xffn << BigInt(8 * bit);
    return mask;
  }
  return op === 0 ? repeat(expandFpImmediate(32, imm8), 32) : expandFpImmediate(64, imm8);
}

/** 8-bit immediate, in hexadecimal. */
const imm8Operand: OperandSyntax = {
  print: (f) => `0x${imm8Of(f).toString(16)}`,
  parse: (text, context) => {
    const value = immediateIn(text, context, 0, 255);
    return value === undefined ? undefined : fieldsOfImm8(value);
  },
};

/** `, lsl #8`: a two-bit (or one-bit) shift field in bytes; left out when zero. */
const shiftOperand = (field: string, width: number): OperandSyntax => ({
  print: (f) => (f[field] ? `lsl #${f[field]! * 8}` : undefined),
  parse: (text, context) => {
    if (text === '') return { [field]: 0 };
    const match = /^lsl\s+(.*)$/i.exec(text);
    const amount = match && immediateIn(match[1]!, context, 0, 8 * (2 ** width - 1));
    return typeof amount === 'number' && amount % 8 === 0 ? { [field]: amount / 8 } : undefined;
  },
});

const onesOperand: OperandSyntax = {
  print: (f) => `msl #${f.shift1 ? 16 : 8}`,
  parse: (text) => {
    const match = /^msl\s+#?(8|16)$/i.exec(text);
    return match ? { shift1: match[1] === '16' ? 1 : 0 } : undefined;
  },
};

const maskOperand: OperandSyntax = {
  print: (f) => `0x${expand(1, 14, imm8Of(f)).toString(16)}`,
  parse: (text, context) => {
    const value = context.evaluate(text.replace('#', ''));
    if (value === undefined) return undefined;
    const bits = BigInt.asUintN(64, value);
    let imm8 = 0;
    for (let bit = 0; bit < 8; bit++) {
      const byte = (bits >> BigInt(8 * bit)) & 0xffn;
      if (byte !== 0n && byte !== 0xffn) return undefined;
      if (byte) imm8 |= 1 << bit;
    }
    return fieldsOfImm8(imm8);
  },
};

/** What becomes of the expanded immediate. */
type Use = 'move' | 'move inverted' | 'or' | 'clear';

/**
 * One group of cmode values. `cmode` as bits of the encoding, in which `shift2:2` and `shift1:1` may stand for amounts; `value` says which cmode it is.
 */
function entry(
  op: 0 | 1,
  cmode: string,
  use: Use,
  assembly: string,
  value: (f: Fields) => number,
  operands: Record<string, OperandSyntax>,
  Q: '0' | '1' | 'Q' = 'Q',
  o2: 0 | 1 = 0,
): InstructionDefinition {
  const pattern = (f: Fields) => expand(op, value(f), imm8Of(f));
  return {
    encoding: `0 ${Q} ${op} 0 1 1 1 1 0 0 0 0 0 a b c ${cmode} ${o2} 1 d e f g h Rd`,
    assembly,
    operands: { imm: imm8Operand, ...operands },
    statics: Q === 'Q' ? ['Q'] : [],
    simd: true,
    operation: (b, statics) => {
      const bytes = (Q === 'Q' ? statics.Q === 1 : Q === '1') ? 16 : 8;
      const immediate = b.op(
        'i64x2.splat',
        b.wideImmediate((f) => BigInt.asIntN(64, use === 'move inverted' ? ~pattern(f) : pattern(f))),
      );
      if (use === 'or') writeResult(b, { bytes }, b.op('v128.or', b.v('Rd'), immediate));
      else if (use === 'clear') writeResult(b, { bytes }, b.op('v128.andnot', b.v('Rd'), immediate));
      else writeResult(b, { bytes }, immediate);
    },
  };
}

const words = (op: 0 | 1, last: 0 | 1, use: Use, mnemonic: string): InstructionDefinition =>
  entry(op, `0 shift2:2 ${last}`, use, `${mnemonic} <Vd.T>, #<imm>{, <lsl>}`, (f) => f.shift2! << 1, {
    ...vectors(arrangements.s, 'd'),
    lsl: shiftOperand('shift2', 2),
  });

const halfwords = (op: 0 | 1, last: 0 | 1, use: Use, mnemonic: string): InstructionDefinition =>
  entry(op, `1 0 shift1:1 ${last}`, use, `${mnemonic} <Vd.T>, #<imm>{, <lsl>}`, (f) => 8 | (f.shift1! << 1), {
    ...vectors(arrangements.h, 'd'),
    lsl: shiftOperand('shift1', 1),
  });

const ones = (op: 0 | 1, use: Use, mnemonic: string): InstructionDefinition =>
  entry(op, '1 1 0 shift1:1', use, `${mnemonic} <Vd.T>, #<imm>, <msl>`, (f) => 12 | f.shift1!, {
    ...vectors(arrangements.s, 'd'),
    msl: onesOperand,
  });

const fpOperand = fpImmediateOperand(imm8Of, fieldsOfImm8);

export const simdModifiedImmediate: readonly Instruction[] = instructions('Advanced SIMD modified immediate', {
  'MOVI (32-bit shifted)': words(0, 0, 'move', 'movi'),
  'ORR (vector, immediate, 32-bit)': words(0, 1, 'or', 'orr'),
  'MOVI (16-bit shifted)': halfwords(0, 0, 'move', 'movi'),
  'ORR (vector, immediate, 16-bit)': halfwords(0, 1, 'or', 'orr'),
  'MOVI (32-bit shifting ones)': ones(0, 'move', 'movi'),
  'MOVI (8-bit)': entry(0, '1 1 1 0', 'move', 'movi <Vd.T>, #<imm>', () => 14, vectors(arrangements.bytes, 'd')),
  'FMOV (vector, immediate, single)': entry(0, '1 1 1 1', 'move', 'fmov <Vd.T>, #<fp>', () => 15, {
    ...vectors(arrangements.s, 'd'),
    fp: fpOperand,
  }),
  'MVNI (32-bit shifted)': words(1, 0, 'move inverted', 'mvni'),
  'BIC (vector, immediate, 32-bit)': words(1, 1, 'clear', 'bic'),
  'MVNI (16-bit shifted)': halfwords(1, 0, 'move inverted', 'mvni'),
  'BIC (vector, immediate, 16-bit)': halfwords(1, 1, 'clear', 'bic'),
  'MVNI (32-bit shifting ones)': ones(1, 'move inverted', 'mvni'),
  'MOVI (64-bit scalar)': entry(1, '1 1 1 0', 'move', 'movi <Dd>, #<mask>', () => 14, { mask: maskOperand }, '0'),
  'MOVI (64-bit vector)': entry(
    1,
    '1 1 1 0',
    'move',
    'movi <Vd.T>, #<mask>',
    () => 14,
    { ...vectors({ '2d': {} }, 'd'), mask: maskOperand },
    '1',
  ),
  'FMOV (vector, immediate, double)': entry(
    1,
    '1 1 1 1',
    'move',
    'fmov <Vd.T>, #<fp>',
    () => 15,
    { ...vectors({ '2d': {} }, 'd'), fp: fpOperand },
    '1',
  ),
  'FMOV (vector, immediate, half)': {
    ...entry(0, '1 1 1 1', 'move', 'fmov <Vd.T>, #<fp>', () => 15, { ...vectors(arrangements.h, 'd'), fp: fpOperand }, 'Q', 1),
    feature: 'FEAT_FP16',
    operation: (b, statics) =>
      writeResult(
        b,
        { bytes: statics.Q ? 16 : 8 },
        b.op(
          'i16x8.splat',
          b.small((f) => Number(expandFpImmediate(16, imm8Of(f)))),
        ),
      ),
  },
});
