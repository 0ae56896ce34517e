import type { Builder, Value } from '../builder.ts';
import {
  type Alias,
  type Fields,
  type InstructionDefinition,
  instructions,
  type OperandSyntax,
  type Static,
  type Statics,
} from '../instruction.ts';
import { extendedRegister, hexadecimal, immediateValue, shiftAmount } from '../syntax/integer.ts';
import { registerImmediate } from './register-immediate.ts';

/** What the four instructions of a class differ in: op and S. */
type Combine = (b: Builder, a: Value, operand: Value) => Value;
const combine: Readonly<Record<'ADD' | 'ADDS' | 'SUB' | 'SUBS', Combine>> = {
  ADD: (b, n, m) => b.add(n, m),
  ADDS: (b, n, m) => b.addSettingFlags(n, m),
  SUB: (b, n, m) => b.sub(n, m),
  SUBS: (b, n, m) => b.subSettingFlags(n, m),
};
const operations = Object.entries(combine) as [keyof typeof combine, Combine][];
const opcode = { ADD: '0 0', ADDS: '0 1', SUB: '1 0', SUBS: '1 1' } as const;
const setsFlags = (name: string): boolean => name.endsWith('S');

/** One definition for each of ADD, ADDS, SUB, SUBS. */
function each(
  page: string,
  define: (name: keyof typeof combine, op: Combine, opS: string) => InstructionDefinition,
): Record<string, InstructionDefinition> {
  return Object.fromEntries(operations.map(([name, op]) => [`${name} (${page})`, define(name, op, opcode[name])]));
}

// ---- immediate ----------------------------------------------------------------------------------------------------

/** The optional LSL #12 of the immediate. */
const shift12: OperandSyntax = {
  print: (f) => (f.sh ? '12' : undefined),
  parse: (text, context) => {
    if (text.trim() === '') return { sh: 0 };
    const amount = immediateValue(text, context);
    return amount === 0n ? { sh: 0 } : amount === 12n ? { sh: 1 } : undefined;
  },
};
const imm12: OperandSyntax = {
  print: (f) => hexadecimal(f.imm12),
  parse: (text, context) => {
    const value = immediateValue(text, context);
    return value === undefined || value < 0n || value > 0xfffn ? undefined : { imm12: Number(value) };
  },
};
/** An immediate that only fits shifted left by 12, written whole. */
const wholeImm12: OperandSyntax = {
  print: (f) => hexadecimal(f.imm12 << 12),
  parse: (text, context) => {
    const value = immediateValue(text, context);
    return value === undefined || value <= 0xfffn || value > 0xfff000n || value & 0xfffn ? undefined : { imm12: Number(value >> 12n) };
  },
};
const never = (): boolean => false;

const immediateOf = (f: Fields): number => f.imm12 << (12 * f.sh);

function immediateAliases(name: string): Record<string, Alias> {
  const lower = name.toLowerCase();
  const destination = setsFlags(name) ? '<Rd>' : '<Rd|SP>';
  const whole: Record<string, Alias> = {
    [`${lower} ${destination}, <Rn|SP>, #<wholeImm12>`]: { when: never, implies: { sh: 1 }, operands: { wholeImm12 } },
  };
  if (name === 'ADD') {
    return {
      'mov <Rd|SP>, <Rn|SP>': { when: (f) => f.imm12 === 0 && f.sh === 0 && (f.Rn === 31 || f.Rd === 31), implies: { imm12: 0, sh: 0 } },
      ...whole,
    };
  }
  if (!setsFlags(name)) return whole;
  const compare = name === 'ADDS' ? 'cmn' : 'cmp';
  return {
    [`${compare} <Rn|SP>, #<imm12>{, lsl #<shift12>}`]: { when: (f) => f.Rd === 31, implies: { Rd: 31 } },
    [`${compare} <Rn|SP>, #<wholeImm12>`]: { when: never, implies: { Rd: 31, sh: 1 }, operands: { wholeImm12 } },
    ...whole,
  };
}

