import { type Alias, type Fields, type InstructionDefinition, instructions, type Static } from '../instruction.ts';
import { unsignedImmediate } from '../syntax/integer.ts';
import { registerImmediate } from './register-immediate.ts';

// ---- select -------------------------------------------------------------------------------------------------------

/** AL and NV both hold always: one handler for the two. */
const staticCondition: Static = { name: 'condition', values: Array.from({ length: 15 }, (_, i) => i), of: (f) => Math.min(f.cond, 14) };

/** The aliases that invert the condition do not exist for AL and NV. */
const invertible = (f: Fields): boolean => f.cond < 14;

const inverse = (name: string, zero: string, when: (f: Fields) => boolean): Record<string, Alias> => ({
  [`${zero} <Rd>, <invcond>`]: { when: (f) => invertible(f) && f.Rn === 31 && f.Rm === 31, implies: { Rn: 31, Rm: 31 } },
  [`${name} <Rd>, <Rn>, <invcond>`]: { when, implies: (f) => ({ Rm: f.Rn }) },
});
const sameNotZero = (f: Fields): boolean => invertible(f) && f.Rn === f.Rm && f.Rn !== 31;

export const conditionalSelect = instructions('Conditional select', {
  CSEL: {
    encoding: 'sf 0 0 1 1 0 1 0 1 0 0 Rm cond 0 0 Rn Rd',
    assembly: 'csel <Rd>, <Rn>, <Rm>, <cond>',
    statics: ['sf', staticCondition],
    operation: (b, { sf, condition }) => b.setX(sf, 'Rd', b.select(b.condition(condition), b.x(sf, 'Rn'), b.x(sf, 'Rm'))),
  },
  CSINC: {
    encoding: 'sf 0 0 1 1 0 1 0 1 0 0 Rm cond 0 1 Rn Rd',
    assembly: 'csinc <Rd>, <Rn>, <Rm>, <cond>',
    aliases: inverse('cinc', 'cset', sameNotZero),
    statics: ['sf', staticCondition],
    operation: (b, { sf, condition }) => b.setX(sf, 'Rd', b.select(b.condition(condition), b.x(sf, 'Rn'), b.add(b.x(sf, 'Rm'), 1))),
  },
  CSINV: {
    encoding: 'sf 1 0 1 1 0 1 0 1 0 0 Rm cond 0 0 Rn Rd',
    assembly: 'csinv <Rd>, <Rn>, <Rm>, <cond>',
    aliases: inverse('cinv', 'csetm', sameNotZero),
    statics: ['sf'],
    operation: (b, { sf }) =>
      b.setX(
        sf,
        'Rd',
        b.select(
          b.conditionHolds((f) => f.cond),
          b.x(sf, 'Rn'),
          b.not(b.x(sf, 'Rm')),
        ),
      ),
  },
  CSNEG: {
    encoding: 'sf 1 0 1 1 0 1 0 1 0 0 Rm cond 0 1 Rn Rd',
    assembly: 'csneg <Rd>, <Rn>, <Rm>, <cond>',
    aliases: { 'cneg <Rd>, <Rn>, <invcond>': { when: (f) => invertible(f) && f.Rn === f.Rm, implies: (f) => ({ Rm: f.Rn }) } },
    statics: ['sf'],
    operation: (b, { sf }) =>
      b.setX(
        sf,
        'Rd',
        b.select(
          b.conditionHolds((f) => f.cond),
          b.x(sf, 'Rn'),
          b.neg(b.x(sf, 'Rm')),
        ),
      ),
  },
});

// ---- compare ------------------------------------------------------------------------------------------------------

const imm5 = unsignedImmediate('imm5', 5, { hex: true });
const nzcv = unsignedImmediate('nzcv', 4, { hex: true });

function compare(name: 'CCMN' | 'CCMP', immediate: boolean): InstructionDefinition {
  const op = name === 'CCMP' ? 1 : 0;
  return {
    encoding: `sf ${op} 1 1 1 0 1 0 0 1 0 ${immediate ? 'imm5' : 'Rm'} cond ${immediate ? 1 : 0} 0 Rn 0 nzcv`,
    assembly: `${name.toLowerCase()} <Rn>, ${immediate ? '#<imm5>' : '<Rm>'}, #<nzcv>, <cond>`,
    operands: immediate ? { imm5, nzcv } : { nzcv },
    // CCMP is what compilers make of `a && b`: its condition is worth a handler each, CCMN's is not.
    statics: op ? ['sf', staticCondition] : ['sf'],
    operation: (b, { sf, condition }) => {
      const n = b.x(sf, 'Rn');
      const operand = immediate ? registerImmediate(b, sf, (f) => f.imm5) : b.x(sf, 'Rm');
      const holds = op ? b.condition(condition) : b.conditionHolds((f) => f.cond);
      b.if(
        holds,
        () => void (op ? b.subSettingFlags(n, operand) : b.addSettingFlags(n, operand)),
        () => b.setNzcv(b.small((f) => f.nzcv)),
      );
    },
  };
}

export const conditionalCompare = [
  ...instructions('Conditional compare (register)', {
    'CCMN (register)': compare('CCMN', false),
    'CCMP (register)': compare('CCMP', false),
  }),
  ...instructions('Conditional compare (immediate)', {
    'CCMN (immediate)': compare('CCMN', true),
    'CCMP (immediate)': compare('CCMP', true),
  }),
];

// ---- flag manipulation --------------------------------------------------------------------------------------------

/** N, Z and V of an 8- or 16-bit value; C stays. */
function evaluateInto(bits: 8 | 16): InstructionDefinition {
  return {
    encoding: `0 0 1 1 1 0 1 0 0 0 0 000000 ${bits === 8 ? 0 : 1} 0010 Rn 0 1101`,
    feature: 'FEAT_FlagM',
    assembly: `setf${bits} <Wn>`,
    operation: (b) => {
      const value = b.x(0, 'Rn');
      const negative = b.and(b.shrU(value, bits - 1), 1);
      const overflow = b.xor(negative, b.and(b.shrU(value, bits), 1));
      const zero = b.isZero(b.zeroExtend(value, bits));
      b.setNzcv(b.or(b.or(b.shl(negative, 3), b.shl(zero, 2)), b.or(b.shl(b.carry(), 1), overflow)));
    },
  };
}

export const flagManipulation = [
  ...instructions('Rotate right into flags', {
    RMIF: {
      encoding: '1 0 1 1 1 0 1 0 0 0 0 imm6 0 0 0 0 1 Rn 0 mask',
      feature: 'FEAT_FlagM',
      assembly: 'rmif <Xn>, #<imm6>, #<mask>',
      operands: { imm6: unsignedImmediate('imm6', 6), mask: unsignedImmediate('mask', 4) },
      operation: (b) => {
        const rotated = b.wrap(
          b.rotr(
            b.x(1, 'Rn'),
            b.immediate((f) => f.imm6),
          ),
        );
        const mask = b.small((f) => f.mask);
        const old = b.nzcv();
        b.setNzcv(b.xor(old, b.and(b.xor(old, rotated), mask)));
      },
    },
  }),
  ...instructions('Evaluate into flags', { SETF8: evaluateInto(8), SETF16: evaluateInto(16) }),
];
