import type { Builder, Value } from '../builder.ts';
import { type Instruction, type InstructionDefinition, instructions } from '../instruction.ts';
import { arrangements, vectors } from '../syntax/simd.ts';
import { elementEverywhere, elementOperand } from './simd-by-element.ts';
import { constant64, extract, replace, shaped, writeResult } from './simd-lanes.ts';

/** Signedness of the bytes of each source. */
interface Signs {
  readonly n: 's' | 'u';
  readonly m: 's' | 'u';
}

/** Sums of four products of bytes in each 32-bit lane; the sources may differ in signedness, so the products are of 16-bit values. */
function dotProducts(b: Builder, signs: Signs, n: Value, m: Value): Value {
  const sums = (half: 'low' | 'high') => {
    const x = b.op(`i16x8.extend_${half}_i8x16_${signs.n}`, n);
    const y = b.op(`i16x8.extend_${half}_i8x16_${signs.m}`, m);
    return b.op('i32x4.dot_i16x8_s', x, y);
  };
  const [low, high] = [sums('low'), sums('high')];
  const even = b.shuffle([0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27], low, high);
  const odd = b.shuffle([4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31], low, high);
  return b.op('i32x4.add', even, odd);
}

/** 2×8 by 8×2 matrices of bytes: rows of n with rows of m. */
const matrix = (U: 0 | 1, B: 0 | 1, mnemonic: string, signs: Signs): InstructionDefinition => ({
  encoding: `0 1 ${U} 0 1 1 1 0 1 0 0 Rm 1 0 1 0 ${B} 1 Rn Rd`,
  feature: 'FEAT_I8MM',
  assembly: `${mnemonic} <Vd.T>, <Vn.Tb>, <Vm.Tb>`,
  operands: { ...vectors({ '4s': {} }, 'd'), ...vectors({ '16b': {} }, 'nm', 'Tb') },
  simd: true,
  operation: (b) => {
    const n = b.v('Rn');
    const m = b.v('Rm');
    const swapped = b.shuffle([8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7], m, m);
    // Rows against the same rows, and against the other ones: each a sum of two lanes.
    const same = dotProducts(b, signs, n, m);
    const other = dotProducts(b, signs, n, swapped);
    const pair = (v: Value, k: number) => b.add(extract(b, 32, v, 2 * k), extract(b, 32, v, 2 * k + 1));
    let product = constant64(b, 0n);
    [pair(same, 0), pair(other, 0), pair(other, 1), pair(same, 1)].forEach((value, lane) => {
      product = replace(b, 32, product, lane, value);
    });
    b.setV('Rd', b.op('i32x4.add', b.v('Rd'), product));
  },
});

const dotByElement = (mnemonic: string, size: string, signs: Signs): InstructionDefinition => ({
  encoding: `0 Q 0 0 1 1 1 1 ${size} L M Rm4:4 1 1 1 1 H 0 Rn Rd`,
  feature: 'FEAT_I8MM',
  assembly: `${mnemonic} <Vd.T>, <Vn.Tb>, <Ve>`,
  operands: { ...vectors(arrangements.s, 'd'), ...vectors(arrangements.bytes, 'n', 'Tb'), Ve: elementOperand(() => 32, '4b') },
  ...shaped(arrangements.s, (b, shape) =>
    writeResult(b, shape, b.op('i32x4.add', b.v('Rd'), dotProducts(b, signs, b.v('Rn'), elementEverywhere(b, 32)))),
  ),
});

export const simdMatrix: readonly Instruction[] = instructions('Advanced SIMD matrix multiply and mixed dot product', {
  'SMMLA (vector)': matrix(0, 0, 'smmla', { n: 's', m: 's' }),
  'UMMLA (vector)': matrix(1, 0, 'ummla', { n: 'u', m: 'u' }),
  'USMMLA (vector)': matrix(0, 1, 'usmmla', { n: 'u', m: 's' }),
  'USDOT (vector)': {
    encoding: '0 Q 0 0 1 1 1 0 1 0 0 Rm 1 0 0 1 1 1 Rn Rd',
    feature: 'FEAT_I8MM',
    assembly: 'usdot <Vd.T>, <Vn.Tb>, <Vm.Tb>',
    operands: { ...vectors(arrangements.s, 'd'), ...vectors(arrangements.bytes, 'nm', 'Tb') },
    ...shaped(arrangements.s, (b, shape) =>
      writeResult(b, shape, b.op('i32x4.add', b.v('Rd'), dotProducts(b, { n: 'u', m: 's' }, b.v('Rn'), b.v('Rm')))),
    ),
  },
  'USDOT (by element)': dotByElement('usdot', '1 0', { n: 'u', m: 's' }),
  'SUDOT (by element)': dotByElement('sudot', '0 0', { n: 's', m: 'u' }),
});
