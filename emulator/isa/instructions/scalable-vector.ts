import { type Fields, type InstructionDefinition, instructions, type OperandSyntax } from '../instruction.ts';
import { immediateValue, signed, signedImmediate } from '../syntax/integer.ts';
import { generalRegisterName, parseGeneralRegister } from '../syntax/registers.ts';

/**
 * The SVE instructions that a kernel has to save and restore SVE state, and those of the C library's memcpy and memset: decoded and named, not implemented.
 * No profile offers FEAT_SVE, so they are UNDEFINED; the rest of SVE is unallocated here.
 */

const feature = 'FEAT_SVE';

/** Offset in vector (or predicate) lengths, imm6:imm3; left out when 0. */
const vectorLengths: OperandSyntax = {
  print: (f) => {
    const offset = signed((f.imm6! << 3) | f.imm3!, 9);
    return offset === 0 ? undefined : `#${offset}, mul vl`;
  },
  parse: (text, context) => {
    if (text === '') return { imm6: 0, imm3: 0 };
    const match = /^#?([^,]+),\s*mul\s+vl$/i.exec(text);
    const value = match ? immediateValue(match[1]!, context) : undefined;
    if (value === undefined || value < -256n || value > 255n) return undefined;
    const bits = Number(BigInt.asUintN(9, value));
    return { imm6: bits >> 3, imm3: bits & 7 };
  },
};

const named = (letter: 'z' | 'p', field: string, count: number): OperandSyntax => ({
  print: (f: Fields) => `${letter}${f[field]}`,
  parse: (text) => {
    const match = new RegExp(`^${letter}(\\d{1,2})$`, 'i').exec(text);
    return match && Number(match[1]) < count ? { [field]: Number(match[1]) } : undefined;
  },
});
const Z = named('z', 'Rt', 32);
const P = named('p', 'pd', 16);
const Pg = named('p', 'pg', 16);

const transfer = (mnemonic: 'ldr' | 'str', what: 'vector' | 'predicate'): InstructionDefinition => ({
  encoding: `1 ${mnemonic === 'ldr' ? '0 0' : '1 1'} 0 0 1 0 1 1 0 imm6 ${what === 'vector' ? '0 1 0' : '0 0 0'} imm3 Rn ${what === 'vector' ? 'Rt' : '0 pd:4'}`,
  feature,
  assembly: `${mnemonic} <${what === 'vector' ? 'Z' : 'P'}>, [<Xn|SP>{, <lengths>}]`,
  operands: { Z, P, lengths: vectorLengths },
});

const lengthOperand = signedImmediate('imm6', 6);

export const scalableVectorState = instructions('SVE state', {
  'LDR (vector)': transfer('ldr', 'vector'),
  'LDR (predicate)': transfer('ldr', 'predicate'),
  'STR (vector)': transfer('str', 'vector'),
  'STR (predicate)': transfer('str', 'predicate'),
  RDVL: {
    encoding: '0 0 0 0 0 1 0 0 1 0 1 1 1 1 1 1 0 1 0 1 0 imm6 Rd',
    feature,
    assembly: 'rdvl <Xd>, #<lengths>',
    operands: { lengths: lengthOperand },
  },
  ADDVL: {
    encoding: '0 0 0 0 0 1 0 0 0 0 1 Rn 0 1 0 1 0 imm6 Rd',
    feature,
    assembly: 'addvl <Xd|SP>, <Xn|SP>, #<lengths>',
    operands: { lengths: lengthOperand },
  },
  ADDPL: {
    encoding: '0 0 0 0 0 1 0 0 0 1 1 Rn 0 1 0 1 0 imm6 Rd',
    feature,
    assembly: 'addpl <Xd|SP>, <Xn|SP>, #<lengths>',
    operands: { lengths: lengthOperand },
  },
  'RDFFR (unpredicated)': {
    encoding: '0 0 1 0 0 1 0 1 0 0 0 1 1 0 0 1 1 1 1 1 0 0 0 0 0 0 0 0 pd:4',
    feature,
    assembly: 'rdffr <P>.b',
    operands: { P },
  },
  'RDFFR (predicated)': {
    encoding: '0 0 1 0 0 1 0 1 0 0 0 1 1 0 0 0 1 1 1 1 0 0 0 pg:4 0 pd:4',
    feature,
    assembly: 'rdffr <P>.b, <Pg>/z',
    operands: { P, Pg },
  },
  WRFFR: { encoding: '0 0 1 0 0 1 0 1 0 0 1 0 1 0 0 0 1 0 0 1 0 0 0 pg:4 0 0 0 0 0', feature, assembly: 'wrffr <Pg>.b', operands: { Pg } },
  PFALSE: { encoding: '0 0 1 0 0 1 0 1 0 0 0 1 1 0 0 0 1 1 1 0 0 1 0 0 0 0 0 0 pd:4', feature, assembly: 'pfalse <P>.b', operands: { P } },
});

// ---- what memcpy and memset use ------------------------------------------------------------------------------------------

const elementSizes = ['b', 'h', 's', 'd'] as const;
const elementSize: OperandSyntax = {
  print: (f) => elementSizes[f.size!],
  parse: (text) => {
    const size = (elementSizes as readonly string[]).indexOf(text.toLowerCase());
    return size < 0 ? undefined : { size };
  },
};

/** A list of one vector of bytes: `{z0.b}`. */
const byteVector: OperandSyntax = {
  print: (f) => `{z${f.Rt}.b}`,
  parse: (text) => {
    const match = /^\{?\s*z(\d{1,2})\.b\s*\}?$/i.exec(text);
    return match && Number(match[1]) < 32 ? { Rt: Number(match[1]) } : undefined;
  },
};

