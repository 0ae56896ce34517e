import type { Builder, Value } from '../builder.ts';
import { type Instruction, type InstructionDefinition, instructions } from '../instruction.ts';
import { type Arrangements, arrangements, type Shape, scalarRegisters, scalars, vectors } from '../syntax/simd.ts';
import { shaped, writeResult } from './simd-lanes.ts';
import { type Lanewise, lanewise } from './simd-lanewise.ts';

/** One row: vector and scalar forms of an instruction share opcode and operation. */
interface Row {
  readonly U: 0 | 1;
  readonly opcode: string;
  readonly vector?: Arrangements;
  readonly scalar?: Arrangements;
}

const { bhsd, bhs, hs, b } = arrangements;
const d = scalars.d;
const any = scalars.bhsd;

/** Advanced SIMD (scalar) three same, integer, by mnemonic. */
const rows: Readonly<Record<string, Row>> = {
  shadd: { U: 0, opcode: '0 0 0 0 0', vector: bhs },
  uhadd: { U: 1, opcode: '0 0 0 0 0', vector: bhs },
  sqadd: { U: 0, opcode: '0 0 0 0 1', vector: bhsd, scalar: any },
  uqadd: { U: 1, opcode: '0 0 0 0 1', vector: bhsd, scalar: any },
  srhadd: { U: 0, opcode: '0 0 0 1 0', vector: bhs },
  urhadd: { U: 1, opcode: '0 0 0 1 0', vector: bhs },
  shsub: { U: 0, opcode: '0 0 1 0 0', vector: bhs },
  uhsub: { U: 1, opcode: '0 0 1 0 0', vector: bhs },
  sqsub: { U: 0, opcode: '0 0 1 0 1', vector: bhsd, scalar: any },
  uqsub: { U: 1, opcode: '0 0 1 0 1', vector: bhsd, scalar: any },
  cmgt: { U: 0, opcode: '0 0 1 1 0', vector: bhsd, scalar: d },
  cmhi: { U: 1, opcode: '0 0 1 1 0', vector: bhsd, scalar: d },
  cmge: { U: 0, opcode: '0 0 1 1 1', vector: bhsd, scalar: d },
  cmhs: { U: 1, opcode: '0 0 1 1 1', vector: bhsd, scalar: d },
  sshl: { U: 0, opcode: '0 1 0 0 0', vector: bhsd, scalar: d },
  ushl: { U: 1, opcode: '0 1 0 0 0', vector: bhsd, scalar: d },
  sqshl: { U: 0, opcode: '0 1 0 0 1', vector: bhsd, scalar: any },
  uqshl: { U: 1, opcode: '0 1 0 0 1', vector: bhsd, scalar: any },
  srshl: { U: 0, opcode: '0 1 0 1 0', vector: bhsd, scalar: d },
  urshl: { U: 1, opcode: '0 1 0 1 0', vector: bhsd, scalar: d },
  sqrshl: { U: 0, opcode: '0 1 0 1 1', vector: bhsd, scalar: any },
  uqrshl: { U: 1, opcode: '0 1 0 1 1', vector: bhsd, scalar: any },
  smax: { U: 0, opcode: '0 1 1 0 0', vector: bhs },
  umax: { U: 1, opcode: '0 1 1 0 0', vector: bhs },
  smin: { U: 0, opcode: '0 1 1 0 1', vector: bhs },
  umin: { U: 1, opcode: '0 1 1 0 1', vector: bhs },
  sabd: { U: 0, opcode: '0 1 1 1 0', vector: bhs },
  uabd: { U: 1, opcode: '0 1 1 1 0', vector: bhs },
  saba: { U: 0, opcode: '0 1 1 1 1', vector: bhs },
  uaba: { U: 1, opcode: '0 1 1 1 1', vector: bhs },
  add: { U: 0, opcode: '1 0 0 0 0', vector: bhsd, scalar: d },
  sub: { U: 1, opcode: '1 0 0 0 0', vector: bhsd, scalar: d },
  cmtst: { U: 0, opcode: '1 0 0 0 1', vector: bhsd, scalar: d },
  cmeq: { U: 1, opcode: '1 0 0 0 1', vector: bhsd, scalar: d },
  mla: { U: 0, opcode: '1 0 0 1 0', vector: bhs },
  mls: { U: 1, opcode: '1 0 0 1 0', vector: bhs },
  mul: { U: 0, opcode: '1 0 0 1 1', vector: bhs },
  pmul: { U: 1, opcode: '1 0 0 1 1', vector: b },
  sqdmulh: { U: 0, opcode: '1 0 1 1 0', vector: hs, scalar: scalars.hs },
  sqrdmulh: { U: 1, opcode: '1 0 1 1 0', vector: hs, scalar: scalars.hs },
};

