import type { Builder, Value } from '../builder.ts';
import { type Fields, type Instruction, type InstructionDefinition, instructions, type OperandSyntax } from '../instruction.ts';
import { type Arrangements, arrangements, type Shape, vectors } from '../syntax/simd.ts';
import { type FpWidth, fpNegate, fpScalar } from './fp-arithmetic.ts';
import { elementEverywhere, elementOperand } from './simd-by-element.ts';
import { extract, replace, shaped, writeResult, zeroVector } from './simd-lanes.ts';

/** Rotation in degrees. */
const degrees = (field: string, values: readonly number[]): OperandSyntax => ({
  print: (f) => String(values[f[field]!]),
  parse: (text) => {
    const at = values.indexOf(Number(text.replace('#', '')));
    return at < 0 ? undefined : { [field]: at };
  },
});

/** Single and double precision by size; half precision is FEAT_FP16's too, which every processor with FEAT_FCMA here has. */
const complex: Arrangements = {
  '4h': { size: 1, Q: 0 },
  '8h': { size: 1, Q: 1 },
  '2s': { size: 2, Q: 0 },
  '4s': { size: 2, Q: 1 },
  '2d': { size: 3, Q: 1 },
};

/** Pairs of lanes, real part first. */
function mapPairs(
  b: Builder,
  shape: Shape,
  operands: readonly Value[],
  pair: (parts: readonly (readonly [Value, Value])[]) => readonly [Value, Value],
): Value {
  let result = zeroVector(b);
  for (let lane = 0; lane < shape.count; lane += 2) {
    const parts = operands.map((o) => [extract(b, shape.esize, o, lane), extract(b, shape.esize, o, lane + 1)] as const);
    const [real, imaginary] = pair(parts);
    result = replace(b, shape.esize, replace(b, shape.esize, result, lane, real), lane + 1, imaginary);
  }
  return result;
}

/** d + (a quarter of the complex product n × m, rotated): FCMLA of 90 × `rot` degrees. */
function multiplyAccumulate(b: Builder, shape: Shape, rot: number, n: Value, m: Value, d: Value): Value {
  const esize = shape.esize as FpWidth;
  const negated = (negative: boolean, v: Value) => (negative ? fpNegate(b, esize, v) : v);
  return mapPairs(b, shape, [n, m, d], ([[nr, ni], [mr, mi], [dr, di]]) => {
    const factor = rot & 1 ? ni! : nr!;
    const real = negated(rot === 1 || rot === 2, rot & 1 ? mi! : mr!);
    const imaginary = negated(rot >= 2, rot & 1 ? mr! : mi!);
    return [fpScalar(b, 'fpMulAdd', esize, dr!, factor, real), fpScalar(b, 'fpMulAdd', esize, di!, factor, imaginary)];
  });
}

const byElement = (size: string, esize: 16 | 32, set: Arrangements, where: (f: Fields) => boolean): InstructionDefinition => ({
  encoding: `0 Q 1 0 1 1 1 1 ${size} L M Rm4:4 0 rot 1 H 0 Rn Rd`,
  feature: 'FEAT_FCMA',
  assembly: 'fcmla <Vd.T>, <Vn.T>, <Ve>, #<rotation>',
  operands: { ...vectors(set, 'dn'), Ve: complexElement(esize), rotation: degrees('rot', [0, 90, 180, 270]) },
  ...withRotation(
    shaped(
      set,
      (b, shape, { rot }) => writeResult(b, shape, multiplyAccumulate(b, shape, rot!, b.v('Rn'), pairEverywhere(b, esize), b.v('Rd'))),
      where,
    ),
  ),
});

/** The element names a pair: twice as wide as a lane, indexed by H:L of halfwords and H of words. */
function pairEverywhere(b: Builder, esize: 16 | 32): Value {
  return elementEverywhere(b, esize === 16 ? 32 : 64);
}

/** Written with the lanes' own letter. */
const complexElement = (esize: 16 | 32): OperandSyntax => elementOperand(() => (esize === 16 ? 32 : 64), esize === 16 ? 'h' : 's');

function withRotation<T extends Pick<InstructionDefinition, 'statics'>>(parts: T): T {
  return { ...parts, statics: [...(parts.statics ?? []), 'rot'] };
}

export const simdComplex: readonly Instruction[] = instructions('Advanced SIMD complex arithmetic', {
  FCADD: {
    encoding: '0 Q 1 0 1 1 1 0 size 0 Rm 1 1 1 rot:1 0 1 Rn Rd',
    feature: 'FEAT_FCMA',
    assembly: 'fcadd <Vd.T>, <Vn.T>, <Vm.T>, #<rotation>',
    operands: { ...vectors(complex, 'dnm'), rotation: degrees('rot', [90, 270]) },
    ...withRotation(
      shaped(complex, (b, shape, { rot }) => {
        const esize = shape.esize as FpWidth;
        const sum = mapPairs(b, shape, [b.v('Rn'), b.v('Rm')], ([[nr, ni], [mr, mi]]) => {
          const [real, imaginary] = rot ? [mi!, fpNegate(b, esize, mr!)] : [fpNegate(b, esize, mi!), mr!];
          return [fpScalar(b, 'fpAdd', esize, nr!, real), fpScalar(b, 'fpAdd', esize, ni!, imaginary)];
        });
        writeResult(b, shape, sum);
      }),
    ),
  },
  FCMLA: {
    encoding: '0 Q 1 0 1 1 1 0 size 0 Rm 1 1 0 rot 1 Rn Rd',
    feature: 'FEAT_FCMA',
    assembly: 'fcmla <Vd.T>, <Vn.T>, <Vm.T>, #<rotation>',
    operands: { ...vectors(complex, 'dnm'), rotation: degrees('rot', [0, 90, 180, 270]) },
    ...withRotation(
      shaped(complex, (b, shape, { rot }) => writeResult(b, shape, multiplyAccumulate(b, shape, rot!, b.v('Rn'), b.v('Rm'), b.v('Rd')))),
    ),
  },
  'FCMLA (by element, half)': byElement('0 1', 16, arrangements.h, (f) => !(f.H === 1 && f.Q === 0)),
  'FCMLA (by element, single)': byElement('1 0', 32, { '4s': { Q: 1 } }, (f) => f.L === 0),
});