export const addSubtractImmediate = instructions(
  'Add/subtract (immediate)',
  each('immediate', (name, op, opS) => ({
    encoding: `sf ${opS} 1 0 0 0 1 0 sh imm12 Rn Rd`,
    assembly: `${name.toLowerCase()} ${setsFlags(name) ? '<Rd>' : '<Rd|SP>'}, <Rn|SP>, #<imm12>{, lsl #<shift12>}`,
    operands: { imm12, shift12 },
    aliases: immediateAliases(name),
    statics: ['sf'],
    operation: (b, { sf }) => {
      const result = op(b, b.xsp(sf, 'Rn'), registerImmediate(b, sf, immediateOf));
      if (setsFlags(name)) b.setX(sf, 'Rd', result);
      else b.setXsp(sf, 'Rd', result);
    },
  })),
);

// ---- shifted register ---------------------------------------------------------------------------------------------

/** Shift of the second operand: 0 is no shift at all (LSL #0 and its equals), else 1 + the shift field. */
export const shiftForm = (last: number): Static => ({
  name: 'form',
  values: Array.from({ length: last + 2 }, (_, i) => i),
  of: (f) => (f.imm6 === 0 ? 0 : 1 + f.shift),
});

/** Rm shifted as `form` says. */
export function shiftedRegister(b: Builder, { sf, form }: Statics): Value {
  const value = b.x(sf, 'Rm');
  if (form === 0) return value;
  const amount = registerImmediate(b, sf, (f) => f.imm6);
  const shifts = [b.shl, b.shrU, b.shrS, b.rotr] as const;
  return shifts[form - 1].call(b, value, amount);
}

/** The amount is below the register's width. */
export const amountFits = (f: Fields): boolean => f.sf === 1 || f.imm6 < 32;

function shiftedAliases(name: string): Record<string, Alias> {
  const shift = '{, <shifted>}';
  switch (name) {
    case 'ADDS':
      return { [`cmn <Rn>, <Rm>${shift}`]: { when: (f) => f.Rd === 31, implies: { Rd: 31 } } };
    case 'SUB':
      return { [`neg <Rd>, <Rm>${shift}`]: { when: (f) => f.Rn === 31, implies: { Rn: 31 } } };
    case 'SUBS':
      return {
        [`cmp <Rn>, <Rm>${shift}`]: { when: (f) => f.Rd === 31, implies: { Rd: 31 } },
        [`negs <Rd>, <Rm>${shift}`]: { when: (f) => f.Rn === 31 && f.Rd !== 31, implies: { Rn: 31 } },
      };
    default:
      return {};
  }
}

export const addSubtractShiftedRegister = instructions(
  'Add/subtract (shifted register)',
  each('shifted register', (name, op, opS) => ({
    encoding: `sf ${opS} 0 1 0 1 1 shift 0 Rm imm6 Rn Rd`,
    where: (f) => f.shift !== 3 && amountFits(f),
    assembly: `${name.toLowerCase()} <Rd>, <Rn>, <Rm>{, <shifted>}`,
    operands: { shifted: shiftAmount },
    aliases: shiftedAliases(name),
    statics: ['sf', shiftForm(2)],
    operation: (b, s) => b.setX(s.sf, 'Rd', op(b, b.x(s.sf, 'Rn'), shiftedRegister(b, s))),
  })),
);

// ---- extended register --------------------------------------------------------------------------------------------

/** Extension of the second operand; at its full width (UXTX, SXTX, and the W forms of a 32-bit operation) there is none: 3. */
const extendForm: Static = {
  name: 'extend',
  values: [0, 1, 2, 3, 4, 5, 6],
  of: (f) => ((f.option & 3) === 3 || (f.sf === 0 && (f.option & 3) === 2) ? 3 : f.option),
};