/** Reads the sources (and the destination) in full, works on the lanes, writes what the shape covers. */
const apply = (compute: Lanewise) => (builder: Builder, shape: Shape) =>
  writeResult(builder, shape, compute(builder, shape, builder.v('Rn'), builder.v('Rm'), builder.v('Rd')));

/** `<Vd.T>, <Vn.T>, <Vm.T>`. */
export const vectorForm = (encoding: string, mnemonic: string, set: Arrangements, compute: Lanewise): InstructionDefinition => ({
  encoding,
  assembly: `${mnemonic} <Vd.T>, <Vn.T>, <Vm.T>`,
  operands: vectors(set, 'dnm'),
  ...shaped(set, apply(compute)),
});

/** `<Vd>, <Vn>, <Vm>`. */
export const scalarForm = (encoding: string, mnemonic: string, set: Arrangements, compute: Lanewise): InstructionDefinition => ({
  encoding,
  assembly: `${mnemonic} <Vd>, <Vn>, <Vm>`,
  operands: scalarRegisters(set, 'dnm'),
  ...shaped(set, apply(compute)),
});

const entries = (
  form: (mnemonic: string, row: Row, compute: Lanewise) => InstructionDefinition | undefined,
  title: (name: string) => string,
): Record<string, InstructionDefinition> =>
  Object.fromEntries(
    Object.entries(rows).flatMap(([mnemonic, row]) => {
      const definition = form(mnemonic, row, lanewise[mnemonic as keyof typeof lanewise]);
      return definition ? [[title(mnemonic.toUpperCase()), definition]] : [];
    }),
  );

export const simdThreeSame: readonly Instruction[] = instructions(
  'Advanced SIMD three same',
  entries(
    (mnemonic, { U, opcode, vector }, compute) =>
      vector && vectorForm(`0 Q ${U} 0 1 1 1 0 size 1 Rm ${opcode} 1 Rn Rd`, mnemonic, vector, compute),
    (name) => `${name} (vector)`,
  ),
);

export const simdScalarThreeSame: readonly Instruction[] = instructions(
  'Advanced SIMD scalar three same',
  entries(
    (mnemonic, { U, opcode, scalar }, compute) =>
      scalar && scalarForm(`0 1 ${U} 1 1 1 1 0 size 1 Rm ${opcode} 1 Rn Rd`, mnemonic, scalar, compute),
    (name) => `${name} (scalar)`,
  ),
);

/** Bitwise: the size field is part of the opcode. */
const logical = (U: 0 | 1, size: string, mnemonic: 'and' | 'bic' | 'orr' | 'orn' | 'eor' | 'bsl' | 'bit' | 'bif'): InstructionDefinition =>
  vectorForm(`0 Q ${U} 0 1 1 1 0 ${size} 1 Rm 0 0 0 1 1 1 Rn Rd`, mnemonic, arrangements.bytes, lanewise[mnemonic]);

export const simdLogical: readonly Instruction[] = instructions('Advanced SIMD three same (logical)', {
  'AND (vector)': logical(0, '0 0', 'and'),
  'BIC (vector, register)': logical(0, '0 1', 'bic'),
  'ORR (vector, register)': {
    ...logical(0, '1 0', 'orr'),
    aliases: { 'mov <Vd.T>, <Vn.T>': { when: (f) => f.Rn === f.Rm, implies: (f) => ({ Rm: f.Rn! }) } },
  },
  'ORN (vector)': logical(0, '1 1', 'orn'),
  'EOR (vector)': logical(1, '0 0', 'eor'),
  BSL: logical(1, '0 1', 'bsl'),
  BIT: logical(1, '1 0', 'bit'),
  BIF: logical(1, '1 1', 'bif'),
});

/** Elements of two registers, n's below m's, as byte numbers of a shuffle. For half registers only the low halves take part. */
export function concatenated(shape: Shape): readonly number[] {
  const size = shape.esize / 8;
  return Array.from({ length: 2 * shape.count }, (_, k) => (k < shape.count ? k * size : 16 + (k - shape.count) * size));
}

/** Shuffle immediate that takes these elements (byte numbers of their first bytes); the rest repeats the first. */
export function takeElements(shape: Shape, elements: readonly number[]): number[] {
  const size = shape.esize / 8;
  return Array.from({ length: 16 }, (_, at) => (elements[Math.floor(at / size)] ?? elements[0]!) + (at % size));
}

