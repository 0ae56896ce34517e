import type { OperandSyntax } from '../instruction.ts';

/** A general-purpose register symbol: `<Rd>` (width by the field sf), `<Xn|SP>` (31 is the stack pointer), `<Wt2>`, or an FP/SIMD scalar `<Dt>`. */
const SYMBOL = /^([RXWBHSDQ])([a-z]2?)(\|SP)?$/;

const operands = new Map<string, OperandSyntax | undefined>();

/** Syntax of a register symbol, or undefined where `symbol` is not one. */
export function registerOperand(symbol: string): OperandSyntax | undefined {
  if (!operands.has(symbol)) operands.set(symbol, makeOperand(symbol));
  return operands.get(symbol);
}

function makeOperand(symbol: string): OperandSyntax | undefined {
  const match = SYMBOL.exec(symbol);
  if (!match) return undefined;
  const [, kind, suffix, stackPointer] = match as unknown as [string, string, string, string?];
  const field = `R${suffix}`;
  if (kind === 'R' || kind === 'X' || kind === 'W') return generalRegister(kind, field, stackPointer !== undefined);
  const letter = kind.toLowerCase();
  return {
    print: (f) => `${letter}${f[field]}`,
    parse: (text) => {
      const written = /^([bhsdq])(\d{1,2})$/i.exec(text);
      if (!written || written[1]!.toLowerCase() !== letter || Number(written[2]) > 31) return undefined;
      return { [field]: Number(written[2]) };
    },
  };
}

function generalRegister(kind: 'R' | 'X' | 'W', field: string, stackPointer: boolean): OperandSyntax {
  return {
    print: (f) => generalRegisterName(kind === 'R' ? f.sf! : kind === 'X' ? 1 : 0, f[field]!, stackPointer),
    parse: (text) => {
      const register = parseGeneralRegister(text);
      if (register === undefined) return undefined;
      if (register.number === 31 && register.stackPointer !== stackPointer) return undefined;
      if (kind === 'R') return { [field]: register.number, sf: register.sf };
      return register.sf === (kind === 'X' ? 1 : 0) ? { [field]: register.number } : undefined;
    },
  };
}

/** `x3`, `w3`, `xzr`, `wzr`, `sp`, `wsp`. */
export function generalRegisterName(sf: number, number: number, stackPointer: boolean): string {
  if (number === 31) return stackPointer ? (sf ? 'sp' : 'wsp') : sf ? 'xzr' : 'wzr';
  return `${sf ? 'x' : 'w'}${number}`;
}

/** Reads a general-purpose register as written, `lr` and `fp` included; undefined where it is none. */
export function parseGeneralRegister(text: string): { sf: number; number: number; stackPointer: boolean } | undefined {
  const name = text.toLowerCase();
  const fixed = {
    xzr: [1, 31, 0],
    wzr: [0, 31, 0],
    sp: [1, 31, 1],
    wsp: [0, 31, 1],
    lr: [1, 30, 0],
    fp: [1, 29, 0],
    ip0: [1, 16, 0],
    ip1: [1, 17, 0],
  }[name];
  if (fixed) return { sf: fixed[0]!, number: fixed[1]!, stackPointer: fixed[2] === 1 };
  const match = /^([xw])(\d{1,2})$/.exec(name);
  if (!match || Number(match[2]) > 30) return undefined;
  return { sf: match[1] === 'x' ? 1 : 0, number: Number(match[2]), stackPointer: false };
}
