import { type Fields, type InstructionDefinition, instructions, type OperandSyntax } from '../instruction.ts';
import { immediateValue, signed, signedImmediate } from '../syntax/integer.ts';

/**
 * The SVE instructions that a kernel has to save and restore SVE state: decoded and named, not implemented. No profile offers FEAT_SVE,
 * so they are UNDEFINED; the rest of SVE is unallocated here.
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
