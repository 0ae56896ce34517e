import type { Builder, Value } from '../builder.ts';
import {
  type Fields,
  type Instruction,
  type InstructionDefinition,
  instructions,
  type OperandSyntax,
  type Static,
} from '../instruction.ts';
import { type Arrangements, type Shape, vectors } from '../syntax/simd.ts';
import { extract, laneType, writeResult } from './simd-lanes.ts';

const widths = ['b', 'h', 's', 'd'] as const;

/** imm5 gives the element size by its lowest set bit, and the index above it. */
const sizeOf = (f: Fields): number => (f.imm5! & 15 ? 31 - Math.clz32(f.imm5! & -f.imm5!) : 4);
const indexOf = (f: Fields): number => f.imm5! >> (sizeOf(f) + 1);
const elementBits = (size: number) => (8 << size) as Shape['esize'];

/** Element size as a static, where it may be at most `highest`. */
const sizeStatic = (highest: number): Static => ({
  name: 'size',
  values: Array.from({ length: highest + 1 }, (_, k) => k),
  of: sizeOf,
});

/** `v1.s[2]`: register and element that imm5 encodes. `indexField` for INS, whose second index is imm4 in units of bytes. */
const element = (register: string, indexField: 'imm5' | 'imm4' = 'imm5'): OperandSyntax => ({
  print: (f) => `v${f[register]}.${widths[sizeOf(f)]}[${indexField === 'imm5' ? indexOf(f) : f.imm4! >> sizeOf(f)}]`,
  parse: (text) => {
    const match = /^v(\d{1,2})\.([bhsd])\[(\d{1,2})\]$/i.exec(text.replace(/\s/g, ''));
    if (!match || Number(match[1]) > 31) return undefined;
    const size = widths.indexOf(match[2]!.toLowerCase() as 'b');
    const index = Number(match[3]);
    if (index >= 16 >> size) return undefined;
    const encoded: Fields = indexField === 'imm5' ? { imm5: ((index * 2 + 1) << size) % 32 } : { imm4: index << size };
    return { ...encoded, [register]: Number(match[1]) };
  },
});

/** Element size only: `v1.b` names of the general-register forms carry the index in imm5 too. */
const arrangementsBySize: Arrangements = Object.fromEntries(
  widths.flatMap((w, size) => [0, 1].map((Q) => [`${(8 << Q) >> size}${w}`, { size, Q }])),
);
const withSize = (f: Fields): Fields => ({ ...f, size: sizeOf(f) });

/** Arrangement of DUP: size from imm5, which the assembler completes with the element's index (`own` 1: a general register has none). */
const destination = (own: boolean): OperandSyntax => {
  const vector = vectors(arrangementsBySize, 'd')['Vd.T']!;
  return {
    print: (f, address) => vector.print(withSize(f), address),
    parse: (text, context) => {
      const fields = vector.parse(text, context);
      if (!fields) return undefined;
      const { size, ...rest } = fields;
      return own ? { ...rest, imm5: 1 << size! } : rest;
    },
  };
};

/** Byte numbers of the element in every lane: the index is read at run time. */
function broadcastOrder(b: Builder, size: number, index: Value): Value {
  const pattern = b.v128(Array.from({ length: 16 }, (_, k) => k % (1 << size)));
  return b.op('i8x16.add', pattern, b.op('i8x16.splat', b.shl(index, size)));
}

/** The element that imm5 names, in every lane. */
const broadcast = (b: Builder, size: number): Value => b.op('i8x16.swizzle', b.v('Rn'), broadcastOrder(b, size, b.small(indexOf)));

/** Replaces the element whose index is known at run time. */
function insert(b: Builder, size: number, index: Value, elements: Value): void {
  const bytes = b.v128(Array.from({ length: 16 }, (_, k) => k >> size));
  b.setV('Rd', b.op('v128.bitselect', elements, b.v('Rd'), b.op('i8x16.eq', bytes, b.op('i8x16.splat', index))));
}

const splat = (b: Builder, size: number, value: Value): Value => b.op(`${laneType[elementBits(size)]}.splat`, value);
const allocated = (f: Fields) => sizeOf(f) < 4;
const notLoneDoubleword = (f: Fields) => allocated(f) && !(sizeOf(f) === 3 && f.Q === 0);

/** UMOV and SMOV: an element to a general register. */
const move = (signed: boolean, Q: 0 | 1, where: (size: number) => boolean, sizes: readonly number[]): InstructionDefinition => ({
  encoding: `0 ${Q} 0 0 1 1 1 0 0 0 0 imm5 0 0 1 ${signed ? 0 : 1} 1 1 Rn Rd`,
  where: (f) => where(sizeOf(f)),
  assembly: `${signed ? 'smov' : 'umov'} <${Q ? 'X' : 'W'}d>, <Ve>`,
  operands: { Ve: element('Rn') },
  statics: [{ name: 'size', values: sizes, of: sizeOf }],
  simd: true,
  operation: (b, { size }) => {
    const bits = elementBits(size!);
    let value = extract(b, bits, broadcast(b, size!), 0);
    if (Q && value.type === 'i32') value = b.extendU(value);
    b.setX(Q, 'Rd', signed ? b.signExtend(value, bits as 8) : value);
  },
});

