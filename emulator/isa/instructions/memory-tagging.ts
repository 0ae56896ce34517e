import { type Alias, type InstructionDefinition, instructions } from '../instruction.ts';
import { signed, signedImmediate, unsignedImmediate } from '../syntax/integer.ts';

/**
 * FEAT_MTE: decoded and named, not implemented. No profile offers it, so the instructions are UNDEFINED; a vCPU that offered it would stop loudly.
 */

const GRANULE = 16;
const granules = signedImmediate('imm9', 9, { unit: () => GRANULE });
const granulesOrNone = signedImmediate('imm9', 9, { unit: () => GRANULE, optional: true });
const tagOffset = unsignedImmediate('uimm6', 6, { hex: true, unit: GRANULE });
const tag = unsignedImmediate('uimm4', 4, { hex: true });
const pairOffset = signedImmediate('simm7', 7, { unit: () => GRANULE });
const pairOffsetOrNone: typeof pairOffset = {
  print: (f) => (signed(f.simm7!, 7) === 0 ? undefined : pairOffset.print(f, 0n)),
  parse: (text, context) => (text === '' ? { simm7: 0 } : pairOffset.parse(text, context)),
};

const feature = 'FEAT_MTE2';

/** A store of allocation tags in its three addressing modes. */
function tagStore(name: string, opc: string): Record<string, InstructionDefinition> {
  const lower = name.toLowerCase();
  const encoding = (mode: string): string => `1 1 0 1 1 0 0 1 ${opc} 1 imm9 ${mode} Rn Rt`;
  return {
    [`${name} (signed offset)`]: {
      encoding: encoding('1 0'),
      feature,
      assembly: `${lower} <Xt|SP>, [<Xn|SP>{, #<offset>}]`,
      operands: { offset: granulesOrNone },
    },
    [`${name} (pre-index)`]: {
      encoding: encoding('1 1'),
      feature,
      assembly: `${lower} <Xt|SP>, [<Xn|SP>, #<offset>]!`,
      operands: { offset: granules },
    },
    [`${name} (post-index)`]: {
      encoding: encoding('0 1'),
      feature,
      assembly: `${lower} <Xt|SP>, [<Xn|SP>], #<offset>`,
      operands: { offset: granules },
    },
  };
}

/** Whole-block tag accesses, for EL1 and above. */
const tagMultiple = (name: string, opc: string): InstructionDefinition => ({
  encoding: `1 1 0 1 1 0 0 1 ${opc} 1 0 0 0 0 0 0 0 0 0 0 0 Rn Rt`,
  feature,
  assembly: `${name} <Xt>, [<Xn|SP>]`,
});

export const loadStoreTags = instructions('Load/store memory tags', {
  ...tagStore('STG', '0 0'),
  ...tagStore('STZG', '0 1'),
  ...tagStore('ST2G', '1 0'),
  ...tagStore('STZ2G', '1 1'),
  LDG: {
    encoding: '1 1 0 1 1 0 0 1 0 1 1 imm9 0 0 Rn Rt',
    feature,
    assembly: 'ldg <Xt>, [<Xn|SP>{, #<offset>}]',
    operands: { offset: granulesOrNone },
  },
  STZGM: tagMultiple('stzgm', '0 0'),
  STGM: tagMultiple('stgm', '1 0'),
  LDGM: tagMultiple('ldgm', '1 1'),
});

const tagPair = (mode: string, assembly: string, offset = pairOffset): InstructionDefinition => ({
  encoding: `0 1 1 0 1 0 0 ${mode} 0 simm7 Rt2 Rn Rt`,
  feature,
  assembly,
  operands: { offset },
});

export const storeTagPair = instructions('Store allocation tag and register pair', {
  'STGP (signed offset)': tagPair('1 0', 'stgp <Xt>, <Xt2>, [<Xn|SP>{, #<offset>}]', pairOffsetOrNone),
  'STGP (pre-index)': tagPair('1 1', 'stgp <Xt>, <Xt2>, [<Xn|SP>, #<offset>]!'),
  'STGP (post-index)': tagPair('0 1', 'stgp <Xt>, <Xt2>, [<Xn|SP>], #<offset>'),
});

const noExclusion: Record<string, Alias> = { 'irg <Xd|SP>, <Xn|SP>': { when: (f) => f.Rm === 31, implies: { Rm: 31 } } };
const tagArithmetic = (op: 0 | 1, name: string): InstructionDefinition => ({
  encoding: `1 ${op} 0 1 0 0 0 1 1 0 uimm6 0 0 uimm4 Rn Rd`,
  feature: 'FEAT_MTE',
  assembly: `${name} <Xd|SP>, <Xn|SP>, #<offset>, #<tag>`,
  operands: { offset: tagOffset, tag },
});

export const tagArithmeticInstructions = instructions('Tag arithmetic', {
  ADDG: tagArithmetic(0, 'addg'),
  SUBG: tagArithmetic(1, 'subg'),
  IRG: {
    encoding: '1 0 0 1 1 0 1 0 1 1 0 Rm 0 0 0 1 0 0 Rn Rd',
    feature: 'FEAT_MTE',
    assembly: 'irg <Xd|SP>, <Xn|SP>, <Xm>',
    aliases: noExclusion,
  },
  GMI: { encoding: '1 0 0 1 1 0 1 0 1 1 0 Rm 0 0 0 1 0 1 Rn Rd', feature: 'FEAT_MTE', assembly: 'gmi <Xd>, <Xn|SP>, <Xm>' },
  SUBP: { encoding: '1 0 0 1 1 0 1 0 1 1 0 Rm 0 0 0 0 0 0 Rn Rd', feature: 'FEAT_MTE', assembly: 'subp <Xd>, <Xn|SP>, <Xm|SP>' },
  SUBPS: {
    encoding: '1 0 1 1 1 0 1 0 1 1 0 Rm 0 0 0 0 0 0 Rn Rd',
    feature: 'FEAT_MTE',
    assembly: 'subps <Xd>, <Xn|SP>, <Xm|SP>',
    aliases: { 'cmpp <Xn|SP>, <Xm|SP>': { when: (f) => f.Rd === 31, implies: { Rd: 31 } } },
  },
});
