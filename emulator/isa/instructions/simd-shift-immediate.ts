import type { Builder, Value } from '../builder.ts';
import {
  type Fields,
  type Instruction,
  type InstructionDefinition,
  instructions,
  type OperandSyntax,
  type Static,
} from '../instruction.ts';
import {
  type Arrangements,
  arrangementOf,
  arrangements,
  immediateIn,
  type Shape,
  scalarRegister,
  scalars,
  shapeAt,
  upperHalf,
  vectorRegister,
} from '../syntax/simd.ts';
import { byHalves, constantLanes, lanes, type Narrow, onesVector, wider, writeResult } from './simd-lanes.ts';
import { narrowed, saturatingNarrow, saturatingNarrowScalar, widened, writeHalf } from './simd-two-register.ts';

/** immh gives the element size by its highest set bit; immh:immb the amount. */
const sizeOf = (f: Fields): number => 31 - Math.clz32(f.immh!);
const withSize = (f: Fields): Fields => ({ ...f, size: sizeOf(f) });
const encoded = (f: Fields): number => (f.immh! << 3) | f.immb!;
const leftAmount = (f: Fields): number => encoded(f) - (8 << sizeOf(f));
const rightAmount = (f: Fields): number => (16 << sizeOf(f)) - encoded(f);

/** The amount is written last, when the registers have said the element size (`size`). Narrow sizes count for narrowing and long shifts. */
const amount = (direction: 'left' | 'right'): OperandSyntax => ({
  print: (f) => String(direction === 'left' ? leftAmount(f) : rightAmount(f)),
  parse: (text, context, known) => {
    if (known?.size === undefined) return undefined;
    const esize = 8 << known.size;
    const value = direction === 'left' ? immediateIn(text, context, 0, esize - 1) : immediateIn(text, context, 1, esize);
    if (value === undefined) return undefined;
    const bits = direction === 'left' ? esize + value : 2 * esize - value;
    return { immh: bits >> 3, immb: bits & 7 };
  },
});

/** An operand whose arrangement depends on the size that immh encodes. */
const sized = (operand: OperandSyntax): OperandSyntax => ({ ...operand, print: (f, address) => operand.print(withSize(f), address) });

const registers = (set: Arrangements, letters: string, symbol: string, scalar: boolean): Record<string, OperandSyntax> =>
  Object.fromEntries(
    [...letters].map((r) => [
      scalar ? `V${r}${symbol}` : `V${r}.${symbol || 'T'}`,
      sized(scalar ? scalarRegister(`R${r}`, set) : vectorRegister(`R${r}`, set)),
    ]),
  );

type Operation = (b: Builder, shape: Shape) => void;

/** The parts of an entry that follow from the arrangements by immh and Q. */
function shaped(set: Arrangements, operation: Operation): Pick<InstructionDefinition, 'where' | 'statics' | 'operation' | 'simd'> {
  const names = Object.keys(set);
  const shape: Static = { name: 'T', values: names.map((_, k) => k), of: (f) => names.indexOf(arrangementOf(set, withSize(f))!) };
  return {
    where: (f) => f.immh !== 0 && arrangementOf(set, withSize(f)) !== undefined,
    statics: [shape],
    simd: true,
    operation: (b, statics) => operation(b, shapeAt(set, statics.T!)),
  };
}

const left = (b: Builder): Value => b.small(leftAmount);
const right = (b: Builder): Value => b.small(rightAmount);

/** Shift right by 1…esize: the last step apart, since WebAssembly takes amounts modulo the width. */
const shiftRight = (b: Builder, shape: { readonly esize: Shape['esize'] }, signed: boolean, value: Value, by: Value): Value => {
  const name = signed ? 'shr_s' : 'shr_u';
  return lanes(b, shape, name, lanes(b, shape, name, value, b.sub(by, 1)), 1);
};

/** The same with the last bit lost added: rounding. */
const roundingShiftRight = (b: Builder, shape: { readonly esize: Shape['esize'] }, signed: boolean, value: Value, by: Value): Value => {
  const name = signed ? 'shr_s' : 'shr_u';
  const almost = lanes(b, shape, name, value, b.sub(by, 1));
  return lanes(b, shape, 'add', lanes(b, shape, name, almost, 1), b.op('v128.and', almost, constantLanes(b, shape.esize, 1n)));
};

type Compute = (b: Builder, shape: Shape, n: Value, d: Value) => Value;

const plainRight =
  (signed: boolean): Compute =>
  (b, shape, n) =>
    shiftRight(b, shape, signed, n, right(b));
const roundedRight =
  (signed: boolean): Compute =>
  (b, shape, n) =>
    roundingShiftRight(b, shape, signed, n, right(b));
const accumulating =
  (of: Compute): Compute =>
  (b, shape, n, d) =>
    lanes(b, shape, 'add', d, of(b, shape, n, d));
