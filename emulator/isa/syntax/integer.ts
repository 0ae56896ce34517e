import type { Fields, OperandSyntax, ParseContext } from '../instruction.ts';
import { generalRegisterName, parseGeneralRegister } from './registers.ts';

/**
 * Operands of the integer instructions that more than one class writes alike. Text is GNU objdump's; symbols leave the `#` to the template.
 */

export const hexadecimal = (value: number | bigint): string => (value < 0 ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`);

/** Value of an immediate, with or without `#`. */
export function immediateValue(text: string, context: ParseContext): bigint | undefined {
  const bare = text.trim().replace(/^#\s*/, '');
  return bare === '' ? undefined : context.evaluate(bare);
}

/** An unsigned immediate of a field, in units of `unit`. */
export function unsignedImmediate(field: string, width: number, options: { hex?: boolean; unit?: number } = {}): OperandSyntax {
  const unit = options.unit ?? 1;
  return {
    print: (f) => (options.hex ? hexadecimal(f[field] * unit) : String(f[field] * unit)),
    parse: (text, context) => {
      const value = immediateValue(text, context);
      if (value === undefined || value < 0n || value % BigInt(unit) !== 0n || value / BigInt(unit) >= 1n << BigInt(width)) return undefined;
      return { [field]: Number(value) / unit };
    },
  };
}

/** Value of a two's complement field. */
export const signed = (value: number, width: number): number => (value << (32 - width)) >> (32 - width);

/** A signed immediate of a field, in units of `unit`; left out when it is zero, where `optional`. */
export function signedImmediate(
  field: string,
  width: number,
  options: { unit?: (f: Fields) => number; optional?: boolean } = {},
): OperandSyntax {
  const unit = options.unit ?? (() => 1);
  return {
    print: (f) => {
      const value = signed(f[field], width) * unit(f);
      return value === 0 && options.optional ? undefined : String(value);
    },
    parse: (text, context) => {
      if (text.trim() === '' && options.optional) return { [field]: 0 };
      const value = immediateValue(text, context);
      if (value === undefined) return undefined;
      const scale = unit({});
      const count = Number(value) / scale;
      const limit = 2 ** (width - 1);
      if (!Number.isInteger(count) || count < -limit || count >= limit) return undefined;
      return { [field]: count < 0 ? count + 2 * limit : count };
    },
  };
}

export const shiftNames = ['lsl', 'lsr', 'asr', 'ror'] as const;

/** `lsl #3`: shift and imm6, left out when it is LSL #0. */
export const shiftAmount: OperandSyntax = {
  print: (f) => (f.shift === 0 && f.imm6 === 0 ? undefined : `${shiftNames[f.shift]} #${f.imm6}`),
  parse: (text, context) => {
    if (text.trim() === '') return { shift: 0, imm6: 0 };
    const match = /^(lsl|lsr|asr|ror)\s*(.*)$/i.exec(text.trim());
    const amount = match && immediateValue(match[2], context);
    if (!match || amount === undefined || amount === null || amount < 0n || amount > 63n) return undefined;
    return { shift: shiftNames.indexOf(match[1].toLowerCase() as 'lsl'), imm6: Number(amount) };
  },
};

export const extendNames = ['uxtb', 'uxth', 'uxtw', 'uxtx', 'sxtb', 'sxth', 'sxtw', 'sxtx'] as const;

function writtenExtend(text: string, context: ParseContext): { name: string; amount: number | undefined } | undefined {
  const match = /^([us]xt[bhwx]|lsl)\s*(.*)$/i.exec(text.trim());
  if (!match) return undefined;
  if (match[2] === '') return { name: match[1].toLowerCase(), amount: undefined };
  const amount = immediateValue(match[2], context);
  return amount === undefined || amount < 0n || amount > 4n ? undefined : { name: match[1].toLowerCase(), amount: Number(amount) };
}

/**
 * `w2, uxtb #1`: the second source of add/subtract (extended register). LSL stands for the extension that keeps the whole register where the
 * instruction uses the stack pointer (`usesSp`), and is left out with amount 0.
 */
export const extendedRegister = (usesSp: (f: Fields) => boolean): OperandSyntax => ({
  print: (f) => {
    const register = generalRegisterName(f.sf && (f.option & 3) === 3 ? 1 : 0, f.Rm, false);
    const whole = f.option === (f.sf ? 3 : 2) && usesSp(f);
    if (whole) return f.imm3 === 0 ? register : `${register}, lsl #${f.imm3}`;
    return `${register}, ${extendNames[f.option]}${f.imm3 === 0 ? '' : ` #${f.imm3}`}`;
  },
  parse: (text, context) => {
    const comma = text.indexOf(',');
    const register = parseGeneralRegister((comma < 0 ? text : text.slice(0, comma)).trim());
    if (!register || register.stackPointer) return undefined;
    const whole = register.sf ? 3 : 2;
    if (comma < 0) return { Rm: register.number, option: whole, imm3: 0 };
    const extend = writtenExtend(text.slice(comma + 1), context);
    if (!extend) return undefined;
    const option = extend.name === 'lsl' ? whole : extendNames.indexOf(extend.name as 'uxtb');
    return { Rm: register.number, option, imm3: extend.amount ?? 0 };
  },
});

/** `w2, sxtw #3`: the index of a load/store (register offset) that transfers 2^scale bytes. */
export const indexRegister = (scale: (f: Fields) => number): OperandSyntax => ({
  print: (f) => {
    const register = generalRegisterName(f.option & 1, f.Rm, false);
    const amount = f.S ? ` #${scale(f)}` : '';
    if (f.option === 3) return f.S ? `${register}, lsl${amount}` : register;
    return `${register}, ${extendNames[f.option]}${amount}`;
  },
  parse: (text, context, known = {}) => {
    const comma = text.indexOf(',');
    const register = parseGeneralRegister((comma < 0 ? text : text.slice(0, comma)).trim());
    if (!register || register.stackPointer) return undefined;
    if (comma < 0) return register.sf ? { Rm: register.number, option: 3, S: 0 } : undefined;
    const extend = writtenExtend(text.slice(comma + 1), context);
    if (!extend) return undefined;
    const option = extend.name === 'lsl' ? 3 : extendNames.indexOf(extend.name as 'uxtb');
    if (!(option & 2) || (option & 1) !== register.sf || (extend.name === 'lsl' && extend.amount === undefined)) return undefined;
    if (extend.amount === undefined) return { Rm: register.number, option, S: 0 };
    // Amount 0 is no shift, except for bytes, where it is how S = 1 is written.
    const full = scale(known);
    if (extend.amount === full) return { Rm: register.number, option, S: 1 };
    if (extend.amount === 0) return { Rm: register.number, option, S: 0 };
    return undefined;
  },
});
