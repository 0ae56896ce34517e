import { type Fields, instructions, type OperandSyntax } from '../instruction.ts';
import { hexadecimal, immediateValue } from '../syntax/integer.ts';
import { registerImmediate } from './register-immediate.ts';

const imm16: OperandSyntax = {
  print: (f) => hexadecimal(f.imm16),
  parse: (text, context) => {
    const value = immediateValue(text, context);
    return value === undefined || value < 0n || value > 0xffffn ? undefined : { imm16: Number(value) };
  },
};

/** Shift of the 16 bits, left out when 0. */
const shift16: OperandSyntax = {
  print: (f) => (f.hw ? String(f.hw * 16) : undefined),
  parse: (text, context) => {
    if (text.trim() === '') return { hw: 0 };
    const amount = immediateValue(text, context);
    return amount === undefined || amount < 0n || amount > 48n || amount % 16n ? undefined : { hw: Number(amount) / 16 };
  },
};

/** hw within the register. */
const positionFits = (f: Fields): boolean => f.sf === 1 || f.hw < 2;

const width = (sf: number): number => (sf ? 64 : 32);
const placed = (f: Fields): bigint => BigInt(f.imm16) << BigInt(f.hw * 16);
const moveValue = (f: Fields): bigint => BigInt.asUintN(width(f.sf), placed(f));
const moveInvertedValue = (f: Fields): bigint => BigInt.asUintN(width(f.sf), ~placed(f));

/** Whole value of a MOV (wide immediate) or MOV (inverted wide immediate). */
const whole = (sf: 0 | 1, invert: boolean): OperandSyntax => ({
  print: (f) => hexadecimal(invert ? moveInvertedValue(f) : moveValue(f)),
  parse: (text, context) => {
    const value = immediateValue(text, context);
    if (value === undefined || value < -(1n << BigInt(width(sf) - 1)) || value >= 1n << BigInt(width(sf))) return undefined;
    const bits = BigInt.asUintN(width(sf), invert ? ~value : value);
    for (let hw = 0; hw < width(sf) / 16; hw++) {
      const part = (bits >> BigInt(hw * 16)) & 0xffffn;
      if (part << BigInt(hw * 16) === bits) return { imm16: Number(part), hw, sf };
    }
    return undefined;
  },
});

/** `MOVZ xd, #0, LSL #16` has a shorter spelling with the same value, so it keeps its name. */
const canonical = (f: Fields): boolean => !(f.imm16 === 0 && f.hw !== 0);
const invertedCanonical = (f: Fields): boolean => canonical(f) && (f.sf === 1 || f.imm16 !== 0xffff);

export const moveWideImmediate = instructions('Move wide (immediate)', {
  MOVZ: {
    encoding: 'sf 1 0 1 0 0 1 0 1 hw imm16 Rd',
    where: positionFits,
    assembly: 'movz <Rd>, #<imm16>{, lsl #<shift16>}',
    operands: { imm16, shift16 },
    aliases: {
      'mov <Xd>, #<whole>': { when: (f) => f.sf === 1 && canonical(f), operands: { whole: whole(1, false) }, implies: { sf: 1 } },
      'mov <Wd>, #<whole>': { when: (f) => f.sf === 0 && canonical(f), operands: { whole: whole(0, false) }, implies: { sf: 0 } },
    },
    statics: ['sf'],
    operation: (b, { sf }) => b.setX(sf, 'Rd', b.immediateX(sf, moveValue)),
  },
  MOVN: {
    encoding: 'sf 0 0 1 0 0 1 0 1 hw imm16 Rd',
    where: positionFits,
    assembly: 'movn <Rd>, #<imm16>{, lsl #<shift16>}',
    operands: { imm16, shift16 },
    aliases: {
      'mov <Xd>, #<whole>': { when: (f) => f.sf === 1 && invertedCanonical(f), operands: { whole: whole(1, true) }, implies: { sf: 1 } },
      'mov <Wd>, #<whole>': { when: (f) => f.sf === 0 && invertedCanonical(f), operands: { whole: whole(0, true) }, implies: { sf: 0 } },
    },
    statics: ['sf'],
    operation: (b, { sf }) => b.setX(sf, 'Rd', b.immediateX(sf, moveInvertedValue)),
  },
  MOVK: {
    encoding: 'sf 1 1 1 0 0 1 0 1 hw imm16 Rd',
    where: positionFits,
    assembly: 'movk <Rd>, #<imm16>{, lsl #<shift16>}',
    operands: { imm16, shift16 },
    // The position is static so that the record holds 16 bits only: mask and value together would not fit it.
    statics: ['sf', 'hw'],
    operation: (b, { sf, hw }) => {
      const kept = sf ? b.and(b.x(1, 'Rd'), b.i64(~(0xffffn << BigInt(hw * 16)))) : b.and(b.x(0, 'Rd'), b.i32(~(0xffff << (hw * 16))));
      const bits = registerImmediate(b, sf, (f) => f.imm16);
      b.setX(sf, 'Rd', b.or(kept, hw ? b.shl(bits, hw * 16) : bits));
    },
  },
});

/** Signed 21 bits of ADR and ADRP. */
const relative = (f: Fields): number => (((f.immhi << 2) | f.immlo) << 11) >> 11;

export const pcRelativeAddressing = instructions('PC-rel. addressing', {
  ADR: {
    encoding: '0 immlo 1 0 0 0 0 immhi Rd',
    assembly: 'adr <Xd>, <adr>',
    operation: (b) => b.setX(1, 'Rd', b.add(b.pc(), b.immediate(relative))),
  },
  ADRP: {
    encoding: '1 immlo 1 0 0 0 0 immhi Rd',
    assembly: 'adrp <Xd>, <adrp>',
    operation: (b) =>
      b.setX(
        1,
        'Rd',
        b.add(
          b.and(b.pc(), ~0xfffn),
          b.wideImmediate((f) => BigInt(relative(f)) * 4096n),
        ),
      ),
  },
});