const plainLeft: Compute = (b, shape, n) => lanes(b, shape, 'shl', n, left(b));
const insertLeft: Compute = (b, shape, n, d) => {
  const by = left(b);
  return b.op('v128.bitselect', lanes(b, shape, 'shl', n, by), d, lanes(b, shape, 'shl', onesVector(b), by));
};
const insertRight: Compute = (b, shape, n, d) => {
  const by = right(b);
  return b.op('v128.bitselect', shiftRight(b, shape, false, n, by), d, shiftRight(b, shape, false, onesVector(b), by));
};
/** Saturating left shifts: the register shift with the amount in each lane. */
const saturatingLeft =
  (name: 'sqshl' | 'uqshl' | 'sqshlu'): Compute =>
  (b, shape, n) => {
    const by = left(b);
    const amounts = lanes(b, shape, 'splat', shape.esize === 64 ? b.extendU(by) : by);
    return byHalves(b, shape, [n, amounts], ([value, count]) => b.fp(name, value!, count!, shape.esize));
  };

const apply =
  (compute: Compute): Operation =>
  (b, shape) =>
    writeResult(b, shape, compute(b, shape, b.v('Rn'), b.v('Rd')));

interface Row {
  readonly U: 0 | 1;
  readonly opcode: string;
  readonly direction: 'left' | 'right';
  readonly compute: Compute;
  readonly scalar?: Arrangements;
}

const d = scalars.d;
const any = scalars.bhsd;
const same: Readonly<Record<string, Row>> = {
  sshr: { U: 0, opcode: '0 0 0 0 0', direction: 'right', compute: plainRight(true), scalar: d },
  ushr: { U: 1, opcode: '0 0 0 0 0', direction: 'right', compute: plainRight(false), scalar: d },
  ssra: { U: 0, opcode: '0 0 0 1 0', direction: 'right', compute: accumulating(plainRight(true)), scalar: d },
  usra: { U: 1, opcode: '0 0 0 1 0', direction: 'right', compute: accumulating(plainRight(false)), scalar: d },
  srshr: { U: 0, opcode: '0 0 1 0 0', direction: 'right', compute: roundedRight(true), scalar: d },
  urshr: { U: 1, opcode: '0 0 1 0 0', direction: 'right', compute: roundedRight(false), scalar: d },
  srsra: { U: 0, opcode: '0 0 1 1 0', direction: 'right', compute: accumulating(roundedRight(true)), scalar: d },
  ursra: { U: 1, opcode: '0 0 1 1 0', direction: 'right', compute: accumulating(roundedRight(false)), scalar: d },
  sri: { U: 1, opcode: '0 1 0 0 0', direction: 'right', compute: insertRight, scalar: d },
  shl: { U: 0, opcode: '0 1 0 1 0', direction: 'left', compute: plainLeft, scalar: d },
  sli: { U: 1, opcode: '0 1 0 1 0', direction: 'left', compute: insertLeft, scalar: d },
  sqshlu: { U: 1, opcode: '0 1 1 0 0', direction: 'left', compute: saturatingLeft('sqshlu'), scalar: any },
  sqshl: { U: 0, opcode: '0 1 1 1 0', direction: 'left', compute: saturatingLeft('sqshl'), scalar: any },
  uqshl: { U: 1, opcode: '0 1 1 1 0', direction: 'left', compute: saturatingLeft('uqshl'), scalar: any },
};

const vectorEncoding = (U: 0 | 1, opcode: string) => `0 Q ${U} 0 1 1 1 1 0 immh immb ${opcode} 1 Rn Rd`;
const scalarEncoding = (U: 0 | 1, opcode: string) => `0 1 ${U} 1 1 1 1 1 0 immh immb ${opcode} 1 Rn Rd`;

const sameShape = (mnemonic: string, { U, opcode, direction, compute, scalar }: Row): [string, InstructionDefinition][] => {
  const set = arrangements.bhsd;
  const rows: [string, InstructionDefinition][] = [
    [
      'vector',
      {
        encoding: vectorEncoding(U, opcode),
        assembly: `${mnemonic} <Vd.T>, <Vn.T>, #<amount>`,
        operands: { ...registers(set, 'dn', '', false), amount: amount(direction) },
        ...shaped(set, apply(compute)),
      },
    ],
  ];
  if (scalar)
    rows.push([
      'scalar',
      {
        encoding: scalarEncoding(U, opcode),
        assembly: `${mnemonic} <Vd>, <Vn>, #<amount>`,
        operands: { ...registers(scalar, 'dn', '', true), amount: amount(direction) },
        ...shaped(scalar, apply(compute)),
      },
    ]);
  return rows;
};

/** Narrowing shifts: `rounds`, and how they saturate. */
interface NarrowRow {
  readonly U: 0 | 1;
  readonly opcode: string;
  readonly rounds: 0 | 1;
  readonly saturates?: 'sqshrn' | 'uqshrn' | 'sqshrun';
}

