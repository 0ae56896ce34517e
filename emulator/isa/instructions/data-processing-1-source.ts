import type { Builder, Value } from '../builder.ts';
import { instructions } from '../instruction.ts';

const wide = (sf: number, pattern: number): bigint | number => {
  const word = BigInt(pattern >>> 0);
  return sf ? BigInt.asIntN(64, (word << 32n) | word) : pattern | 0;
};

/** Exchanges neighbouring groups of `count` bits; `pattern` has the low group of each pair, as a 32-bit mask. */
function swapGroups(b: Builder, sf: number, value: Value, count: number, pattern: number): Value {
  const mask = wide(sf, pattern);
  return b.or(b.shl(b.and(value, mask), count), b.and(b.shrU(value, count), mask));
}

const swapBytes = (b: Builder, sf: number, value: Value): Value => swapGroups(b, sf, value, 8, 0x00ff00ff);

/** Bytes of each 32-bit word reversed. */
const reverseWords = (b: Builder, sf: number, value: Value): Value =>
  sf === 0
    ? b.or(b.and(b.rotr(value, 8), 0xff00ff00 | 0), b.and(b.rotr(value, 24), 0x00ff00ff))
    : swapGroups(b, sf, swapBytes(b, sf, value), 16, 0x0000ffff);

function reverseBits(b: Builder, sf: number, value: Value): Value {
  const inNibbles = swapGroups(b, sf, swapGroups(b, sf, value, 1, 0x55555555), 2, 0x33333333);
  const words = reverseWords(b, sf, swapGroups(b, sf, inNibbles, 4, 0x0f0f0f0f));
  return sf ? b.rotr(words, 32) : words;
}

export const dataProcessing1Source = instructions('Data-processing (1 source)', {
  RBIT: {
    encoding: 'sf 1 0 1 1 0 1 0 1 1 0 00000 000000 Rn Rd',
    assembly: 'rbit <Rd>, <Rn>',
    statics: ['sf'],
    operation: (b, { sf }) => b.setX(sf, 'Rd', reverseBits(b, sf, b.x(sf, 'Rn'))),
  },
  REV16: {
    encoding: 'sf 1 0 1 1 0 1 0 1 1 0 00000 000001 Rn Rd',
    assembly: 'rev16 <Rd>, <Rn>',
    statics: ['sf'],
    operation: (b, { sf }) => b.setX(sf, 'Rd', swapBytes(b, sf, b.x(sf, 'Rn'))),
  },
  'REV (32-bit)': {
    encoding: '0 1 0 1 1 0 1 0 1 1 0 00000 000010 Rn Rd',
    assembly: 'rev <Wd>, <Wn>',
    operation: (b) => b.setX(0, 'Rd', reverseWords(b, 0, b.x(0, 'Rn'))),
  },
  REV32: {
    encoding: '1 1 0 1 1 0 1 0 1 1 0 00000 000010 Rn Rd',
    assembly: 'rev32 <Xd>, <Xn>',
    operation: (b) => b.setX(1, 'Rd', reverseWords(b, 1, b.x(1, 'Rn'))),
  },
  'REV (64-bit)': {
    encoding: '1 1 0 1 1 0 1 0 1 1 0 00000 000011 Rn Rd',
    assembly: 'rev <Xd>, <Xn>',
    operation: (b) => b.setX(1, 'Rd', b.rotr(reverseWords(b, 1, b.x(1, 'Rn')), 32)),
  },
  CLZ: {
    encoding: 'sf 1 0 1 1 0 1 0 1 1 0 00000 000100 Rn Rd',
    assembly: 'clz <Rd>, <Rn>',
    statics: ['sf'],
    operation: (b, { sf }) => b.setX(sf, 'Rd', b.clz(b.x(sf, 'Rn'))),
  },
  CLS: {
    encoding: 'sf 1 0 1 1 0 1 0 1 1 0 00000 000101 Rn Rd',
    assembly: 'cls <Rd>, <Rn>',
    statics: ['sf'],
    operation: (b, { sf }) => {
      const n = b.x(sf, 'Rn');
      const unlikeSign = b.xor(n, b.shrS(n, sf ? 63 : 31));
      b.setX(sf, 'Rd', b.sub(b.clz(unlikeSign), 1));
    },
  },
});
