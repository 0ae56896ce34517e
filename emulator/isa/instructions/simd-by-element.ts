import type { Builder, Value } from '../builder.ts';
import { type Fields, type Instruction, type InstructionDefinition, instructions, type OperandSyntax } from '../instruction.ts';
import { type Arrangements, arrangements, type Shape, scalarRegisters, scalars, upperHalf, vectors } from '../syntax/simd.ts';
import { fpLanes, fusedLanes } from './fp-arithmetic.ts';
import { extract, lanes, shaped, writeResult } from './simd-lanes.ts';
import { type Lanewise, lanewise } from './simd-lanewise.ts';
import { doubledProduct, longProduct, saturatingAccumulate, scalarDoubledProduct, writeDoubled } from './simd-three-different.ts';
import { dotProduct } from './simd-three-same.ts';

/** How an element is encoded: halfwords in H:L:M of V0–V15, words in H:L, doublewords in H. The register's top bit is M where the index leaves it. */
const elements = {
  16: { letter: 'h', register: (f: Fields) => f.Rm4!, index: (f: Fields) => (f.H! << 2) | (f.L! << 1) | f.M! },
  32: { letter: 's', register: (f: Fields) => (f.M! << 4) | f.Rm4!, index: (f: Fields) => (f.H! << 1) | f.L! },
  64: { letter: 'd', register: (f: Fields) => (f.M! << 4) | f.Rm4!, index: (f: Fields) => f.H! },
} as const;
type ElementWidth = keyof typeof elements;

/** `v3.h[5]`. `letter` says what is written after the dot where it is not the element's width (`4b` of the dot products). */
export function elementOperand(esizeOf: (f: Fields) => ElementWidth | undefined, written?: string): OperandSyntax {
  return {
    print: (f) => {
      const esize = esizeOf(f);
      if (!esize) return undefined;
      const { letter, register, index } = elements[esize];
      return `v${register(f)}.${written ?? letter}[${index(f)}]`;
    },
    parse: (text, _context, known) => {
      const match = /^v(\d{1,2})\.(\w+)\[(\d)\]$/i.exec(text.replace(/\s/g, ''));
      const esize = esizeOf(known ?? {});
      if (!match || !esize || match[2]!.toLowerCase() !== (written ?? elements[esize].letter)) return undefined;
      const register = Number(match[1]);
      const index = Number(match[3]);
      if (register >= (esize === 16 ? 16 : 32) || index >= 128 / esize) return undefined;
      if (esize === 16) return { Rm4: register, H: index >> 2, L: (index >> 1) & 1, M: index & 1 };
      return { Rm4: register & 15, M: register >> 4, H: esize === 32 ? index >> 1 : index, L: esize === 32 ? index & 1 : 0 };
    },
  };
}

const bySize = (f: Fields): ElementWidth | undefined => (f.size === 1 ? 16 : f.size === 2 ? 32 : undefined);
const bySz = (f: Fields): ElementWidth | undefined => (f.sz === 0 ? 32 : f.sz === 1 ? 64 : undefined);

/** The element in every lane. */
export function elementEverywhere(b: Builder, esize: ElementWidth): Value {
  const { register, index } = elements[esize];
  const bytes = esize / 8;
  const pattern = b.v128(Array.from({ length: 16 }, (_, k) => k % bytes));
  const start = b.op(
    'i8x16.splat',
    b.small((f) => index(f) * bytes),
  );
  return b.op('i8x16.swizzle', b.v(register), b.op('i8x16.add', pattern, start));
}

const encoding = (scalar: boolean, U: 0 | 1, size: string, opcode: string): string =>
  `${scalar ? '0 1' : '0 Q'} ${U} ${scalar ? '1' : '0'} 1 1 1 1 ${size} L M Rm4:4 ${opcode} H 0 Rn Rd`;

const hs = arrangements.hs;

/** Lane by lane, result as wide as the operands. */
const same = (U: 0 | 1, opcode: string, mnemonic: string, compute: Lanewise): InstructionDefinition => ({
  encoding: encoding(false, U, 'size', opcode),
  assembly: `${mnemonic} <Vd.T>, <Vn.T>, <Ve>`,
  operands: { ...vectors(hs, 'dn'), Ve: elementOperand(bySize) },
  ...shaped(hs, (b, shape) =>
    writeResult(b, shape, compute(b, shape, b.v('Rn'), elementEverywhere(b, shape.esize as ElementWidth), b.v('Rd'))),
  ),
});

const sameScalar = (U: 0 | 1, opcode: string, mnemonic: string, compute: Lanewise): InstructionDefinition => ({
  encoding: encoding(true, U, 'size', opcode),
  assembly: `${mnemonic} <Vd>, <Vn>, <Ve>`,
  operands: { ...scalarRegisters(scalars.hs, 'dn'), Ve: elementOperand(bySize) },
  ...shaped(scalars.hs, (b, shape) =>
    writeResult(b, shape, compute(b, shape, b.v('Rn'), elementEverywhere(b, shape.esize as ElementWidth), b.v('Rd'))),
  ),
});

