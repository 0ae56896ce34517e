import type { Builder, Value } from '../builder.ts';
import { type Instruction, type InstructionDefinition, instructions } from '../instruction.ts';
import { type Arrangements, arrangements, type Shape, vectors } from '../syntax/simd.ts';
import { fpNegate, fpScalar } from './fp-arithmetic.ts';
import { elementEverywhere, elementOperand } from './simd-by-element.ts';
import { extract, replace, shaped, writeResult, zeroVector } from './simd-lanes.ts';

/** Halfwords that the lanes of the destination are made of. */
const factors: Arrangements = { '2h': { Q: 0 }, '4h': { Q: 1 } };

/** FPMulAddH() on each lane: half precision factors from the lower or upper half of n (and m), single precision sums. */
function multiplyAccumulate(b: Builder, shape: Shape, upper: boolean, negative: boolean, m: Value, ofElement: boolean): void {
  const n = b.v('Rn');
  const d = b.v('Rd');
  const first = upper ? shape.count : 0;
  const widen = (value: Value) => b.call('fpWidenHalf', b.fpcr(), value);
  let result = zeroVector(b);
  for (let lane = 0; lane < shape.count; lane++) {
    const factor = extract(b, 16, n, first + lane);
    const x = widen(negative ? fpNegate(b, 16, factor) : factor);
    const y = widen(extract(b, 16, m, ofElement ? 0 : first + lane));
    result = replace(b, 32, result, lane, fpScalar(b, 'fpMulAdd', 32, extract(b, 32, d, lane), x, y));
  }
  writeResult(b, shape, result);
}

const vector = (U: 0 | 1, a: 0 | 1, opcode: string, mnemonic: string): InstructionDefinition => ({
  encoding: `0 Q ${U} 0 1 1 1 0 ${a} 0 1 Rm ${opcode} 1 Rn Rd`,
  feature: 'FEAT_FHM',
  assembly: `${mnemonic} <Vd.T>, <Vn.Tb>, <Vm.Tb>`,
  operands: { ...vectors(arrangements.s, 'd'), ...vectors(factors, 'nm', 'Tb') },
  ...shaped(arrangements.s, (b, shape) => multiplyAccumulate(b, shape, U === 1, a === 1, b.v('Rm'), false)),
});

const byElement = (U: 0 | 1, a: 0 | 1, opcode: string, mnemonic: string): InstructionDefinition => ({
  encoding: `0 Q ${U} 0 1 1 1 1 1 0 L M Rm4:4 ${opcode} H 0 Rn Rd`,
  feature: 'FEAT_FHM',
  assembly: `${mnemonic} <Vd.T>, <Vn.Tb>, <Ve>`,
  operands: { ...vectors(arrangements.s, 'd'), ...vectors(factors, 'n', 'Tb'), Ve: elementOperand(() => 16) },
  ...shaped(arrangements.s, (b, shape) => multiplyAccumulate(b, shape, U === 1, a === 1, elementEverywhere(b, 16), true)),
});

export const simdFpWidening: readonly Instruction[] = instructions('Advanced SIMD half precision widening multiply-add', {
  'FMLAL (vector)': vector(0, 0, '1 1 1 0 1', 'fmlal'),
  'FMLSL (vector)': vector(0, 1, '1 1 1 0 1', 'fmlsl'),
  'FMLAL2 (vector)': vector(1, 0, '1 1 0 0 1', 'fmlal2'),
  'FMLSL2 (vector)': vector(1, 1, '1 1 0 0 1', 'fmlsl2'),
  'FMLAL (by element)': byElement(0, 0, '0 0 0 0', 'fmlal'),
  'FMLSL (by element)': byElement(0, 1, '0 1 0 0', 'fmlsl'),
  'FMLAL2 (by element)': byElement(1, 0, '1 0 0 0', 'fmlal2'),
  'FMLSL2 (by element)': byElement(1, 1, '1 1 0 0', 'fmlsl2'),
});
