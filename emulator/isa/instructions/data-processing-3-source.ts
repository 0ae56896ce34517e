import type { Builder, Value } from '../builder.ts';
import { type Alias, type InstructionDefinition, instructions, type Static } from '../instruction.ts';

const aliasWithoutAddend = (assembly: string): Record<string, Alias> => ({ [assembly]: { when: (f) => f.Ra === 31, implies: { Ra: 31 } } });

/** MADD without an addend is MUL, by far the more frequent. */
const accumulates: Static = { name: 'accumulate', values: [0, 1], of: (f) => (f.Ra === 31 ? 0 : 1) };

/** 32 × 32 → 64 bits, added to or subtracted from Ra. */
function long(mnemonic: string, alias: string, U: 0 | 1, o0: 0 | 1): InstructionDefinition {
  return {
    encoding: `1 0 0 1 1 0 1 1 ${U} 0 1 Rm ${o0} Ra Rn Rd`,
    assembly: `${mnemonic} <Xd>, <Wn>, <Wm>, <Xa>`,
    aliases: aliasWithoutAddend(`${alias} <Xd>, <Wn>, <Wm>`),
    operation: (b) => {
      const extend = (value: Value): Value => (U ? b.extendU(value) : b.extendS(value));
      const product = b.mul(extend(b.x(0, 'Rn')), extend(b.x(0, 'Rm')));
      b.setX(1, 'Rd', o0 ? b.sub(b.x(1, 'Ra'), product) : b.add(b.x(1, 'Ra'), product));
    },
  };
}

const LOW = 0xffffffffn;

/** High 64 bits of the unsigned 128-bit product, from four 32 × 32 products. */
function multiplyHighUnsigned(b: Builder, n: Value, m: Value): Value {
  const nLow = b.and(n, LOW);
  const nHigh = b.shrU(n, 32);
  const mLow = b.and(m, LOW);
  const mHigh = b.shrU(m, 32);
  const crossed = b.add(b.mul(nHigh, mLow), b.shrU(b.mul(nLow, mLow), 32));
  const middle = b.add(b.mul(nLow, mHigh), b.and(crossed, LOW));
  return b.add(b.add(b.mul(nHigh, mHigh), b.shrU(crossed, 32)), b.shrU(middle, 32));
}

/** The signed product differs from the unsigned one by the other factor, shifted up, for each negative factor. */
function multiplyHighSigned(b: Builder, n: Value, m: Value): Value {
  const correction = b.add(b.and(b.shrS(n, 63), m), b.and(b.shrS(m, 63), n));
  return b.sub(multiplyHighUnsigned(b, n, m), correction);
}

export const dataProcessing3Source = instructions('Data-processing (3 source)', {
  MADD: {
    encoding: 'sf 0 0 1 1 0 1 1 0 0 0 Rm 0 Ra Rn Rd',
    assembly: 'madd <Rd>, <Rn>, <Rm>, <Ra>',
    aliases: aliasWithoutAddend('mul <Rd>, <Rn>, <Rm>'),
    statics: ['sf', accumulates],
    operation: (b, { sf, accumulate }) => {
      const product = b.mul(b.x(sf, 'Rn'), b.x(sf, 'Rm'));
      b.setX(sf, 'Rd', accumulate ? b.add(b.x(sf, 'Ra'), product) : product);
    },
  },
  MSUB: {
    encoding: 'sf 0 0 1 1 0 1 1 0 0 0 Rm 1 Ra Rn Rd',
    assembly: 'msub <Rd>, <Rn>, <Rm>, <Ra>',
    aliases: aliasWithoutAddend('mneg <Rd>, <Rn>, <Rm>'),
    statics: ['sf'],
    operation: (b, { sf }) => b.setX(sf, 'Rd', b.sub(b.x(sf, 'Ra'), b.mul(b.x(sf, 'Rn'), b.x(sf, 'Rm')))),
  },
  SMADDL: long('smaddl', 'smull', 0, 0),
  SMSUBL: long('smsubl', 'smnegl', 0, 1),
  UMADDL: long('umaddl', 'umull', 1, 0),
  UMSUBL: long('umsubl', 'umnegl', 1, 1),
  SMULH: {
    encoding: '1 0 0 1 1 0 1 1 0 1 0 Rm 0 (11111) Rn Rd',
    assembly: 'smulh <Xd>, <Xn>, <Xm>',
    operation: (b) => b.setX(1, 'Rd', multiplyHighSigned(b, b.x(1, 'Rn'), b.x(1, 'Rm'))),
  },
  UMULH: {
    encoding: '1 0 0 1 1 0 1 1 1 1 0 Rm 0 (11111) Rn Rd',
    assembly: 'umulh <Xd>, <Xn>, <Xm>',
    operation: (b) => b.setX(1, 'Rd', multiplyHighUnsigned(b, b.x(1, 'Rn'), b.x(1, 'Rm'))),
  },
});
