import { type Fields, type InstructionDefinition, instructions, type OperandSyntax } from '../instruction.ts';
import { immediateValue, signed } from '../syntax/integer.ts';
import { authenticate, pointerKeys } from './pointer-authentication-operations.ts';

/** S:imm9 counts doublewords. */
const byteOffset = (f: Fields): number => signed((f.S << 9) | f.imm9, 10) * 8;

const offset: OperandSyntax = {
  print: (f) => (byteOffset(f) === 0 ? undefined : String(byteOffset(f))),
  parse: (text, context) => {
    if (text.trim() === '') return { S: 0, imm9: 0 };
    const value = immediateValue(text, context);
    if (value === undefined || value % 8n !== 0n || value < -4096n || value > 4088n) return undefined;
    const bits = Number(value / 8n) & 0x3ff;
    return { S: bits >> 9, imm9: bits & 0x1ff };
  },
};

/** LDRAA, LDRAB: the base is authenticated with a data key and modifier zero, then addresses like LDR's. */
function loadAuthenticated(key: 'DA' | 'DB', writeback: 0 | 1): InstructionDefinition {
  const M = key === 'DB' ? 1 : 0;
  return {
    encoding: `1 1 1 1 1 0 0 0 ${M} S 1 imm9 ${writeback} 1 Rn Rt`,
    feature: 'FEAT_PAuth',
    assembly: `ldra${M ? 'b' : 'a'} <Xt>, [<Xn|SP>{, #<offset>}]${writeback ? '!' : ''}`,
    operands: { offset },
    transfer: writeback ? undefined : (f) => ({ sas: 3, sse: 0, srt: f.Rt, sf: 1, ar: 0 }),
    operation: (b) => {
      const base = authenticate(b, b.base(), b.i64(0), pointerKeys[key]);
      const address = b.add(base, b.immediate(byteOffset));
      b.setX(1, 'Rt', b.load(address, 8));
      if (writeback) b.setXsp(1, 'Rn', address);
    },
  };
}

export const loadAuthenticatedPointer = instructions('Load/store register (pac)', {
  'LDRAA (offset)': loadAuthenticated('DA', 0),
  'LDRAA (pre-index)': loadAuthenticated('DA', 1),
  'LDRAB (offset)': loadAuthenticated('DB', 0),
  'LDRAB (pre-index)': loadAuthenticated('DB', 1),
});
