import type { Builder, Value } from '../builder.ts';
import { type InstructionDefinition, instructions } from '../instruction.ts';

const unsignedQuotient = (b: Builder, sf: number, n: Value, m: Value): Value => b.op(sf ? 'i64.div_u' : 'i32.div_u', n, m);

/** Division by zero gives 0; the most negative number divided by −1 is itself (WebAssembly traps on both). */
function divide(b: Builder, sf: number, isSigned: boolean): Value {
  const n = b.x(sf, 'Rn');
  const m = b.x(sf, 'Rm');
  const zero = (): Value => (sf ? b.i64(0) : b.i32(0));
  return b.choose(b.isZero(m), zero, () => {
    if (!isSigned) return unsignedQuotient(b, sf, n, m);
    return b.choose(
      b.compare('eq', m, -1),
      () => b.neg(n),
      () => b.op(sf ? 'i64.div_s' : 'i32.div_s', n, m),
    );
  });
}

function variableShift(name: string, opcode: string, shift: (b: Builder, n: Value, m: Value) => Value): InstructionDefinition {
  return {
    encoding: `sf 0 0 1 1 0 1 0 1 1 0 Rm 0010 ${opcode} Rn Rd`,
    // GNU names the alias; the `v` forms are accepted too.
    assembly: `${name} <Rd>, <Rn>, <Rm>`,
    aliases: { [`${name}v <Rd>, <Rn>, <Rm>`]: { when: () => false } },
    statics: ['sf'],
    operation: (b, { sf }) => b.setX(sf, 'Rd', shift(b, b.x(sf, 'Rn'), b.x(sf, 'Rm'))),
  };
}

/** CRC32 (polynomial 0x04c11db7) or CRC32C (0x1edc6f41) over 2^sz bytes. */
function checksum(name: string, sz: number, castagnoli: 0 | 1): InstructionDefinition {
  const fn = castagnoli ? 'crc32c' : 'crc32';
  return {
    encoding: `${sz === 3 ? 1 : 0} 0 0 1 1 0 1 0 1 1 0 Rm 010 ${castagnoli} ${(sz >> 1) & 1} ${sz & 1} Rn Rd`,
    feature: 'FEAT_CRC32',
    assembly: `${name.toLowerCase()} <Wd>, <Wn>, ${sz === 3 ? '<Xm>' : '<Wm>'}`,
    operation: (b) => {
      const accumulator = b.x(0, 'Rn');
      if (sz < 3) return b.setX(0, 'Rd', b.call(fn, accumulator, b.x(0, 'Rm'), b.i32(1 << sz)));
      const data = b.x(1, 'Rm');
      const low = b.call(fn, accumulator, b.wrap(data), b.i32(4));
      return b.setX(0, 'Rd', b.call(fn, low, b.wrap(b.shrU(data, 32)), b.i32(4)));
    },
  };
}

export const dataProcessing2Source = instructions('Data-processing (2 source)', {
  UDIV: {
    encoding: 'sf 0 0 1 1 0 1 0 1 1 0 Rm 000010 Rn Rd',
    assembly: 'udiv <Rd>, <Rn>, <Rm>',
    statics: ['sf'],
    operation: (b, { sf }) => b.setX(sf, 'Rd', divide(b, sf, false)),
  },
  SDIV: {
    encoding: 'sf 0 0 1 1 0 1 0 1 1 0 Rm 000011 Rn Rd',
    assembly: 'sdiv <Rd>, <Rn>, <Rm>',
    statics: ['sf'],
    operation: (b, { sf }) => b.setX(sf, 'Rd', divide(b, sf, true)),
  },
  LSLV: variableShift('lsl', '00', (b, n, m) => b.shl(n, m)),
  LSRV: variableShift('lsr', '01', (b, n, m) => b.shrU(n, m)),
  ASRV: variableShift('asr', '10', (b, n, m) => b.shrS(n, m)),
  RORV: variableShift('ror', '11', (b, n, m) => b.rotr(n, m)),
  CRC32B: checksum('CRC32B', 0, 0),
  CRC32H: checksum('CRC32H', 1, 0),
  CRC32W: checksum('CRC32W', 2, 0),
  CRC32X: checksum('CRC32X', 3, 0),
  CRC32CB: checksum('CRC32CB', 0, 1),
  CRC32CH: checksum('CRC32CH', 1, 1),
  CRC32CW: checksum('CRC32CW', 2, 1),
  CRC32CX: checksum('CRC32CX', 3, 1),
  PACGA: {
    encoding: '1 0 0 1 1 0 1 0 1 1 0 Rm 001100 Rn Rd',
    feature: 'FEAT_PAuth',
    assembly: 'pacga <Xd>, <Xn>, <Xm|SP>',
    operation: (b) => b.setX(1, 'Rd', b.call('pointerAuthGeneric', b.x(1, 'Rn'), b.xsp(1, 'Rm'))),
  },
});
