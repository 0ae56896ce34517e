import type { Builder, Value } from '../builder.ts';
import { type Instruction, type InstructionDefinition, instructions } from '../instruction.ts';
import { type Arrangements, arrangements, type Shape, scalarRegister, vectors } from '../syntax/simd.ts';
import { coverage, extract, shaped } from './simd-lanes.ts';
import { type Lanewise, lanewise } from './simd-lanewise.ts';
import { pairSums } from './simd-two-register.ts';

const set = arrangements.across;

/** Width of the result by `size` alone. */
const resultWidths: Arrangements = { b: { size: 0 }, h: { size: 1 }, s: { size: 2 } };
const longWidths: Arrangements = { h: { size: 0 }, s: { size: 1 }, d: { size: 2 } };

const encoding = (U: 0 | 1, opcode: string) => `0 Q ${U} 0 1 1 1 0 size 1 1 0 0 0 ${opcode} 1 0 Rn Rd`;

/** Folds the lanes onto lane 0, halving the number of lanes at each step. */
function fold(b: Builder, shape: Shape, compute: Lanewise, source: Value): Value {
  let value = source;
  for (let bytes = shape.bytes / 2; bytes >= shape.esize / 8; bytes /= 2) {
    const moved = b.shuffle(
      Array.from({ length: 16 }, (_, k) => (k + bytes) % 16),
      value,
      value,
    );
    value = compute(b, shape, value, moved, value);
  }
  return extract(b, shape.esize, value, 0);
}

const reduce = (U: 0 | 1, opcode: string, mnemonic: string, compute: Lanewise): InstructionDefinition => ({
  encoding: encoding(U, opcode),
  assembly: `${mnemonic} <Vd>, <Vn.T>`,
  operands: { Vd: scalarRegister('Rd', resultWidths), ...vectors(set, 'n') },
  ...shaped(set, (b, shape) => b.setVElement('Rd', shape.esize, fold(b, shape, compute, b.v('Rn')))),
});

/** Sums in lanes twice as wide: pairs first, then the rest. */
const sumLong = (U: 0 | 1, mnemonic: string): InstructionDefinition => ({
  encoding: encoding(U, '0 0 0 1 1'),
  assembly: `${mnemonic} <Vd>, <Vn.T>`,
  operands: { Vd: scalarRegister('Rd', longWidths), ...vectors(set, 'n') },
  ...shaped(set, (b, shape) => {
    const esize = (shape.esize * 2) as 16 | 32 | 64;
    const source = shape.bytes === 16 ? b.v('Rn') : b.op('v128.and', b.v('Rn'), coverage(b, shape));
    const sums = pairSums(b, shape, U === 0, source);
    b.setVElement('Rd', esize, fold(b, { esize, count: shape.count / 2, bytes: shape.bytes }, lanewise.add, sums));
  }),
});

export const simdAcross: readonly Instruction[] = instructions('Advanced SIMD across lanes', {
  SADDLV: sumLong(0, 'saddlv'),
  UADDLV: sumLong(1, 'uaddlv'),
  SMAXV: reduce(0, '0 1 0 1 0', 'smaxv', lanewise.smax),
  UMAXV: reduce(1, '0 1 0 1 0', 'umaxv', lanewise.umax),
  SMINV: reduce(0, '1 1 0 1 0', 'sminv', lanewise.smin),
  UMINV: reduce(1, '1 1 0 1 0', 'uminv', lanewise.umin),
  ADDV: reduce(0, '1 1 0 1 1', 'addv', lanewise.add),
});

export const simdScalarPairwise: readonly Instruction[] = instructions('Advanced SIMD scalar pairwise', {
  'ADDP (scalar)': {
    encoding: '0 1 0 1 1 1 1 0 1 1 1 1 0 0 0 1 1 0 1 1 1 0 Rn Rd',
    assembly: 'addp <Dd>, <Vn.T>',
    operands: vectors({ '2d': {} }, 'n'),
    simd: true,
    operation: (b) => {
      const n = b.v('Rn');
      b.setVElement('Rd', 64, b.add(extract(b, 64, n, 0), extract(b, 64, n, 1)));
    },
  },
});
