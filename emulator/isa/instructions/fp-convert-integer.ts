import type { Builder, Value } from '../builder.ts';
import { rounding } from '../functions/softfloat/index.ts';
import { type Instruction, type InstructionDefinition, instructions, type OperandSyntax } from '../instruction.ts';
import { immediateIn } from '../syntax/simd.ts';
import { type FpWidth, nativeOr } from './fp-arithmetic.ts';
import { scalarFormats } from './fp-data-processing.ts';
import { floatNatively, integerNatively } from './fp-native.ts';
import { replace } from './simd-lanes.ts';

/** FP to integer: the rounding that the mnemonic's letter names. */
export const conversions = {
  n: rounding.tieEven,
  p: rounding.towardPositive,
  m: rounding.towardNegative,
  z: rounding.towardZero,
  a: rounding.tieAway,
} as const;

/** FPToFixed() of a scalar. `fractionBits` may be read at run time. */
export function toInteger(
  b: Builder,
  from: FpWidth,
  to: FpWidth,
  value: Value,
  unsigned: boolean,
  mode: number,
  fractionBits: Value | number = 0,
): Value {
  const native = from === 16 || to === 16 || fractionBits !== 0 ? undefined : integerNatively(b, from, to, value, unsigned, mode);
  return nativeOr(b, native, () => b.fp(`fpToInt${from}To${to}`, value, fractionBits, unsigned ? 1 : 0, mode));
}

/** FixedToFP() of a scalar. */
export function fromInteger(
  b: Builder,
  from: FpWidth,
  to: FpWidth,
  value: Value,
  unsigned: boolean,
  fractionBits: Value | number = 0,
): Value {
  const native = from === 16 || to === 16 || fractionBits !== 0 ? undefined : floatNatively(b, from, to, value, unsigned);
  return nativeOr(b, native, () => b.fp(`fpFromInt${from}To${to}`, value, fractionBits, unsigned ? 1 : 0));
}

type Formats = Record<string, InstructionDefinition>;

/** Both register widths as one static. */
const withWidth = (formats: Formats, operation: (b: Builder, sf: number, esize: FpWidth) => void): Formats =>
  Object.fromEntries(
    Object.entries(formats).map(([name, definition]) => [
      name,
      {
        ...definition,
        statics: ['sf', ...(definition.statics ?? [])],
        operation: (b, { sf, ftype }) => operation(b, sf!, ftype === undefined ? 16 : ftype ? 64 : 32),
      },
    ]),
  );

const encoding = (rmode: string, opcode: string) => `sf 0 0 1 1 1 1 0 FT 1 ${rmode} ${opcode} 0 0 0 0 0 0 Rn Rd`;
const fixedEncoding = (rmode: string, opcode: string) => `sf 0 0 1 1 1 1 0 FT 0 ${rmode} ${opcode} scale Rn Rd`;
const width = (sf: number) => (sf ? 64 : 32);

const toGeneral = (letter: keyof typeof conversions, unsigned: boolean, rmode: string, opcode: string): Formats => {
  const mnemonic = `fcvt${letter}${unsigned ? 'u' : 's'}`;
  const none = () => {};
  return withWidth(
    scalarFormats(
      `${mnemonic.toUpperCase()} (scalar, integer)`,
      encoding(rmode, opcode),
      { assembly: `${mnemonic} <Rd>, <Vn>` },
      'n',
      none,
    ),
    (b, sf, esize) => b.setX(sf, 'Rd', toInteger(b, esize, width(sf), b.vElement('Rn', esize), unsigned, conversions[letter])),
  );
};

const fromGeneral = (mnemonic: 'scvtf' | 'ucvtf', opcode: string): Formats =>
  withWidth(
    scalarFormats(
      `${mnemonic.toUpperCase()} (scalar, integer)`,
      encoding('0 0', opcode),
      { assembly: `${mnemonic} <Vd>, <Rn>` },
      'd',
      () => {},
    ),
    (b, sf, esize) => b.setVElement('Rd', esize, fromInteger(b, width(sf), esize, b.x(sf, 'Rn'), mnemonic === 'ucvtf')),
  );

/** Number of fraction bits: 64 − scale. */
const fractionOperand: OperandSyntax = {
  print: (f) => String(64 - f.scale!),
  parse: (text, context, known) => {
    const value = immediateIn(text, context, 1, known?.sf === 0 ? 32 : 64);
    return value === undefined ? undefined : { scale: 64 - value };
  },
};
const fraction = (b: Builder): Value => b.small((f) => 64 - f.scale!);
/** 32-bit registers have at most 32 fraction bits. */
const scaled = (formats: Formats): Formats =>
  Object.fromEntries(
    Object.entries(formats).map(([name, d]) => [
      name,
      { ...d, where: (f) => (d.where === undefined || d.where(f)) && (f.sf === 1 || f.scale! >= 32) },
    ]),
  );

const toFixedPoint = (unsigned: boolean, opcode: string): Formats => {
  const mnemonic = unsigned ? 'fcvtzu' : 'fcvtzs';
  const syntax = { assembly: `${mnemonic} <Rd>, <Vn>, #<fbits>`, operands: { fbits: fractionOperand } };
  return scaled(
    withWidth(
      scalarFormats(`${mnemonic.toUpperCase()} (scalar, fixed-point)`, fixedEncoding('1 1', opcode), syntax, 'n', () => {}),
      (b, sf, esize) =>
        b.setX(sf, 'Rd', toInteger(b, esize, width(sf), b.vElement('Rn', esize), unsigned, rounding.towardZero, fraction(b))),
    ),
  );
};

