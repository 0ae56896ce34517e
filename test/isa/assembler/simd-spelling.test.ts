import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assembleInstruction } from '../../../emulator/isa/assembler/instruction.ts';
import { disassemble } from '../../../emulator/isa/disassembler.ts';

/** What a person may write, the word GNU as makes of it, and how objdump prints that word. */
const rows: readonly (readonly [string, number, string])[] = [
  ['fmov d0, #1.0', 0x1e6e1000, 'fmov d0, #1.000000000000000000e+00'],
  ['fmov s0, 0.5', 0x1e2c1000, 'fmov s0, #5.000000000000000000e-01'],
  ['movi v0.2d, #0', 0x6f00e400, 'movi v0.2d, #0x0'],
  ['MOVI V0.16B, #0xff', 0x4f07e7e0, 'movi v0.16b, #0xff'],
  ['ld1 {v0.16b-v3.16b}, [x0], #64', 0x4cdf2000, 'ld1 {v0.16b-v3.16b}, [x0], #64'],
  ['ld1 { v0.16b, v1.16b, v2.16b, v3.16b }, [x0]', 0x4c402000, 'ld1 {v0.16b-v3.16b}, [x0]'],
  ['mov v0.16b, v1.16b', 0x4ea11c20, 'mov v0.16b, v1.16b'],
  ['fcmp d0, #0.0', 0x1e602008, 'fcmp d0, #0.0'],
  ['fcmp d0, 0.0', 0x1e602008, 'fcmp d0, #0.0'],
  ['mov v0.d[1], x3', 0x4e181c60, 'mov v0.d[1], x3'],
  ['umov w0, v1.b[3]', 0x0e073c20, 'umov w0, v1.b[3]'],
  ['mov x0, v1.d[1]', 0x4e183c20, 'mov x0, v1.d[1]'],
  ['fmov v0.d[1], x0', 0x9eaf0000, 'fmov v0.d[1], x0'],
  ['ldr q0, [x0, x1, lsl #4]', 0x3ce17800, 'ldr q0, [x0, x1, lsl #4]'],
  ['ldr q0, [sp], #16', 0x3cc107e0, 'ldr q0, [sp], #16'],
  ['stp q0, q1, [sp, #-32]!', 0xadbf07e0, 'stp q0, q1, [sp, #-32]!'],
  ['cmeq v0.16b, v1.16b, #0', 0x4e209820, 'cmeq v0.16b, v1.16b, #0'],
  ['ushll v0.8h, v1.8b, #0', 0x2f08a420, 'uxtl v0.8h, v1.8b'],
  ['uxtl v0.8h, v1.8b', 0x2f08a420, 'uxtl v0.8h, v1.8b'],
  ['ld1r {v0.4s}, [x1], x2', 0x4dc2c820, 'ld1r {v0.4s}, [x1], x2'],
  ['st3 {v1.b, v2.b, v3.b}[5], [x0], #3', 0x0d9f3401, 'st3 {v1.b-v3.b}[5], [x0], #3'],
  ['tbl v0.16b, {v1.16b, v2.16b}, v3.16b', 0x4e032020, 'tbl v0.16b, {v1.16b, v2.16b}, v3.16b'],
  ['fmla v0.4s, v1.4s, v2.s[3]', 0x4fa21820, 'fmla v0.4s, v1.4s, v2.s[3]'],
  ['mls v0.8h, v1.8h, v15.h[7]', 0x6f7f4820, 'mls v0.8h, v1.8h, v15.h[7]'],
  ['sqrshrun2 v0.16b, v1.8h, #3', 0x6f0d8c20, 'sqrshrun2 v0.16b, v1.8h, #3'],
  ['fccmp d0, d1, #4, ne', 0x1e611404, 'fccmp d0, d1, #0x4, ne'],
  ['fcsel s0, s1, s2, eq', 0x1e220c20, 'fcsel s0, s1, s2, eq'],
  ['scvtf d0, w1, #3', 0x1e42f420, 'scvtf d0, w1, #3'],
  ['fcvtzs x0, d1', 0x9e780020, 'fcvtzs x0, d1'],
  ['ins v0.s[1], v2.s[3]', 0x6e0c6440, 'mov v0.s[1], v2.s[3]'],
  ['ins v0.s[1], w2', 0x4e0c1c40, 'mov v0.s[1], w2'],
  ['bic v0.4s, #255, lsl #8', 0x6f0737e0, 'bic v0.4s, #0xff, lsl #8'],
  ['orr v1.8h, #1', 0x4f009421, 'orr v1.8h, #0x1'],
  ['mvni v0.4s, #3, msl #16', 0x6f00d460, 'mvni v0.4s, #0x3, msl #16'],
  ['movi d0, #0xff00ff00ff00ff00', 0x2f05e540, 'movi d0, #0xff00ff00ff00ff00'],
  ['aese v0.16b, v1.16b', 0x4e284820, 'aese v0.16b, v1.16b'],
  ['pmull2 v0.1q, v1.2d, v2.2d', 0x4ee2e020, 'pmull2 v0.1q, v1.2d, v2.2d'],
  ['sha256h q0, q1, v2.4s', 0x5e024020, 'sha256h q0, q1, v2.4s'],
  ['ldr d0, [x0, #1]', 0xfc401000, 'ldur d0, [x0, #1]'],
  ['ldr s0, [x0, #-4]', 0xbc5fc000, 'ldur s0, [x0, #-4]'],
  ['dup v0.2d, x1', 0x4e080c20, 'dup v0.2d, x1'],
  ['dup b0, v1.b[2]', 0x5e050420, 'mov b0, v1.b[2]'],
  ['mov s0, v1.s[1]', 0x5e0c0420, 'mov s0, v1.s[1]'],
  ['addp d0, v1.2d', 0x5ef1b820, 'addp d0, v1.2d'],
  ['faddp s0, v1.2s', 0x7e30d820, 'faddp s0, v1.2s'],
  ['fmaxnmv s0, v1.4s', 0x6e30c820, 'fmaxnmv s0, v1.4s'],
  ['shll2 v0.4s, v1.8h, #16', 0x6e613820, 'shll2 v0.4s, v1.8h, #16'],
  ['fcvtn2 v0.4s, v1.2d', 0x4e616820, 'fcvtn2 v0.4s, v1.2d'],
  ['xtn v0.8b, v1.8h', 0x0e212820, 'xtn v0.8b, v1.8h'],
  ['mvn v0.8b, v1.8b', 0x2e205820, 'mvn v0.8b, v1.8b'],
  ['not v0.8b, v1.8b', 0x2e205820, 'mvn v0.8b, v1.8b'],
  ['fmov v0.2d, #-2.0', 0x6f04f400, 'fmov v0.2d, #-2.000000000000000000e+00'],
  ['sdot v0.4s, v1.16b, v2.4b[1]', 0x4fa2e020, 'sdot v0.4s, v1.16b, v2.4b[1]'],
];

const context = {
  address: 0n,
  evaluate: (text: string) => (/^-?(0x[0-9a-f]+|\d+)$/i.test(text.trim()) ? BigInt(text.trim()) : undefined),
};

describe('spellings of vector and floating-point instructions', () => {
  for (const [text, word, printed] of rows)
    it(text, () => {
      assert.equal(assembleInstruction(text, context).toString(16), word.toString(16));
      assert.equal(disassemble(word, 0n).split(' // ')[0], printed);
    });
  for (const text of [
    'movi v0.1d, #0',
    'fmov d0, #1.01',
    'add v0.4s, v1.2s, v2.4s',
    'ld1 {v0.16b, v2.16b}, [x0]',
    'shrn v0.8b, v1.8h, #9',
    'mls v0.8h, v1.8h, v16.h[0]',
  ])
    it(`${text} is refused`, () => {
      assert.throws(() => assembleInstruction(text, context));
    });
});
