import { decodeBitmask, encodeBitmask } from '../bitmask.ts';
import type { Fields, OperandSyntax } from '../instruction.ts';
import { hexadecimal, immediateValue, shiftAmount, shiftNames, signed } from './integer.ts';

/** Operands that more than one class uses by name. An entry's own `operands` come before these. */

const conditionNames = ['eq', 'ne', 'cs', 'cc', 'mi', 'pl', 'vs', 'vc', 'hi', 'ls', 'ge', 'lt', 'gt', 'le', 'al', 'nv'] as const;

/** Other names of a condition, in the order objdump remarks them: the unsigned pair, then SVE's. */
const conditionSynonyms: Readonly<Record<string, readonly string[]>> = {
  eq: ['none'],
  ne: ['any'],
  cs: ['hs', 'nlast'],
  cc: ['lo', 'ul', 'last'],
  mi: ['first'],
  pl: ['nfrst'],
  hi: ['pmore'],
  ls: ['plast'],
  ge: ['tcont'],
  lt: ['tstop'],
};

function conditionNumber(text: string): number | undefined {
  const name = text.toLowerCase();
  const number = conditionNames.findIndex((c) => c === name || conditionSynonyms[c]?.includes(name));
  return number < 0 ? undefined : number;
}

/** A condition operand of CSEL, CCMP …; objdump remarks its synonyms. `flip` 1 for aliases that print the inverted condition. */
function conditionOperand(flip: 0 | 1): OperandSyntax {
  return {
    print: (f) => {
      const name = conditionNames[f.cond! ^ flip]!;
      const synonyms = conditionSynonyms[name];
      return synonyms ? `${name}\t// ${name} = ${synonyms.join(', ')}` : name;
    },
    parse: (text) => {
      const cond = conditionNumber(text);
      return cond === undefined ? undefined : { cond: cond ^ flip };
    },
  };
}

/** The condition glued to a mnemonic: `b.<bcond>`. */
function branchCondition(mnemonic: string): OperandSyntax {
  return {
    print: (f) => {
      const name = conditionNames[f.cond!]!;
      const synonyms = conditionSynonyms[name];
      return synonyms ? `${name}\t// ${synonyms.map((s) => `${mnemonic}.${s}`).join(', ')}` : name;
    },
    parse: conditionOperand(0).parse,
  };
}

/** A PC-relative target: the field counts instructions. */
function wordTarget(field: string, width: number): OperandSyntax {
  return {
    print: (f, address) => hexadecimal(BigInt.asUintN(64, address + BigInt(signed(f[field]!, width) * 4))),
    parse: (text, context) => {
      const target = immediateValue(text, context);
      if (target === undefined) return undefined;
      const offset = BigInt.asIntN(64, target - context.address);
      const limit = 1n << BigInt(width + 1);
      if (offset % 4n !== 0n || offset < -limit || offset >= limit) return undefined;
      return { [field]: Number(BigInt.asUintN(width, offset / 4n)) };
    },
  };
}

/** The target of ADR (in bytes) and ADRP (in 4 KB pages): immhi:immlo. */
function pageTarget(shift: 0n | 12n): OperandSyntax {
  return {
    print: (f, address) => {
      const distance = BigInt(signed((f.immhi! << 2) | f.immlo!, 21)) << shift;
      return hexadecimal(BigInt.asUintN(64, ((address >> shift) << shift) + distance));
    },
    parse: (text, context) => {
      const target = immediateValue(text, context);
      if (target === undefined) return undefined;
      const distance = BigInt.asIntN(64, ((target >> shift) << shift) - ((context.address >> shift) << shift)) >> shift;
      if (distance < -(1n << 20n) || distance >= 1n << 20n) return undefined;
      const bits = Number(BigInt.asUintN(21, distance));
      return { immhi: bits >> 2, immlo: bits & 3 };
    },
  };
}

const shiftName: OperandSyntax = {
  print: (f) => shiftNames[f.shift!],
  parse: (text) => {
    const shift = (shiftNames as readonly string[]).indexOf(text.toLowerCase());
    return shift < 0 ? undefined : { shift };
  },
};

const bitmask: OperandSyntax = {
  print: (f) => hexadecimal(decodeBitmask(f.sf!, f.N!, f.immr!, f.imms!) ?? 0n),
  parse: (text, context, known) => {
    const value = immediateValue(text, context);
    return value === undefined ? undefined : encodeBitmask(known?.sf ?? 1, value);
  },
};

export const sharedOperands: Readonly<Record<string, OperandSyntax>> = {
  cond: conditionOperand(0),
  invcond: conditionOperand(1),
  bcond: branchCondition('b'),
  label26: wordTarget('imm26', 26),
  label19: wordTarget('imm19', 19),
  label14: wordTarget('imm14', 14),
  adr: pageTarget(0n),
  adrp: pageTarget(12n),
  shift: shiftName,
  shifted: shiftAmount,
  bitmask,
};

/** Fields whose plain symbol prints in decimal; the others print in hexadecimal. */
const decimalFields = new Set(['imm6', 'imm5', 'imm3', 'imm7', 'imm9', 'immr', 'imms', 'scale', 'uimm6', 'uimm4', 'mask']);

/** A symbol that is simply a field: an unsigned immediate. */
export function fieldOperand(field: string, width: number): OperandSyntax {
  const decimal = decimalFields.has(field);
  return {
    print: (f: Fields) => (decimal ? String(f[field]) : hexadecimal(f[field]!)),
    parse: (text, context) => {
      const value = immediateValue(text, context);
      return value === undefined || value < 0n || value >= 1n << BigInt(width) ? undefined : { [field]: Number(value) };
    },
  };
}
