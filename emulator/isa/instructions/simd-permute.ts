import type { Builder, Value } from '../builder.ts';
import { type Instruction, type InstructionDefinition, instructions } from '../instruction.ts';
import { arrangements, registerList, type Shape, vectors } from '../syntax/simd.ts';
import { constantLanes, shaped, writeResult } from './simd-lanes.ts';
import { concatenated, takeElements } from './simd-three-same.ts';

const set = arrangements.bhsd;

/** Elements of n and m joined, in the order that the instruction takes them. */
const permute = (
  opcode: string,
  mnemonic: string,
  order: (all: readonly number[], count: number) => readonly number[],
): InstructionDefinition => ({
  encoding: `0 Q 0 0 1 1 1 0 size 0 Rm 0 ${opcode} 1 0 Rn Rd`,
  assembly: `${mnemonic} <Vd.T>, <Vn.T>, <Vm.T>`,
  operands: vectors(set, 'dnm'),
  ...shaped(set, (b, shape) => {
    const taken = takeElements(shape, order(concatenated(shape), shape.count));
    writeResult(b, shape, b.shuffle(taken, b.v('Rn'), b.v('Rm')));
  }),
});

const everySecond = (first: number) => (all: readonly number[]) => all.filter((_, k) => k % 2 === first);
/** Element k of n, then of m, for k in the half of the register that `part` says. */
const interleave = (part: 0 | 1) => (all: readonly number[], count: number) =>
  Array.from({ length: count }, (_, k) => all[(k >> 1) + (part * count) / 2 + (k % 2) * count]!);
const transpose = (part: 0 | 1) => (all: readonly number[], count: number) =>
  Array.from({ length: count }, (_, k) => all[(k & ~1) + part + (k % 2) * count]!);

export const simdPermute: readonly Instruction[] = instructions('Advanced SIMD permute', {
  UZP1: permute('0 0 1', 'uzp1', everySecond(0)),
  UZP2: permute('1 0 1', 'uzp2', everySecond(1)),
  ZIP1: permute('0 1 1', 'zip1', interleave(0)),
  ZIP2: permute('1 1 1', 'zip2', interleave(1)),
  TRN1: permute('0 1 0', 'trn1', transpose(0)),
  TRN2: permute('1 1 0', 'trn2', transpose(1)),
});

/** Byte numbers 0…15 plus a run-time start. */
const countFrom = (b: Builder, start: Value): Value =>
  b.op('i8x16.add', b.v128(Array.from({ length: 16 }, (_, k) => k)), b.op('i8x16.splat', start));

export const simdExtract: readonly Instruction[] = instructions('Advanced SIMD extract', {
  EXT: {
    encoding: '0 Q 1 0 1 1 1 0 0 0 0 Rm 0 imm4 0 Rn Rd',
    assembly: 'ext <Vd.T>, <Vn.T>, <Vm.T>, #<index>',
    operands: {
      ...vectors(arrangements.bytes, 'dnm'),
      index: {
        print: (f) => String(f.imm4),
        parse: (text, context) => {
          const value = context.evaluate(text.replace('#', ''));
          return value === undefined || value < 0n || value > 15n ? undefined : { imm4: Number(value) };
        },
      },
    },
    ...shaped(
      arrangements.bytes,
      (b, shape) => {
        const n = b.v('Rn');
        const m = b.v('Rm');
        const start = countFrom(
          b,
          b.small((f) => f.imm4!),
        );
        if (shape.bytes === 8) {
          const joined = b.shuffle([0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23], n, m);
          writeResult(b, shape, b.op('i8x16.swizzle', joined, start));
          return;
        }
        // Byte numbers beyond a register give zero, so the two halves complete each other.
        const after = b.op('i8x16.sub', start, constantLanes(b, 8, 16n));
        b.setV('Rd', b.op('v128.or', b.op('i8x16.swizzle', n, start), b.op('i8x16.swizzle', m, after)));
      },
      (f) => f.Q === 1 || f.imm4! < 8,
    ),
  },
});

/** TBL and TBX. Byte numbers beyond the table give zero, or leave the destination alone. */
const lookUp = (registers: number, extends_: boolean): InstructionDefinition => ({
  encoding: `0 Q 0 0 1 1 1 0 0 0 0 Rm 0 ${(registers - 1).toString(2).padStart(2, '0').split('').join(' ')} ${extends_ ? 1 : 0} 0 0 Rn Rd`,
  assembly: `${extends_ ? 'tbx' : 'tbl'} <Vd.T>, <list>, <Vm.T>`,
  operands: {
    ...vectors(arrangements.bytes, 'dm'),
    list: registerList(
      'Rn',
      registers,
      () => '16b',
      (text) => (text === '16b' ? {} : undefined),
    ),
  },
  ...shaped(arrangements.bytes, (b, shape: Shape) => {
    const index = b.v('Rm');
    let found: Value | undefined;
    for (let k = 0; k < registers; k++) {
      const table = b.v((f) => f.Rn! + k);
      const here = k === 0 ? index : b.op('i8x16.sub', index, constantLanes(b, 8, BigInt(16 * k)));
      const part = b.op('i8x16.swizzle', table, here);
      found = found ? b.op('v128.or', found, part) : part;
    }
    const inside = b.op('i8x16.lt_u', index, constantLanes(b, 8, BigInt(16 * registers)));
    writeResult(b, shape, extends_ ? b.op('v128.bitselect', found!, b.v('Rd'), inside) : found!);
  }),
});

const tables = (extends_: boolean): [string, InstructionDefinition][] =>
  [1, 2, 3, 4].map((n) => [`${extends_ ? 'TBX' : 'TBL'} (${n} register${n > 1 ? 's' : ''})`, lookUp(n, extends_)]);

export const simdTableLookUp: readonly Instruction[] = instructions(
  'Advanced SIMD table lookup',
  Object.fromEntries([...tables(false), ...tables(true)]),
);
