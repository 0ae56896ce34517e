import type { Builder, Value } from '../builder.ts';
import { type Alias, type Fields, instructions, type OperandSyntax, type Static } from '../instruction.ts';
import { immediateValue } from '../syntax/integer.ts';
import { registerImmediate } from './register-immediate.ts';

const width = (f: Fields): number => (f.sf ? 64 : 32);
const last = (f: Fields): number => width(f) - 1;

/** N equals sf, and both positions are inside the register. */
const allocated = (f: Fields): boolean => f.N === f.sf && (f.sf === 1 || (f.immr < 32 && f.imms < 32));

// ---- syntax -------------------------------------------------------------------------------------------------------

const decimal = (field: string): OperandSyntax => ({
  print: (f) => String(f[field]),
  parse: (text, context) => {
    const value = immediateValue(text, context);
    return value === undefined || value < 0n || value > 63n ? undefined : { [field]: Number(value) };
  },
});
const immr = decimal('immr');
/** The last position, where N is known to equal sf too. */
const imms: OperandSyntax = {
  print: decimal('imms').print,
  parse: (text, context, known) => {
    const field = decimal('imms').parse(text, context);
    return field && { ...field, N: known?.sf ?? 0 };
  },
};

/** `#<lsb>, #<width>` and `#<amount>` are parsed as these pseudo-fields; `implies` turns them into immr and imms once sf is known. */
const lowOfInsert: OperandSyntax = { print: (f) => String((width(f) - f.immr) & last(f)), parse: decimal('low').parse };
const widthOfInsert: OperandSyntax = { print: (f) => String(f.imms + 1), parse: decimal('bits').parse };
const lowOfExtract: OperandSyntax = { print: (f) => String(f.immr), parse: decimal('low').parse };
const widthOfExtract: OperandSyntax = { print: (f) => String(f.imms - f.immr + 1), parse: widthParse };
const leftAmount: OperandSyntax = { print: (f) => String(last(f) - f.imms), parse: decimal('low').parse };
const rightAmount: OperandSyntax = { print: (f) => String(f.immr), parse: decimal('low').parse };

/** A width may be 64, one more than a position. */
function widthParse(text: string, context: Parameters<OperandSyntax['parse']>[1]): Record<string, number> | undefined {
  const value = immediateValue(text, context);
  return value === undefined || value < 1n || value > 64n ? undefined : { bits: Number(value) };
}
widthOfInsert.parse = widthParse;

const insertion = (f: Fields): Record<string, number> => ({
  N: f.sf,
  immr: (width(f) - f.low) & last(f),
  imms: f.low + f.bits <= width(f) ? f.bits - 1 : 64,
});
const extraction = (f: Fields): Record<string, number> => ({
  N: f.sf,
  immr: f.low,
  imms: f.low + f.bits <= width(f) ? f.low + f.bits - 1 : 64,
});

const inserts = (f: Fields): boolean => f.imms < f.immr;
const extracts = (f: Fields): boolean => f.imms >= f.immr;

const insertAlias = (name: string, when = inserts): Record<string, Alias> => ({
  [`${name} <Rd>, <Rn>, #<low>, #<bits>`]: { when, operands: { low: lowOfInsert, bits: widthOfInsert }, implies: insertion },
});
const extractAlias = (name: string, when = extracts): Record<string, Alias> => ({
  [`${name} <Rd>, <Rn>, #<low>, #<bits>`]: { when, operands: { low: lowOfExtract, bits: widthOfExtract }, implies: extraction },
});
const rightShift = (name: string): Record<string, Alias> => ({
  [`${name} <Rd>, <Rn>, #<amount>`]: {
    when: (f) => f.imms === last(f),
    operands: { amount: rightAmount },
    implies: (f) => ({ N: f.sf, immr: f.low, imms: last(f) }),
  },
});
const leftShift: Record<string, Alias> = {
  'lsl <Rd>, <Rn>, #<amount>': {
    when: (f) => f.imms !== last(f) && f.imms + 1 === f.immr,
    operands: { amount: leftAmount },
    implies: (f) => ({ N: f.sf, immr: (width(f) - f.low) & last(f), imms: f.low < width(f) ? last(f) - f.low : 64 }),
  },
};
const extension = (name: string, bits: number, sf?: number): Record<string, Alias> => ({
  [`${name} <Rd>, <Wn>`]: {
    when: (f) => f.immr === 0 && f.imms === bits - 1 && (sf === undefined || f.sf === sf),
    implies: (f) => ({ N: f.sf, immr: 0, imms: sf === undefined || f.sf === sf ? bits - 1 : 64 }),
  },
});

// ---- operation ----------------------------------------------------------------------------------------------------

/**
 * What a UBFM or SBFM comes down to: 0 a right shift, 1 a left shift, 2–4 extension of 8, 16 or 32 bits, 5 anything else, which is a left shift that
 * drops what is above the field and a right shift that puts it in place.
 */
const moveForm: Static = {
  name: 'form',
  values: [0, 1, 2, 3, 4, 5],
  of: (f) => {
    if (f.imms === last(f)) return 0;
    if (f.imms + 1 === f.immr) return 1;
    if (f.immr === 0 && f.imms === 7) return 2;
    if (f.immr === 0 && f.imms === 15) return 3;
    if (f.immr === 0 && f.imms === 31) return 4;
    return 5;
  },
};

const up = (f: Fields): number => last(f) - f.imms;
const down = (f: Fields): number => (f.imms >= f.immr ? last(f) - f.imms + f.immr : f.immr - f.imms - 1);

