import type { Builder } from '../builder.ts';
import { type Fields, type InstructionDefinition, instructions, type Static } from '../instruction.ts';
import { immediateValue, signed } from '../syntax/integer.ts';
import { generalRegisterName, parseGeneralRegister } from '../syntax/registers.ts';
import { authenticate, pointerKeys } from './pointer-authentication-operations.ts';

const offset26 = (f: Fields): number => signed(f.imm26!, 26) * 4;
const offset19 = (f: Fields): number => signed(f.imm19!, 19) * 4;
const offset14 = (f: Fields): number => signed(f.imm14!, 14) * 4;

const linkRegister = (): number => 30;
const link = (b: Builder): void => b.setX(1, linkRegister, b.add(b.pc(), 4));

export const unconditionalBranchImmediate = instructions('Unconditional branch (immediate)', {
  B: {
    encoding: '0 0 0 1 0 1 imm26',
    assembly: 'b <label26>',
    operation: (b) => b.branch(offset26),
  },
  BL: {
    encoding: '1 0 0 1 0 1 imm26',
    assembly: 'bl <label26>',
    operation: (b) => {
      link(b);
      b.branch(offset26);
    },
  },
});

export const conditionalBranchImmediate = instructions('Conditional branch (immediate)', {
  'B.cond': {
    encoding: '0 1 0 1 0 1 0 0 imm19 0 cond',
    assembly: 'b.<bcond> <label19>',
    statics: ['cond'],
    operation: (b, { cond }) => b.branchIf(b.condition(cond!), offset19),
  },
});

const compareAndBranch = (op: 0 | 1): InstructionDefinition => ({
  encoding: `sf 0 1 1 0 1 0 ${op} imm19 Rt`,
  assembly: `${op ? 'cbnz' : 'cbz'} <Rt>, <label19>`,
  statics: ['sf'],
  operation: (b, { sf }) => {
    const value = b.x(sf!, 'Rt');
    b.branchIf(op ? b.compare('ne', value, 0) : b.isZero(value), offset19);
  },
});

export const compareAndBranchImmediate = instructions('Compare and branch (immediate)', {
  CBZ: compareAndBranch(0),
  CBNZ: compareAndBranch(1),
});

/** The bit number is b5:b40; a bit of the low half is tested in 32 bits. */
const testAndBranch = (op: 0 | 1): InstructionDefinition => ({
  encoding: `b5 0 1 1 0 1 1 ${op} b40 imm14 Rt`,
  assembly: `${op ? 'tbnz' : 'tbz'} <tested>, <label14>`,
  operands: {
    tested: {
      print: (f) => `${generalRegisterName(f.b5!, f.Rt!, false)}, #${(f.b5! << 5) | f.b40!}`,
      parse: (text, context) => {
        const [name, number] = text.split(',', 2);
        const register = parseGeneralRegister(name!.trim());
        const bit = number === undefined ? undefined : immediateValue(number, context);
        if (!register || register.stackPointer || bit === undefined || bit < 0n || bit > (register.sf ? 63n : 31n)) return undefined;
        return { Rt: register.number, b5: Number(bit) >> 5, b40: Number(bit) & 31 };
      },
    },
  },
  statics: ['b5'],
  operation: (b, { b5 }) => {
    const bit = b5
      ? b.and(
          b.wrap(b.shrU(b.x(1, 'Rt'), 32)),
          b.small((f) => 1 << f.b40!),
        )
      : b.and(
          b.x(0, 'Rt'),
          b.small((f) => 1 << f.b40!),
        );
    b.branchIf(op ? b.compare('ne', bit, 0) : b.isZero(bit), offset14);
  },
});

export const testAndBranchImmediate = instructions('Test and branch (immediate)', {
  TBZ: testAndBranch(0),
  TBNZ: testAndBranch(1),
});

// ---- to a register -------------------------------------------------------------------------------------------------

/** PSTATE.BTYPE after BR: 1 through X16 or X17 (linker veneers), else 3. */
const jumpType: Static = { name: 'btype', values: [1, 3], of: (f) => (f.Rn === 16 || f.Rn === 17 ? 1 : 3) };
const CALL_TYPE = 2;

const jump: Pick<InstructionDefinition, 'statics'> = { statics: [jumpType] };

/** The instruction keys. */
const instructionKey = { A: pointerKeys.IA, B: pointerKeys.IB } as const;
type Key = keyof typeof instructionKey;

/** The stack pointer as a modifier. */
const stackPointer = (): number => 31;