interface LongOperands {
  readonly b: Builder;
  readonly esize: 16 | 32;
  readonly upper: boolean;
  readonly signed: boolean;
}

const long = (
  U: 0 | 1,
  opcode: string,
  mnemonic: string,
  compute: (l: LongOperands, n: Value, m: Value, d: Value) => Value,
): InstructionDefinition => ({
  encoding: encoding(false, U, 'size', opcode),
  assembly: `${mnemonic}<2> <Vd.Ta>, <Vn.T>, <Ve>`,
  operands: { 2: upperHalf, ...vectors(arrangements.wideHs, 'd', 'Ta'), ...vectors(hs, 'n'), Ve: elementOperand(bySize) },
  ...shaped(hs, (b, shape) => {
    const esize = shape.esize as 16 | 32;
    b.setV('Rd', compute({ b, esize, upper: shape.bytes === 16, signed: U === 0 }, b.v('Rn'), elementEverywhere(b, esize), b.v('Rd')));
  }),
});

const accumulated =
  (operation: 'add' | 'sub') =>
  (l: LongOperands, n: Value, m: Value, d: Value): Value =>
    lanes(l.b, { esize: (l.esize * 2) as 32 | 64 }, operation, d, longProduct(l, n, m));

const doubled =
  (name: 'sqadd' | 'sqsub') =>
  (l: LongOperands, n: Value, m: Value, d: Value): Value =>
    saturatingAccumulate(l.b, name, l.esize * 2, d, doubledProduct(l, n, m));

const doubledScalar = (opcode: string, mnemonic: string, accumulate: 'sqadd' | 'sqsub' | undefined): InstructionDefinition => ({
  encoding: encoding(true, 0, 'size', opcode),
  assembly: `${mnemonic} <Vda>, <Vn>, <Ve>`,
  operands: {
    Vda: scalarRegisters(scalars.wideHs, 'd').Vd!,
    ...scalarRegisters(scalars.hs, 'n'),
    Ve: elementOperand(bySize),
  },
  ...shaped(scalars.hs, (b, shape) => {
    const esize = shape.esize as 16 | 32;
    const element = extract(b, 64, elementEverywhere(b, esize), 0);
    writeDoubled(b, esize, accumulate, scalarDoubledProduct(b, esize, b.vElement('Rn', 64), element));
  }),
});

/** FMLA, FMLS, FMUL, FMULX on the lanes of vectors. */
type FpCompute = (b: Builder, shape: Shape, n: Value, m: Value, d: Value) => Value;
const product: FpCompute = (b, shape, n, m) => fpLanes(b, shape, 'fpMul', n, m);
const productExtended: FpCompute = (b, shape, n, m) => fpLanes(b, shape, 'fpMulX', n, m);
const fpOperation = (compute: FpCompute) => (b: Builder, shape: Shape) =>
  writeResult(b, shape, compute(b, shape, b.v('Rn'), elementEverywhere(b, shape.esize as ElementWidth), b.v('Rd')));

/** Single and double precision: `sz`, and L must be clear for doublewords. */
const fpEntry = (scalar: boolean, U: 0 | 1, opcode: string, mnemonic: string, compute: FpCompute): InstructionDefinition => {
  const set: Arrangements = scalar ? scalars.sd : arrangements.sd;
  return {
    encoding: encoding(scalar, U, '1 sz', opcode),
    assembly: scalar ? `${mnemonic} <Vd>, <Vn>, <Ve>` : `${mnemonic} <Vd.T>, <Vn.T>, <Ve>`,
    operands: { ...(scalar ? scalarRegisters(set, 'dn') : vectors(set, 'dn')), Ve: elementOperand(bySz) },
    ...shaped(set, fpOperation(compute), (f) => !(f.sz === 1 && f.L === 1)),
  };
};

const halfEntry = (scalar: boolean, U: 0 | 1, opcode: string, mnemonic: string, compute: FpCompute): InstructionDefinition => {
  const set: Arrangements = scalar ? scalars.onlyH : arrangements.h;
  return {
    encoding: encoding(scalar, U, '0 0', opcode),
    feature: 'FEAT_FP16',
    assembly: scalar ? `${mnemonic} <Vd>, <Vn>, <Ve>` : `${mnemonic} <Vd.T>, <Vn.T>, <Ve>`,
    operands: { ...(scalar ? scalarRegisters(set, 'dn') : vectors(set, 'dn')), Ve: elementOperand(() => 16) },
    ...shaped(set, fpOperation(compute)),
  };
};

