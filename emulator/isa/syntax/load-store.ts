import type { Fields, OperandSyntax } from '../instruction.ts';
import { immediateValue } from './integer.ts';
import { generalRegisterName, parseGeneralRegister } from './registers.ts';

/** Operands that only loads and stores have. */

/** Unsigned offset in imm12, in units of 2^scale bytes; left out when 0. */
export const scaledOffset = (scale: (f: Fields) => number): OperandSyntax => ({
  print: (f) => (f.imm12 === 0 ? undefined : String(f.imm12 << scale(f))),
  parse: (text, context, known = {}) => {
    if (text.trim() === '') return { imm12: 0 };
    const value = immediateValue(text, context);
    if (value === undefined || value < 0n) return undefined;
    const imm12 = Number(value) / 2 ** scale(known);
    return Number.isInteger(imm12) && imm12 < 4096 ? { imm12 } : undefined;
  },
});

/** Signed offset in imm7, in units of 2^scale bytes; left out when 0 where `optional`. */
export const pairOffset = (scale: (f: Fields) => number, optional: boolean): OperandSyntax => ({
  print: (f) => (f.imm7 === 0 && optional ? undefined : String(((f.imm7 << 25) >> 25) * 2 ** scale(f))),
  parse: (text, context, known = {}) => {
    if (text.trim() === '') return optional ? { imm7: 0 } : undefined;
    const value = immediateValue(text, context);
    if (value === undefined) return undefined;
    const count = Number(value) / 2 ** scale(known);
    return Number.isInteger(count) && count >= -64 && count < 64 ? { imm7: count & 0x7f } : undefined;
  },
});

const prefetchTypes = ['pld', 'pli', 'pst'] as const;

/** What PRFM prefetches: `pldl1keep`, or its number where it has no name. */
export const prefetchOperation: OperandSyntax = {
  print: (f) => {
    const [type, target] = [f.Rt >> 3, (f.Rt >> 1) & 3];
    if (type === 3 || target === 3) return `#0x${f.Rt.toString(16).padStart(2, '0')}`;
    return `${prefetchTypes[type]}l${target + 1}${f.Rt & 1 ? 'strm' : 'keep'}`;
  },
  parse: (text, context) => {
    const named = /^(pld|pli|pst)l([123])(keep|strm)$/i.exec(text);
    if (named) {
      const type = prefetchTypes.indexOf(named[1].toLowerCase() as 'pld');
      return { Rt: (type << 3) | ((Number(named[2]) - 1) << 1) | (named[3].toLowerCase() === 'strm' ? 1 : 0) };
    }
    const value = immediateValue(text, context);
    return value === undefined || value < 0n || value > 31n ? undefined : { Rt: Number(value) };
  },
};

/** The second register of CASP's pairs: always the one after `field`. */
export const registerAfter = (field: 'Rs' | 'Rt'): OperandSyntax => ({
  print: (f) => generalRegisterName(f.sf, f[field] + 1, false),
  parse: (text, _context, known = {}) => {
    const register = parseGeneralRegister(text);
    return register && !register.stackPointer && register.number === known[field] + 1 ? { sf: register.sf } : undefined;
  },
});