/** BRAA, BRAAZ, BLRAA, BLRAAZ and their B-key forms: `Z` 0 authenticates with modifier zero (`Rm` is 31 then). */
function authenticatedBranch(kind: 'jump' | 'call', key: Key, zero: boolean): InstructionDefinition {
  const mnemonic = `${kind === 'jump' ? 'br' : 'blr'}a${key.toLowerCase()}${zero ? 'z' : ''}`;
  return {
    encoding: `1 1 0 1 0 1 1 ${zero ? 0 : 1} 0 ${kind === 'jump' ? '0 0' : '0 1'} 1 1 1 1 1 0 0 0 0 1 ${key === 'A' ? 0 : 1} Rn ${zero ? '1 1 1 1 1' : 'Rm'}`,
    feature: 'FEAT_PAuth',
    assembly: zero ? `${mnemonic} <Xn>` : `${mnemonic} <Xn>, <Xm|SP>`,
    ...(kind === 'jump' ? jump : {}),
    operation: (b, { btype }) => {
      const target = authenticate(b, b.x(1, 'Rn'), zero ? b.i64(0) : b.xsp(1, 'Rm'), instructionKey[key]);
      if (kind === 'call') link(b);
      b.branchRegister(target, kind, kind === 'jump' ? btype : CALL_TYPE);
    },
  };
}

const authenticatedReturn = (key: Key): InstructionDefinition => ({
  encoding: `1 1 0 1 0 1 1 0 0 1 0 1 1 1 1 1 0 0 0 0 1 ${key === 'A' ? 0 : 1} 1 1 1 1 1 1 1 1 1 1`,
  feature: 'FEAT_PAuth',
  assembly: `reta${key.toLowerCase()}`,
  operation: (b) => b.branchRegister(authenticate(b, b.x(1, linkRegister), b.xsp(1, stackPointer), instructionKey[key]), 'return', 0),
});

const authenticatedExceptionReturn = (key: Key): InstructionDefinition => ({
  encoding: `1 1 0 1 0 1 1 0 1 0 0 1 1 1 1 1 0 0 0 0 1 ${key === 'A' ? 0 : 1} 1 1 1 1 1 1 1 1 1 1`,
  feature: 'FEAT_PAuth',
  assembly: `ereta${key.toLowerCase()}`,
  operation: (b) => b.exit('eret'),
});

export const unconditionalBranchRegister = instructions('Unconditional branch (register)', {
  BR: {
    encoding: '1 1 0 1 0 1 1 0 0 0 0 1 1 1 1 1 0 0 0 0 0 0 Rn 0 0 0 0 0',
    assembly: 'br <Xn>',
    ...jump,
    operation: (b, { btype }) => b.branchRegister(b.x(1, 'Rn'), 'jump', btype),
  },
  BLR: {
    encoding: '1 1 0 1 0 1 1 0 0 0 1 1 1 1 1 1 0 0 0 0 0 0 Rn 0 0 0 0 0',
    assembly: 'blr <Xn>',
    operation: (b) => {
      const target = b.x(1, 'Rn');
      link(b);
      b.branchRegister(target, 'call', CALL_TYPE);
    },
  },
  RET: {
    encoding: '1 1 0 1 0 1 1 0 0 1 0 1 1 1 1 1 0 0 0 0 0 0 Rn 0 0 0 0 0',
    assembly: 'ret <Xn>',
    aliases: { ret: { when: (f) => f.Rn === 30, implies: { Rn: 30 } } },
    operation: (b) => b.branchRegister(b.x(1, 'Rn'), 'return', 0),
  },
  ERET: {
    encoding: '1 1 0 1 0 1 1 0 1 0 0 1 1 1 1 1 0 0 0 0 0 0 1 1 1 1 1 0 0 0 0 0',
    assembly: 'eret',
    operation: (b) => b.exit('eret'),
  },
  DRPS: {
    encoding: '1 1 0 1 0 1 1 0 1 0 1 1 1 1 1 1 0 0 0 0 0 0 1 1 1 1 1 0 0 0 0 0',
    assembly: 'drps',
    operation: (b) => b.exit('drps'),
  },
  BRAA: authenticatedBranch('jump', 'A', false),
  BRAB: authenticatedBranch('jump', 'B', false),
  BRAAZ: authenticatedBranch('jump', 'A', true),
  BRABZ: authenticatedBranch('jump', 'B', true),
  BLRAA: authenticatedBranch('call', 'A', false),
  BLRAB: authenticatedBranch('call', 'B', false),
  BLRAAZ: authenticatedBranch('call', 'A', true),
  BLRABZ: authenticatedBranch('call', 'B', true),
  RETAA: authenticatedReturn('A'),
  RETAB: authenticatedReturn('B'),
  ERETAA: authenticatedExceptionReturn('A'),
  ERETAB: authenticatedExceptionReturn('B'),
});