const fromFixedPoint = (mnemonic: 'scvtf' | 'ucvtf', opcode: string): Formats => {
  const syntax = { assembly: `${mnemonic} <Vd>, <Rn>, #<fbits>`, operands: { fbits: fractionOperand } };
  return scaled(
    withWidth(
      scalarFormats(`${mnemonic.toUpperCase()} (scalar, fixed-point)`, fixedEncoding('0 0', opcode), syntax, 'd', () => {}),
      (b, sf, esize) => b.setVElement('Rd', esize, fromInteger(b, width(sf), esize, b.x(sf, 'Rn'), mnemonic === 'ucvtf', fraction(b))),
    ),
  );
};

export const fpConvertFixed: readonly Instruction[] = instructions('Conversion between floating-point and fixed-point', {
  ...fromFixedPoint('scvtf', '0 1 0'),
  ...fromFixedPoint('ucvtf', '0 1 1'),
  ...toFixedPoint(false, '0 0 0'),
  ...toFixedPoint(true, '0 0 1'),
});

/** FMOV between register files: the bits as they are. */
const move = (sf: 0 | 1, type: string, opcode: string, general: boolean, bits: 16 | 32 | 64, feature?: string): InstructionDefinition => {
  const letter = { 16: 'H', 32: 'S', 64: 'D' }[bits];
  const register = sf ? 'X' : 'W';
  return {
    encoding: `${sf} 0 0 1 1 1 1 0 ${type} 1 0 0 ${opcode} 0 0 0 0 0 0 Rn Rd`,
    ...(feature ? { feature } : {}),
    assembly: general ? `fmov <${register}d>, <${letter}n>` : `fmov <${letter}d>, <${register}n>`,
    simd: true,
    operation: (b) => {
      if (general) {
        const value = b.vElement('Rn', bits);
        b.setX(sf, 'Rd', sf && value.type === 'i32' ? b.extendU(value) : value);
      } else {
        const value = b.x(sf, 'Rn');
        b.setVElement('Rd', bits, bits === 64 ? value : b.wrap(value));
      }
    },
  };
};

export const fpConvertInteger: readonly Instruction[] = instructions('Conversion between floating-point and integer', {
  ...toGeneral('n', false, '0 0', '0 0 0'),
  ...toGeneral('n', true, '0 0', '0 0 1'),
  ...fromGeneral('scvtf', '0 1 0'),
  ...fromGeneral('ucvtf', '0 1 1'),
  ...toGeneral('a', false, '0 0', '1 0 0'),
  ...toGeneral('a', true, '0 0', '1 0 1'),
  ...toGeneral('p', false, '0 1', '0 0 0'),
  ...toGeneral('p', true, '0 1', '0 0 1'),
  ...toGeneral('m', false, '1 0', '0 0 0'),
  ...toGeneral('m', true, '1 0', '0 0 1'),
  ...toGeneral('z', false, '1 1', '0 0 0'),
  ...toGeneral('z', true, '1 1', '0 0 1'),
  'FMOV (general, single to 32-bit)': move(0, '0 0', '1 1 0', true, 32),
  'FMOV (general, 32-bit to single)': move(0, '0 0', '1 1 1', false, 32),
  'FMOV (general, double to 64-bit)': move(1, '0 1', '1 1 0', true, 64),
  'FMOV (general, 64-bit to double)': move(1, '0 1', '1 1 1', false, 64),
  'FMOV (general, half to 32-bit)': move(0, '1 1', '1 1 0', true, 16, 'FEAT_FP16'),
  'FMOV (general, half to 64-bit)': move(1, '1 1', '1 1 0', true, 16, 'FEAT_FP16'),
  'FMOV (general, 32-bit to half)': move(0, '1 1', '1 1 1', false, 16, 'FEAT_FP16'),
  'FMOV (general, 64-bit to half)': move(1, '1 1', '1 1 1', false, 16, 'FEAT_FP16'),
  'FMOV (general, top half to 64-bit)': {
    encoding: '1 0 0 1 1 1 1 0 1 0 1 0 1 1 1 0 0 0 0 0 0 0 Rn Rd',
    assembly: 'fmov <Xd>, <Vn>.d[1]',
    operands: { Vn: numbered('Rn') },
    simd: true,
    operation: (b) => b.setX(1, 'Rd', b.lane('i64x2.extract_lane', 1, b.v('Rn'))),
  },
  'FMOV (general, 64-bit to top half)': {
    encoding: '1 0 0 1 1 1 1 0 1 0 1 0 1 1 1 1 0 0 0 0 0 0 Rn Rd',
    assembly: 'fmov <Vd>.d[1], <Xn>',
    operands: { Vd: numbered('Rd') },
    simd: true,
    operation: (b) => b.setV('Rd', replace(b, 64, b.v('Rd'), 1, b.x(1, 'Rn'))),
  },
  FJCVTZS: {
    encoding: '0 0 0 1 1 1 1 0 0 1 1 1 1 1 1 0 0 0 0 0 0 0 Rn Rd',
    feature: 'FEAT_JSCVT',
    assembly: 'fjcvtzs <Wd>, <Dn>',
    simd: true,
    operation: (b) => {
      const result = b.fp('fpToInt32', b.vElement('Rn', 64));
      b.setX(0, 'Rd', b.wrap(result));
      b.setNzcv(b.shl(b.wrap(b.shrU(result, 32)), 2));
    },
  },
});

/** `v3`. */
function numbered(field: string): OperandSyntax {
  return {
    print: (f) => `v${f[field]}`,
    parse: (text) => {
      const match = /^v(\d{1,2})$/i.exec(text);
      return match && Number(match[1]) < 32 ? { [field]: Number(match[1]) } : undefined;
    },
  };
}