/** Applies a lane operation to neighbouring elements of n and m joined. */
export const pairwise =
  (compute: Lanewise): Lanewise =>
  (builder, shape, n, m, old) => {
    const all = concatenated(shape);
    const even = builder.shuffle(
      takeElements(
        shape,
        all.filter((_, k) => k % 2 === 0),
      ),
      n,
      m,
    );
    const odd = builder.shuffle(
      takeElements(
        shape,
        all.filter((_, k) => k % 2 === 1),
      ),
      n,
      m,
    );
    return compute(builder, shape, even, odd, old);
  };

const pairwiseForm = (U: 0 | 1, opcode: string, mnemonic: string, set: Arrangements, compute: Lanewise): InstructionDefinition =>
  vectorForm(`0 Q ${U} 0 1 1 1 0 size 1 Rm ${opcode} 1 Rn Rd`, mnemonic, set, pairwise(compute));

export const simdPairwise: readonly Instruction[] = instructions('Advanced SIMD three same (pairwise)', {
  'ADDP (vector)': pairwiseForm(0, '1 0 1 1 1', 'addp', bhsd, lanewise.add),
  SMAXP: pairwiseForm(0, '1 0 1 0 0', 'smaxp', bhs, lanewise.smax),
  SMINP: pairwiseForm(0, '1 0 1 0 1', 'sminp', bhs, lanewise.smin),
  UMAXP: pairwiseForm(1, '1 0 1 0 0', 'umaxp', bhs, lanewise.umax),
  UMINP: pairwiseForm(1, '1 0 1 0 1', 'uminp', bhs, lanewise.umin),
});

/** FEAT_RDM: rounding doubling multiply accumulate. */
const doublingAccumulate = (opcode: string, mnemonic: 'sqrdmlah' | 'sqrdmlsh'): [InstructionDefinition, InstructionDefinition] => [
  { ...vectorForm(`0 Q 1 0 1 1 1 0 size 0 Rm ${opcode} 1 Rn Rd`, mnemonic, hs, lanewise[mnemonic]), feature: 'FEAT_RDM' },
  { ...scalarForm(`0 1 1 1 1 1 1 0 size 0 Rm ${opcode} 1 Rn Rd`, mnemonic, scalars.hs, lanewise[mnemonic]), feature: 'FEAT_RDM' },
];
const [sqrdmlahVector, sqrdmlahScalar] = doublingAccumulate('1 0 0 0 0', 'sqrdmlah');
const [sqrdmlshVector, sqrdmlshScalar] = doublingAccumulate('1 0 0 0 1', 'sqrdmlsh');

/** Four products of bytes added up in each 32-bit lane: `signed` extends both factors. */
export function dotProduct(builder: Builder, signed: boolean, n: Value, m: Value): Value {
  const sign = signed ? 's' : 'u';
  const sums = (half: 'low' | 'high') => {
    const products = builder.op(`i16x8.extmul_${half}_i8x16_${sign}`, n, m);
    // Unsigned products fill 16 bits, so their pairs are added as unsigned; signed ones as signed.
    return builder.op(`i32x4.extadd_pairwise_i16x8_${sign}`, products);
  };
  const low = sums('low');
  const high = sums('high');
  const even = builder.shuffle([0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27], low, high);
  const odd = builder.shuffle([4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31], low, high);
  return builder.op('i32x4.add', even, odd);
}

const dotForm = (U: 0 | 1, mnemonic: string): InstructionDefinition => ({
  encoding: `0 Q ${U} 0 1 1 1 0 1 0 0 Rm 1 0 0 1 0 1 Rn Rd`,
  feature: 'FEAT_DotProd',
  assembly: `${mnemonic} <Vd.T>, <Vn.Tb>, <Vm.Tb>`,
  operands: { ...vectors(arrangements.s, 'd'), ...vectors(arrangements.bytes, 'nm', 'Tb') },
  ...shaped(arrangements.s, (builder, shape) =>
    writeResult(builder, shape, builder.op('i32x4.add', builder.v('Rd'), dotProduct(builder, U === 0, builder.v('Rn'), builder.v('Rm')))),
  ),
});

export const simdThreeSameExtra: readonly Instruction[] = instructions('Advanced SIMD three-register extension', {
  'SQRDMLAH (vector)': sqrdmlahVector,
  'SQRDMLSH (vector)': sqrdmlshVector,
  'SDOT (vector)': dotForm(0, 'sdot'),
  'UDOT (vector)': dotForm(1, 'udot'),
});

export const simdScalarThreeSameExtra: readonly Instruction[] = instructions('Advanced SIMD scalar three same extra', {
  'SQRDMLAH (scalar)': sqrdmlahScalar,
  'SQRDMLSH (scalar)': sqrdmlshScalar,
});