function move(b: Builder, sf: number, form: number, isSigned: boolean): Value {
  const n = b.x(sf, 'Rn');
  const right = (value: Value, amount: Value): Value => (isSigned ? b.shrS(value, amount) : b.shrU(value, amount));
  switch (form) {
    case 0:
      return right(
        n,
        registerImmediate(b, sf, (f) => f.immr),
      );
    case 1: {
      const moved = b.shl(n, registerImmediate(b, sf, up));
      return isSigned ? right(moved, registerImmediate(b, sf, down)) : moved;
    }
    case 5:
      return right(b.shl(n, registerImmediate(b, sf, up)), registerImmediate(b, sf, down));
    default: {
      const bits = ([8, 16, 32] as const)[form - 2];
      if (bits === 32 && sf === 0) return n;
      return isSigned ? b.signExtend(n, bits) : b.zeroExtend(n, bits);
    }
  }
}

/** BFXIL (0: the field goes to the bottom) or BFI (1: it goes up). */
const insertForm: Static = { name: 'insert', values: [0, 1], of: (f) => (f.imms < f.immr ? 1 : 0) };

/** Bits of the register that are not in the field. */
const outside = (f: Fields): number => width(f) - 1 - (f.imms >= f.immr ? f.imms - f.immr : f.imms);
const insertLow = (f: Fields): number => width(f) - f.immr;
const extractLow = (f: Fields): number => f.immr;

export const bitfield = instructions('Bitfield', {
  SBFM: {
    encoding: 'sf 0 0 1 0 0 1 1 0 N immr imms Rn Rd',
    where: allocated,
    assembly: 'sbfm <Rd>, <Rn>, #<immr>, #<imms>',
    operands: { immr, imms },
    aliases: {
      ...rightShift('asr'),
      ...extension('sxtb', 8),
      ...extension('sxth', 16),
      ...extension('sxtw', 32, 1),
      ...insertAlias('sbfiz'),
      ...extractAlias('sbfx'),
    },
    statics: ['sf', moveForm],
    operation: (b, { sf, form }) => b.setX(sf, 'Rd', move(b, sf, form, true)),
  },
  BFM: {
    encoding: 'sf 0 1 1 0 0 1 1 0 N immr imms Rn Rd',
    where: allocated,
    assembly: 'bfm <Rd>, <Rn>, #<immr>, #<imms>',
    operands: { immr, imms },
    aliases: {
      'bfc <Rd>, #<low>, #<bits>': {
        when: (f) => inserts(f) && f.Rn === 31,
        operands: { low: lowOfInsert, bits: widthOfInsert },
        implies: (f) => ({ ...insertion(f), Rn: 31 }),
      },
      ...insertAlias('bfi'),
      ...extractAlias('bfxil'),
    },
    statics: ['sf', insertForm],
    operation: (b, { sf, insert }) => {
      const n = b.x(sf, 'Rn');
      const ones = b.shrU(sf ? b.i64(-1) : b.i32(-1), registerImmediate(b, sf, outside));
      const low = registerImmediate(b, sf, insert ? insertLow : extractLow);
      const mask = insert ? b.shl(ones, low) : ones;
      const source = insert ? b.shl(n, low) : b.shrU(n, low);
      const d = b.x(sf, 'Rd');
      b.setX(sf, 'Rd', b.xor(d, b.and(b.xor(d, source), mask)));
    },
  },
  UBFM: {
    encoding: 'sf 1 0 1 0 0 1 1 0 N immr imms Rn Rd',
    where: allocated,
    assembly: 'ubfm <Rd>, <Rn>, #<immr>, #<imms>',
    operands: { immr, imms },
    aliases: {
      ...rightShift('lsr'),
      ...leftShift,
      ...extension('uxtb', 8, 0),
      ...extension('uxth', 16, 0),
      ...insertAlias('ubfiz'),
      ...extractAlias('ubfx'),
    },
    statics: ['sf', moveForm],
    operation: (b, { sf, form }) => b.setX(sf, 'Rd', move(b, sf, form, false)),
  },
});

// ---- extract ------------------------------------------------------------------------------------------------------

const lowInSources = imms;

/** One source (ROR), no shift at all, or the general case. */
const extractForm: Static = { name: 'form', values: [0, 1, 2], of: (f) => (f.Rn === f.Rm ? 0 : f.imms === 0 ? 1 : 2) };

export const extract = instructions('Extract', {
  EXTR: {
    encoding: 'sf 0 0 1 0 0 1 1 1 N 0 Rm imms Rn Rd',
    where: (f) => f.N === f.sf && (f.sf === 1 || f.imms < 32),
    assembly: 'extr <Rd>, <Rn>, <Rm>, #<low>',
    operands: { low: lowInSources },
    aliases: {
      'ror <Rd>, <Rn>, #<low>': { when: (f) => f.Rn === f.Rm, implies: (f) => ({ Rm: f.Rn }) },
    },
    statics: ['sf', extractForm],
    operation: (b, { sf, form }) => {
      const low = registerImmediate(b, sf, (f) => f.imms);
      if (form === 0) return b.setX(sf, 'Rd', b.rotr(b.x(sf, 'Rn'), low));
      if (form === 1) return b.setX(sf, 'Rd', b.x(sf, 'Rm'));
      const high = registerImmediate(b, sf, (f) => width(f) - f.imms);
      return b.setX(sf, 'Rd', b.or(b.shrU(b.x(sf, 'Rm'), low), b.shl(b.x(sf, 'Rn'), high)));
    },
  },
});
