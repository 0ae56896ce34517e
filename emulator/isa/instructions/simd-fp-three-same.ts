import type { Builder, Value } from '../builder.ts';
import { type Instruction, type InstructionDefinition, instructions } from '../instruction.ts';
import { type Arrangements, arrangements, scalarRegister, scalars, vectors } from '../syntax/simd.ts';
import { type FpFamily, type FpWidth, fpLanes, fpScalar, fusedLanes } from './fp-arithmetic.ts';
import { constantLanes, extract, shaped } from './simd-lanes.ts';
import type { Lanewise } from './simd-lanewise.ts';
import { pairwise, scalarForm, vectorForm } from './simd-three-same.ts';

/** One row: `a` is bit 23, `opcode` the low three bits shared by both encodings (single/double: 11xxx; half: 00xxx). */
interface Row {
  readonly U: 0 | 1;
  readonly a: 0 | 1;
  readonly opcode: string;
  readonly compute: Lanewise;
  readonly scalar?: true;
}

const lanesOf =
  (family: FpFamily): Lanewise =>
  (b, shape, n, m) =>
    fpLanes(b, shape, family, n, m);

/** FABD: the difference without its sign, a NaN's too. */
const absoluteDifference: Lanewise = (b, shape, n, m) =>
  b.op('v128.andnot', fpLanes(b, shape, 'fpSub', n, m), constantLanes(b, shape.esize, 1n << BigInt(shape.esize - 1)));

const rows: Readonly<Record<string, Row>> = {
  fmaxnm: { U: 0, a: 0, opcode: '0 0 0', compute: lanesOf('fpMaxNum') },
  fminnm: { U: 0, a: 1, opcode: '0 0 0', compute: lanesOf('fpMinNum') },
  fmla: { U: 0, a: 0, opcode: '0 0 1', compute: fusedLanes(false) },
  fmls: { U: 0, a: 1, opcode: '0 0 1', compute: fusedLanes(true) },
  fadd: { U: 0, a: 0, opcode: '0 1 0', compute: lanesOf('fpAdd') },
  fsub: { U: 0, a: 1, opcode: '0 1 0', compute: lanesOf('fpSub') },
  fmulx: { U: 0, a: 0, opcode: '0 1 1', compute: lanesOf('fpMulX'), scalar: true },
  fcmeq: { U: 0, a: 0, opcode: '1 0 0', compute: lanesOf('fpCompareEqual'), scalar: true },
  fmax: { U: 0, a: 0, opcode: '1 1 0', compute: lanesOf('fpMax') },
  fmin: { U: 0, a: 1, opcode: '1 1 0', compute: lanesOf('fpMin') },
  frecps: { U: 0, a: 0, opcode: '1 1 1', compute: lanesOf('fpRecipStep'), scalar: true },
  frsqrts: { U: 0, a: 1, opcode: '1 1 1', compute: lanesOf('fpRSqrtStep'), scalar: true },
  fmaxnmp: { U: 1, a: 0, opcode: '0 0 0', compute: pairwise(lanesOf('fpMaxNum')) },
  fminnmp: { U: 1, a: 1, opcode: '0 0 0', compute: pairwise(lanesOf('fpMinNum')) },
  faddp: { U: 1, a: 0, opcode: '0 1 0', compute: pairwise(lanesOf('fpAdd')) },
  fabd: { U: 1, a: 1, opcode: '0 1 0', compute: absoluteDifference, scalar: true },
  fmul: { U: 1, a: 0, opcode: '0 1 1', compute: lanesOf('fpMul') },
  fcmge: { U: 1, a: 0, opcode: '1 0 0', compute: lanesOf('fpCompareGreaterEqual'), scalar: true },
  fcmgt: { U: 1, a: 1, opcode: '1 0 0', compute: lanesOf('fpCompareGreater'), scalar: true },
  facge: { U: 1, a: 0, opcode: '1 0 1', compute: lanesOf('fpAbsoluteGreaterEqual'), scalar: true },
  facgt: { U: 1, a: 1, opcode: '1 0 1', compute: lanesOf('fpAbsoluteGreater'), scalar: true },
  fmaxp: { U: 1, a: 0, opcode: '1 1 0', compute: pairwise(lanesOf('fpMax')) },
  fminp: { U: 1, a: 1, opcode: '1 1 0', compute: pairwise(lanesOf('fpMin')) },
  fdiv: { U: 1, a: 0, opcode: '1 1 1', compute: lanesOf('fpDiv') },
};

const half = (definition: InstructionDefinition): InstructionDefinition => ({ ...definition, feature: 'FEAT_FP16' });