const narrowing: Readonly<Record<string, NarrowRow>> = {
  shrn: { U: 0, opcode: '1 0 0 0 0', rounds: 0 },
  rshrn: { U: 0, opcode: '1 0 0 0 1', rounds: 1 },
  sqshrun: { U: 1, opcode: '1 0 0 0 0', rounds: 0, saturates: 'sqshrun' },
  sqrshrun: { U: 1, opcode: '1 0 0 0 1', rounds: 1, saturates: 'sqshrun' },
  sqshrn: { U: 0, opcode: '1 0 0 1 0', rounds: 0, saturates: 'sqshrn' },
  sqrshrn: { U: 0, opcode: '1 0 0 1 1', rounds: 1, saturates: 'sqshrn' },
  uqshrn: { U: 1, opcode: '1 0 0 1 0', rounds: 0, saturates: 'uqshrn' },
  uqrshrn: { U: 1, opcode: '1 0 0 1 1', rounds: 1, saturates: 'uqshrn' },
};

const narrowingVector = (mnemonic: string, { U, opcode, rounds, saturates }: NarrowRow): InstructionDefinition => ({
  encoding: vectorEncoding(U, opcode),
  assembly: `${mnemonic}<2> <Vd.T>, <Vn.Ta>, #<amount>`,
  operands: {
    2: upperHalf,
    ...registers(arrangements.bhs, 'd', '', false),
    ...registers(arrangements.wide, 'n', 'Ta', false),
    amount: amount('right'),
  },
  ...shaped(arrangements.bhs, (b, shape) => {
    const esize = shape.esize as Narrow;
    const by = right(b);
    const n = b.v('Rn');
    let half: Value;
    if (saturates) half = saturatingNarrow(b, saturates, esize, n, by, rounds);
    else
      half = narrowed(
        b,
        esize,
        rounds ? roundingShiftRight(b, { esize: wider(esize) }, false, n, by) : lanes(b, { esize: wider(esize) }, 'shr_u', n, by),
      );
    writeHalf(b, shape.bytes === 16, half);
  }),
});

const narrowingScalar = (mnemonic: string, { U, opcode, rounds, saturates }: NarrowRow): InstructionDefinition => ({
  encoding: scalarEncoding(U, opcode),
  assembly: `${mnemonic} <Vd>, <Vna>, #<amount>`,
  operands: { ...registers(scalars.bhs, 'd', '', true), ...registers(scalars.wide, 'n', 'a', true), amount: amount('right') },
  ...shaped(scalars.bhs, (b, shape) => saturatingNarrowScalar(b, saturates!, shape.esize as Narrow, right(b), rounds)),
});

/** SSHLL, USHLL: SXTL and UXTL when nothing is shifted. */
const long = (U: 0 | 1, mnemonic: string, alias: string): InstructionDefinition => ({
  encoding: vectorEncoding(U, '1 0 1 0 0'),
  assembly: `${mnemonic}<2> <Vd.Ta>, <Vn.T>, #<amount>`,
  operands: {
    2: upperHalf,
    ...registers(arrangements.wide, 'd', 'Ta', false),
    ...registers(arrangements.bhs, 'n', '', false),
    amount: amount('left'),
  },
  aliases: {
    [`${alias}<2> <Vd.Ta>, <Vn.T>`]: { when: (f) => leftAmount(f) === 0, implies: (f) => ({ immh: 1 << f.size!, immb: 0 }) },
  },
  ...shaped(arrangements.bhs, (b, shape) => {
    const esize = shape.esize as Narrow;
    b.setV('Rd', lanes(b, { esize: wider(esize) }, 'shl', widened(b, esize, shape.bytes === 16, U === 0, b.v('Rn')), left(b)));
  }),
});

const titled = (mnemonic: string, form: string) => `${mnemonic.toUpperCase()} (${form})`;

export const simdShiftImmediate: readonly Instruction[] = instructions('Advanced SIMD shift by immediate', {
  ...Object.fromEntries(
    Object.entries(same).flatMap(([m, row]) =>
      sameShape(m, row)
        .filter(([form]) => form === 'vector')
        .map(([, e]) => [titled(m, 'immediate, vector'), e]),
    ),
  ),
  ...Object.fromEntries(Object.entries(narrowing).map(([m, row]) => [titled(m, 'vector'), narrowingVector(m, row)])),
  SSHLL: long(0, 'sshll', 'sxtl'),
  USHLL: long(1, 'ushll', 'uxtl'),
});

export const simdScalarShiftImmediate: readonly Instruction[] = instructions('Advanced SIMD scalar shift by immediate', {
  ...Object.fromEntries(
    Object.entries(same).flatMap(([m, row]) =>
      sameShape(m, row)
        .filter(([form]) => form === 'scalar')
        .map(([, e]) => [titled(m, 'immediate, scalar'), e]),
    ),
  ),
  ...Object.fromEntries(
    Object.entries(narrowing)
      .filter(([, row]) => row.saturates)
      .map(([m, row]) => [titled(m, 'scalar'), narrowingScalar(m, row)]),
  ),
});
export { amount as shiftAmountOperand, registers as shiftRegisters, rightAmount as fractionBits, shaped as shapedByShift };