const dot = (U: 0 | 1, mnemonic: string): InstructionDefinition => ({
  encoding: encoding(false, U, '1 0', '1 1 1 0'),
  feature: 'FEAT_DotProd',
  assembly: `${mnemonic} <Vd.T>, <Vn.Tb>, <Ve>`,
  operands: { ...vectors(arrangements.s, 'd'), ...vectors(arrangements.bytes, 'n', 'Tb'), Ve: elementOperand(() => 32, '4b') },
  ...shaped(arrangements.s, (b, shape) =>
    writeResult(b, shape, b.op('i32x4.add', b.v('Rd'), dotProduct(b, U === 0, b.v('Rn'), elementEverywhere(b, 32)))),
  ),
});

const rdm = (definition: InstructionDefinition): InstructionDefinition => ({ ...definition, feature: 'FEAT_RDM' });

/** The four floating-point rows, in the formats that the form has. */
const fpRows = (scalar: boolean): Record<string, InstructionDefinition> => {
  const rows: [string, 0 | 1, string, FpCompute][] = [
    ['fmla', 0, '0 0 0 1', fusedLanes(false)],
    ['fmls', 0, '0 1 0 1', fusedLanes(true)],
    ['fmul', 0, '1 0 0 1', product],
    ['fmulx', 1, '1 0 0 1', productExtended],
  ];
  const form = scalar ? 'by element, scalar' : 'by element';
  return Object.fromEntries(
    rows.flatMap(([mnemonic, U, opcode, compute]) => [
      [`${mnemonic.toUpperCase()} (${form})`, fpEntry(scalar, U, opcode, mnemonic, compute)],
      [`${mnemonic.toUpperCase()} (${form}, half)`, halfEntry(scalar, U, opcode, mnemonic, compute)],
    ]),
  );
};

export const simdByElement: readonly Instruction[] = instructions('Advanced SIMD vector x indexed element', {
  'MUL (by element)': same(0, '1 0 0 0', 'mul', lanewise.mul),
  'MLA (by element)': same(1, '0 0 0 0', 'mla', lanewise.mla),
  'MLS (by element)': same(1, '0 1 0 0', 'mls', lanewise.mls),
  'SMLAL (by element)': long(0, '0 0 1 0', 'smlal', accumulated('add')),
  'UMLAL (by element)': long(1, '0 0 1 0', 'umlal', accumulated('add')),
  'SMLSL (by element)': long(0, '0 1 1 0', 'smlsl', accumulated('sub')),
  'UMLSL (by element)': long(1, '0 1 1 0', 'umlsl', accumulated('sub')),
  'SMULL (by element)': long(0, '1 0 1 0', 'smull', longProduct),
  'UMULL (by element)': long(1, '1 0 1 0', 'umull', longProduct),
  'SQDMLAL (by element)': long(0, '0 0 1 1', 'sqdmlal', doubled('sqadd')),
  'SQDMLSL (by element)': long(0, '0 1 1 1', 'sqdmlsl', doubled('sqsub')),
  'SQDMULL (by element)': long(0, '1 0 1 1', 'sqdmull', doubledProduct),
  'SQDMULH (by element)': same(0, '1 1 0 0', 'sqdmulh', lanewise.sqdmulh),
  'SQRDMULH (by element)': same(0, '1 1 0 1', 'sqrdmulh', lanewise.sqrdmulh),
  'SQRDMLAH (by element)': rdm(same(1, '1 1 0 1', 'sqrdmlah', lanewise.sqrdmlah)),
  'SQRDMLSH (by element)': rdm(same(1, '1 1 1 1', 'sqrdmlsh', lanewise.sqrdmlsh)),
  'SDOT (by element)': dot(0, 'sdot'),
  'UDOT (by element)': dot(1, 'udot'),
  ...fpRows(false),
});

export const simdScalarByElement: readonly Instruction[] = instructions('Advanced SIMD scalar x indexed element', {
  'SQDMLAL (by element, scalar)': doubledScalar('0 0 1 1', 'sqdmlal', 'sqadd'),
  'SQDMLSL (by element, scalar)': doubledScalar('0 1 1 1', 'sqdmlsl', 'sqsub'),
  'SQDMULL (by element, scalar)': doubledScalar('1 0 1 1', 'sqdmull', undefined),
  'SQDMULH (by element, scalar)': sameScalar(0, '1 1 0 0', 'sqdmulh', lanewise.sqdmulh),
  'SQRDMULH (by element, scalar)': sameScalar(0, '1 1 0 1', 'sqrdmulh', lanewise.sqrdmulh),
  'SQRDMLAH (by element, scalar)': rdm(sameScalar(1, '1 1 0 1', 'sqrdmlah', lanewise.sqrdmlah)),
  'SQRDMLSH (by element, scalar)': rdm(sameScalar(1, '1 1 1 1', 'sqrdmlsh', lanewise.sqrdmlsh)),
  ...fpRows(true),
});