const shortOffset: OperandSyntax = {
  print: (f) => (f.imm4 === 0 ? undefined : `#${signed(f.imm4!, 4)}, mul vl`),
  parse: (text, context) => {
    if (text === '') return { imm4: 0 };
    const match = /^#?([^,]+),\s*mul\s+vl$/i.exec(text);
    const value = match ? immediateValue(match[1]!, context) : undefined;
    return value === undefined || value < -8n || value > 7n ? undefined : { imm4: Number(BigInt.asUintN(4, value)) };
  },
};

/** Predicate constraints by number; the others are written as numbers. */
const patterns: Readonly<Record<number, string>> = {
  0: 'pow2',
  ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8].map((n) => [n, `vl${n}`])),
  ...Object.fromEntries([16, 32, 64, 128, 256].map((n, index) => [9 + index, `vl${n}`])),
  29: 'mul4',
  30: 'mul3',
  31: 'all',
};
const patternName = (f: Fields): string => patterns[f.pattern!] ?? `#${f.pattern}`;
function parsePattern(text: string): number | undefined {
  const named = Object.entries(patterns).find(([, name]) => name === text.toLowerCase());
  if (named) return Number(named[0]);
  const match = /^#(0x[0-9a-f]+|\d+)$/i.exec(text);
  return match && Number(match[1]) < 32 ? Number(match[1]) : undefined;
}

/** `, vl8`; left out for ALL. */
const pattern: OperandSyntax = {
  print: (f) => (f.pattern === 31 ? undefined : patternName(f)),
  parse: (text) => {
    const number = text === '' ? 31 : parsePattern(text);
    return number === undefined ? undefined : { pattern: number };
  },
};

/** `, all, mul #4`; left out for ALL once. */
const multipliedPattern: OperandSyntax = {
  print: (f) => (f.imm4 === 0 ? pattern.print(f, 0n) : `${patternName(f)}, mul #${f.imm4! + 1}`),
  parse: (text, context) => {
    const match = /^([^,]+),\s*mul\s*#?(.+)$/i.exec(text);
    const factor = match ? immediateValue(match[2]!, context) : 1n;
    if (factor === undefined || factor < 1n || factor > 16n) return undefined;
    const given = pattern.parse(match ? match[1]!.trim() : text, context);
    return given && { ...given, imm4: Number(factor) - 1 };
  },
};

/** LD1B and ST1B of bytes, by vector-length or register offset. */
function contiguous(name: 'ld1b' | 'st1b'): Record<string, InstructionDefinition> {
  const load = name === 'ld1b';
  const top = load ? '1 0 1 0 0 1 0 0' : '1 1 1 0 0 1 0 0';
  const start = `${name} <list>, <Pg>${load ? '/z' : ''}, [<Xn|SP>`;
  const operands = { list: byteVector, Pg, offset: shortOffset };
  return {
    [`${name.toUpperCase()} (scalar plus immediate)`]: {
      encoding: `${top} 0 0 0 0 imm4 ${load ? '1 0 1' : '1 1 1'} pg:3 Rn Rt`,
      feature,
      assembly: `${start}{, <offset>}]`,
      operands,
    },
    [`${name.toUpperCase()} (scalar plus scalar)`]: {
      encoding: `${top} 0 0 0 Rm 0 1 0 pg:3 Rn Rt`,
      feature,
      where: (f) => f.Rm !== 31,
      assembly: `${start}, <Xm>]`,
      operands,
    },
  };
}

export const scalableVectorMemory = instructions('SVE memory copies', {
  ...contiguous('ld1b'),
  ...contiguous('st1b'),
  WHILELO: {
    encoding: '0 0 1 0 0 1 0 1 size 1 Rm 0 0 0 sf 1 1 Rn 0 pd:4',
    feature,
    assembly: 'whilelo <P>.<T>, <Rn>, <Rm>',
    operands: { P, T: elementSize },
  },
  'CNTB, CNTD, CNTH, CNTW': {
    encoding: '0 0 0 0 0 1 0 0 size 1 0 imm4 1 1 1 0 0 0 pattern:5 Rd',
    feature,
    assembly: 'cnt<E> <Xd>{, <multiplied>}',
    operands: {
      E: {
        print: (f) => ['b', 'h', 'w', 'd'][f.size!],
        parse: (text) => (/^[bhwd]$/i.test(text) ? { size: 'bhwd'.indexOf(text.toLowerCase()) } : undefined),
      },
      multiplied: multipliedPattern,
    },
  },
  PTRUE: {
    encoding: '0 0 1 0 0 1 0 1 size 0 1 1 0 0 0 1 1 1 0 0 0 pattern:5 0 pd:4',
    feature,
    assembly: 'ptrue <P>.<T>{, <pattern>}',
    operands: { P, T: elementSize, pattern },
  },
  'DUP (scalar)': {
    encoding: '0 0 0 0 0 1 0 1 size 1 0 0 0 0 0 0 0 1 1 1 0 Rn Rt',
    feature,
    assembly: 'mov <Z>.<T>, <scalar>',
    operands: {
      Z,
      T: elementSize,
      scalar: {
        print: (f) => generalRegisterName(f.size === 3 ? 1 : 0, f.Rn!, true),
        parse: (text, _context, known) => {
          const register = parseGeneralRegister(text);
          if (!register || register.sf !== (known?.size === 3 ? 1 : 0) || (register.number === 31 && !register.stackPointer))
            return undefined;
          return { Rn: register.number };
        },
      },
    },
  },
});