export const simdFpThreeSame: readonly Instruction[] = instructions(
  'Advanced SIMD three same (floating-point)',
  Object.fromEntries(
    Object.entries(rows).flatMap(([m, { U, a, opcode, compute }]) => [
      [`${m.toUpperCase()} (vector)`, vectorForm(`0 Q ${U} 0 1 1 1 0 ${a} sz 1 Rm 1 1 ${opcode} 1 Rn Rd`, m, arrangements.sd, compute)],
      [
        `${m.toUpperCase()} (vector, half)`,
        half(vectorForm(`0 Q ${U} 0 1 1 1 0 ${a} 1 0 Rm 0 0 ${opcode} 1 Rn Rd`, m, arrangements.h, compute)),
      ],
    ]),
  ),
);

export const simdFpScalarThreeSame: readonly Instruction[] = instructions(
  'Advanced SIMD scalar three same (floating-point)',
  Object.fromEntries(
    Object.entries(rows).flatMap(([m, { U, a, opcode, compute, scalar }]) =>
      scalar
        ? [
            [
              `${m.toUpperCase()} (vector form, scalar)`,
              scalarForm(`0 1 ${U} 1 1 1 1 0 ${a} sz 1 Rm 1 1 ${opcode} 1 Rn Rd`, m, scalars.sd, compute),
            ],
            [
              `${m.toUpperCase()} (vector form, scalar half)`,
              half(scalarForm(`0 1 ${U} 1 1 1 1 0 ${a} 1 0 Rm 0 0 ${opcode} 1 Rn Rd`, m, scalars.onlyH, compute)),
            ],
          ]
        : [],
    ),
  ),
);

/** Reduction of a vector or of a pair, in the order of the Arm ARM's Reduce(): halves against each other. */
function reduce(b: Builder, esize: FpWidth, family: FpFamily, elements: readonly Value[]): Value {
  if (elements.length === 1) return elements[0]!;
  const middle = elements.length / 2;
  const low = reduce(b, esize, family, elements.slice(0, middle));
  return fpScalar(b, family, esize, low, reduce(b, esize, family, elements.slice(middle)));
}

const reduction = (
  encoding: string,
  mnemonic: string,
  set: Arrangements,
  result: Arrangements,
  family: FpFamily,
): InstructionDefinition => ({
  encoding,
  assembly: `${mnemonic} <Vd>, <Vn.T>`,
  operands: { Vd: scalarRegister('Rd', result), ...vectors(set, 'n') },
  ...shaped(set, (b, shape) => {
    const source = b.v('Rn');
    const esize = shape.esize as FpWidth;
    const elements = Array.from({ length: shape.count }, (_, k) => extract(b, esize, source, k));
    b.setVElement('Rd', esize, reduce(b, esize, family, elements));
  }),
});

const reductions: readonly [string, 0 | 1, string, FpFamily][] = [
  ['fmaxnm', 0, '0 1 1 0 0', 'fpMaxNum'],
  ['fminnm', 1, '0 1 1 0 0', 'fpMinNum'],
  ['fmax', 0, '0 1 1 1 1', 'fpMax'],
  ['fmin', 1, '0 1 1 1 1', 'fpMin'],
];
/** Pairs of two elements: single and double precision by sz. */
const pairs: Arrangements = { '2s': { sz: 0 }, '2d': { sz: 1 } };

export const simdFpReductions: readonly Instruction[] = instructions('Advanced SIMD across lanes and scalar pairwise (floating-point)', {
  ...Object.fromEntries(
    reductions.flatMap(([m, a, opcode, family]) => [
      [
        `${m.toUpperCase()}V`,
        reduction(`0 1 1 0 1 1 1 0 ${a} 0 1 1 0 0 0 ${opcode} 1 0 Rn Rd`, `${m}v`, { '4s': {} }, scalars.onlyS, family),
      ],
      [
        `${m.toUpperCase()}V (half)`,
        half(reduction(`0 Q 0 0 1 1 1 0 ${a} 0 1 1 0 0 0 ${opcode} 1 0 Rn Rd`, `${m}v`, arrangements.h, scalars.onlyH, family)),
      ],
    ]),
  ),
  ...Object.fromEntries(
    [...reductions, ['fadd', 0, '0 1 1 0 1', 'fpAdd'] as const].flatMap(([m, a, opcode, family]) => [
      [
        `${m.toUpperCase()}P (scalar)`,
        reduction(`0 1 1 1 1 1 1 0 ${a} sz 1 1 0 0 0 ${opcode} 1 0 Rn Rd`, `${m}p`, pairs, scalars.sd, family),
      ],
      [
        `${m.toUpperCase()}P (scalar, half)`,
        half(reduction(`0 1 0 1 1 1 1 0 ${a} 0 1 1 0 0 0 ${opcode} 1 0 Rn Rd`, `${m}p`, { '2h': {} }, scalars.onlyH, family)),
      ],
    ]),
  ),
});
