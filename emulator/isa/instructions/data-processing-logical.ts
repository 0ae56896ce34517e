import { decodeBitmask, isBitmask, moveWidePreferred } from '../bitmask.ts';
import type { Builder, Value } from '../builder.ts';
import { type Alias, type Fields, type InstructionDefinition, instructions, type Static } from '../instruction.ts';
import { shiftAmount } from '../syntax/integer.ts';
import { amountFits, shiftedRegister, shiftForm } from './data-processing-add-subtract.ts';

const bitmaskOf = (f: Fields): bigint => decodeBitmask(f.sf, f.N, f.immr, f.imms)!;

/** The logical operations by their opc; ANDS also sets flags. */
const logic: Readonly<
  Record<'AND' | 'ORR' | 'EOR' | 'ANDS', { readonly opc: string; readonly apply: (b: Builder, a: Value, m: Value) => Value }>
> = {
  AND: { opc: '0 0', apply: (b, n, m) => b.and(n, m) },
  ORR: { opc: '0 1', apply: (b, n, m) => b.or(n, m) },
  EOR: { opc: '1 0', apply: (b, n, m) => b.xor(n, m) },
  ANDS: { opc: '1 1', apply: (b, n, m) => b.and(n, m) },
};
const names = Object.keys(logic) as (keyof typeof logic)[];

const immediateAliases: Readonly<Record<keyof typeof logic, Record<string, Alias>>> = {
  AND: {},
  ORR: {
    'mov <Rd|SP>, #<bitmask>': { when: (f) => f.Rn === 31 && (f.Rd === 31 || !moveWidePreferred(f.sf, bitmaskOf(f))), implies: { Rn: 31 } },
  },
  EOR: {},
  ANDS: { 'tst <Rn>, #<bitmask>': { when: (f) => f.Rd === 31, implies: { Rd: 31 } } },
};

export const logicalImmediate = instructions(
  'Logical (immediate)',
  Object.fromEntries(
    names.map((name): [string, InstructionDefinition] => {
      const flags = name === 'ANDS';
      return [
        `${name} (immediate)`,
        {
          encoding: `sf ${logic[name].opc} 1 0 0 1 0 0 N immr imms Rn Rd`,
          where: (f) => isBitmask(f.sf, f.N, f.imms),
          assembly: `${name.toLowerCase()} ${flags ? '<Rd>' : '<Rd|SP>'}, <Rn>, #<bitmask>`,
          aliases: immediateAliases[name],
          statics: ['sf'],
          operation: (b, { sf }) => {
            const result = logic[name].apply(b, b.x(sf, 'Rn'), b.immediateX(sf, bitmaskOf));
            if (flags) {
              b.setLogicalFlags(result);
              b.setX(sf, 'Rd', result);
            } else b.setXsp(sf, 'Rd', result);
          },
        },
      ];
    }),
  ),
);

// ---- shifted register ---------------------------------------------------------------------------------------------

/** AND … ANDS with N = 0, and the same with the second operand inverted. */
const inverted = { AND: 'BIC', ORR: 'ORN', EOR: 'EON', ANDS: 'BICS' } as const;

/** ORR from the zero register without a shift is MOV, the commonest instruction of all: form −1, no OR. */
const moveForm: Static = {
  name: 'form',
  values: [-1, 0, 1, 2, 3, 4],
  of: (f) => (f.imm6 !== 0 ? 1 + f.shift : f.Rn === 31 ? -1 : 0),
};

const shiftedAliases: Readonly<Record<string, Record<string, Alias>>> = {
  ORR: { 'mov <Rd>, <Rm>': { when: (f) => f.Rn === 31 && f.shift === 0 && f.imm6 === 0, implies: { Rn: 31, shift: 0, imm6: 0 } } },
  ORN: { 'mvn <Rd>, <Rm>{, <shifted>}': { when: (f) => f.Rn === 31, implies: { Rn: 31 } } },
  ANDS: { 'tst <Rn>, <Rm>{, <shifted>}': { when: (f) => f.Rd === 31, implies: { Rd: 31 } } },
};

function shiftedDefinition(name: string, of: keyof typeof logic, invert: boolean): InstructionDefinition {
  const { opc, apply } = logic[of];
  return {
    encoding: `sf ${opc} 0 1 0 1 0 shift ${invert ? 1 : 0} Rm imm6 Rn Rd`,
    where: amountFits,
    assembly: `${name.toLowerCase()} <Rd>, <Rn>, <Rm>{, <shifted>}`,
    operands: { shifted: shiftAmount },
    aliases: shiftedAliases[name],
    statics: ['sf', name === 'ORR' ? moveForm : shiftForm(3)],
    operation: (b, s) => {
      if (s.form === -1) return b.setX(s.sf, 'Rd', b.x(s.sf, 'Rm'));
      const m = shiftedRegister(b, s);
      const result = apply(b, b.x(s.sf, 'Rn'), invert ? b.not(m) : m);
      if (of === 'ANDS') b.setLogicalFlags(result);
      return b.setX(s.sf, 'Rd', result);
    },
  };
}

export const logicalShiftedRegister = instructions(
  'Logical (shifted register)',
  Object.fromEntries(
    names.flatMap((name): [string, InstructionDefinition][] => [
      [`${name} (shifted register)`, shiftedDefinition(name, name, false)],
      [`${inverted[name]} (shifted register)`, shiftedDefinition(inverted[name], name, true)],
    ]),
  ),
);