/** Rm extended and shifted (Arm ARM, ExtendReg). */
function extendedOperand(b: Builder, { sf, extend }: Statics): Value {
  const amount = registerImmediate(b, sf, (f) => f.imm3);
  const value = b.x(sf, 'Rm');
  if (extend === 3) return b.shl(value, amount);
  const bits = ([8, 16, 32] as const)[extend & 3];
  return b.shl(extend & 4 ? b.signExtend(value, bits) : b.zeroExtend(value, bits), amount);
}

export const addSubtractExtendedRegister = instructions(
  'Add/subtract (extended register)',
  each('extended register', (name, op, opS) => {
    const flags = setsFlags(name);
    const usesSp = flags ? (f: Fields) => f.Rn === 31 : (f: Fields) => f.Rn === 31 || f.Rd === 31;
    const compare = name === 'ADDS' ? 'cmn' : 'cmp';
    return {
      encoding: `sf ${opS} 0 1 0 1 1 0 0 1 Rm option imm3 Rn Rd`,
      where: (f) => f.imm3 <= 4,
      assembly: `${name.toLowerCase()} ${flags ? '<Rd>' : '<Rd|SP>'}, <Rn|SP>, <extended>`,
      operands: { extended: extendedRegister(usesSp) },
      aliases: flags ? { [`${compare} <Rn|SP>, <extended>`]: { when: (f) => f.Rd === 31, implies: { Rd: 31 } } } : {},
      statics: ['sf', extendForm],
      operation: (b, s) => {
        const result = op(b, b.xsp(s.sf, 'Rn'), extendedOperand(b, s));
        if (flags) b.setX(s.sf, 'Rd', result);
        else b.setXsp(s.sf, 'Rd', result);
      },
    };
  }),
);

// ---- with carry ---------------------------------------------------------------------------------------------------

/** Value of PSTATE.C in the width of an operation. */
const carryOf = (b: Builder, sf: number): Value => (sf ? b.extendU(b.carry()) : b.carry());

export const addSubtractWithCarry = instructions('Add/subtract (with carry)', {
  ADC: {
    encoding: 'sf 0 0 1 1 0 1 0 0 0 0 Rm 0 0 0 0 0 0 Rn Rd',
    assembly: 'adc <Rd>, <Rn>, <Rm>',
    statics: ['sf'],
    operation: (b, { sf }) => b.setX(sf, 'Rd', b.add(b.add(b.x(sf, 'Rn'), b.x(sf, 'Rm')), carryOf(b, sf))),
  },
  ADCS: {
    encoding: 'sf 0 1 1 1 0 1 0 0 0 0 Rm 0 0 0 0 0 0 Rn Rd',
    assembly: 'adcs <Rd>, <Rn>, <Rm>',
    statics: ['sf'],
    operation: (b, { sf }) => b.setX(sf, 'Rd', b.addCarrySettingFlags(b.x(sf, 'Rn'), b.x(sf, 'Rm'))),
  },
  SBC: {
    encoding: 'sf 1 0 1 1 0 1 0 0 0 0 Rm 0 0 0 0 0 0 Rn Rd',
    assembly: 'sbc <Rd>, <Rn>, <Rm>',
    aliases: { 'ngc <Rd>, <Rm>': { when: (f) => f.Rn === 31, implies: { Rn: 31 } } },
    statics: ['sf'],
    operation: (b, { sf }) => b.setX(sf, 'Rd', b.add(b.add(b.x(sf, 'Rn'), b.not(b.x(sf, 'Rm'))), carryOf(b, sf))),
  },
  SBCS: {
    encoding: 'sf 1 1 1 1 0 1 0 0 0 0 Rm 0 0 0 0 0 0 Rn Rd',
    assembly: 'sbcs <Rd>, <Rn>, <Rm>',
    aliases: { 'ngcs <Rd>, <Rm>': { when: (f) => f.Rn === 31, implies: { Rn: 31 } } },
    statics: ['sf'],
    operation: (b, { sf }) => b.setX(sf, 'Rd', b.addCarrySettingFlags(b.x(sf, 'Rn'), b.not(b.x(sf, 'Rm')))),
  },
});