export const simdCopy: readonly Instruction[] = instructions('Advanced SIMD copy', {
  'DUP (element, vector)': {
    encoding: '0 Q 0 0 1 1 1 0 0 0 0 imm5 0 0 0 0 0 1 Rn Rd',
    where: notLoneDoubleword,
    assembly: 'dup <Vd.T>, <Ve>',
    operands: { 'Vd.T': destination(false), Ve: element('Rn') },
    statics: ['Q', sizeStatic(3)],
    simd: true,
    operation: (b, { Q, size }) => writeResult(b, { bytes: 8 << Q! }, broadcast(b, size!)),
  },
  'DUP (general)': {
    encoding: '0 Q 0 0 1 1 1 0 0 0 0 imm5 0 0 0 0 1 1 Rn Rd',
    where: notLoneDoubleword,
    assembly: 'dup <Vd.T>, <gn>',
    operands: { 'Vd.T': destination(true), gn: generalBySize() },
    statics: ['Q', sizeStatic(3)],
    simd: true,
    operation: (b, { Q, size }) => writeResult(b, { bytes: 8 << Q! }, splat(b, size!, b.x(size === 3 ? 1 : 0, 'Rn'))),
  },
  'SMOV (32-bit)': move(true, 0, (size) => size < 2, [0, 1]),
  'SMOV (64-bit)': move(true, 1, (size) => size < 3, [0, 1, 2]),
  'UMOV (32-bit)': {
    ...move(false, 0, (size) => size < 3, [0, 1, 2]),
    aliases: { 'mov <Wd>, <Ve>': { when: (f) => sizeOf(f) === 2 } },
  },
  'UMOV (64-bit)': {
    ...move(false, 1, (size) => size === 3, [3]),
    aliases: { 'mov <Xd>, <Ve>': { when: () => true } },
  },
  'INS (general)': {
    encoding: '0 1 0 0 1 1 1 0 0 0 0 imm5 0 0 0 1 1 1 Rn Rd',
    where: allocated,
    assembly: 'ins <Ve>, <gn>',
    operands: { Ve: element('Rd'), gn: generalBySize() },
    aliases: { 'mov <Ve>, <gn>': { when: () => true } },
    statics: [sizeStatic(3)],
    simd: true,
    operation: (b, { size }) => insert(b, size!, b.small(indexOf), splat(b, size!, b.x(size === 3 ? 1 : 0, 'Rn'))),
  },
  'INS (element)': {
    encoding: '0 1 1 0 1 1 1 0 0 0 0 imm5 0 imm4 1 Rn Rd',
    where: allocated,
    assembly: 'ins <Ve>, <Vs>',
    operands: { Ve: element('Rd'), Vs: element('Rn', 'imm4') },
    aliases: { 'mov <Ve>, <Vs>': { when: () => true } },
    statics: [sizeStatic(3)],
    simd: true,
    operation: (b, { size }) => {
      const order = broadcastOrder(
        b,
        size!,
        b.small((f) => f.imm4! >> sizeOf(f)),
      );
      insert(b, size!, b.small(indexOf), b.op('i8x16.swizzle', b.v('Rn'), order));
    },
  },
});

export const simdScalarCopy: readonly Instruction[] = instructions('Advanced SIMD scalar copy', {
  'DUP (element, scalar)': {
    encoding: '0 1 0 1 1 1 1 0 0 0 0 imm5 0 0 0 0 0 1 Rn Rd',
    where: allocated,
    assembly: 'dup <Vd>, <Ve>',
    operands: {
      Vd: {
        print: (f) => `${widths[sizeOf(f)]}${f.Rd}`,
        parse: (text) => {
          const match = /^[bhsd](\d{1,2})$/i.exec(text);
          return match && Number(match[1]) < 32 ? { Rd: Number(match[1]) } : undefined;
        },
      },
      Ve: element('Rn'),
    },
    aliases: { 'mov <Vd>, <Ve>': { when: () => true } },
    statics: [sizeStatic(3)],
    simd: true,
    operation: (b, { size }) => writeResult(b, { bytes: 1 << size! }, broadcast(b, size!)),
  },
});

/** X register for doublewords, else W. */
function generalBySize(): OperandSyntax {
  return {
    print: (f) => {
      const letter = sizeOf(f) === 3 ? 'x' : 'w';
      return f.Rn === 31 ? `${letter}zr` : `${letter}${f.Rn}`;
    },
    parse: (text) => {
      const match = /^([xw])(zr|\d{1,2})$/i.exec(text);
      const number = match && (match[2]!.toLowerCase() === 'zr' ? 31 : Number(match[2]));
      return number !== null && number < 32 && (match![2]!.length > 1 || number < 31) ? { Rn: number } : undefined;
    },
  };
}
