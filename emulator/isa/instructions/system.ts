import type { Builder } from '../builder.ts';
import { type Fields, type InstructionDefinition, instructions, type Static } from '../instruction.ts';
import { directBit } from '../registers/direct-access.ts';
import { byEncoding, registerKey, slotByKey, systemRegisterSlot, systemRegisters } from '../registers/index.ts';
import { type SystemInstructionFamily, systemInstruction, systemInstructionNamed } from '../registers/system-instructions.ts';
import { systemRegisterOperand } from '../syntax/system-registers.ts';
import { directWrite, unlessTrapped } from './system-access.ts';

const bits = (value: number, width: number): string => value.toString(2).padStart(width, '0').split('').join(' ');

const op0Of = (f: Fields): number => 2 + f.o0!;
const registerOf = (f: Fields) => byEncoding(op0Of(f), f.op1!, f.CRn!, f.CRm!, f.op2!);
const slotOf = (f: Fields): number => slotByKey(registerKey(op0Of(f), f.op1!, f.CRn!, f.CRm!, f.op2!));
/** Where MRS finds the value. */
const readSlotOf = (f: Fields): number => {
  const shown = registerOf(f)?.readAs;
  return shown ? systemRegisterSlot(shown) : slotOf(f);
};

/** How a register access is performed: by the processor, or as a plain slot from some exception level on, or while nothing traps it. */
const BY_PROCESSOR = 0;
const PLAIN_EL0 = 1;
const PLAIN_EL1 = 2;
const UNLESS_TRAPPED = 3;

const readBit = (f: Fields): number => directBit(`MRS ${registerOf(f)?.name}`);
const writeBit = (f: Fields): number => directBit(`MSR ${registerOf(f)?.name}`);

const plainRead: Static = {
  name: 'how',
  values: [BY_PROCESSOR, PLAIN_EL0, PLAIN_EL1, UNLESS_TRAPPED],
  of: (f) => {
    const register = registerOf(f);
    if (readBit(f) !== 0) return UNLESS_TRAPPED;
    if (!register || register.feature || register.kind.read !== 'plain') return BY_PROCESSOR;
    const readable = (right: string): boolean => right === 'read-only' || right === 'read-write';
    return readable(register.access.el0) ? PLAIN_EL0 : readable(register.access.el1) ? PLAIN_EL1 : BY_PROCESSOR;
  },
};

const plainWrite: Static = {
  name: 'how',
  values: [BY_PROCESSOR, PLAIN_EL0, PLAIN_EL1, UNLESS_TRAPPED],
  of: (f) => {
    const register = registerOf(f);
    if (writeBit(f) !== 0) return UNLESS_TRAPPED;
    if (!register || register.feature || register.kind.write !== 'plain' || register.writable !== undefined) return BY_PROCESSOR;
    const writable = (right: string): boolean => right === 'write-only' || right === 'read-write';
    return writable(register.access.el0) ? PLAIN_EL0 : writable(register.access.el1) ? PLAIN_EL1 : BY_PROCESSOR;
  },
};

/** Performs `access` where the level allows it; everything else is the processor's business. */
function performs(b: Builder, how: number, access: () => void): void {
  if (how === BY_PROCESSOR) b.exit('system');
  else if (how === PLAIN_EL0) access();
  else b.if(b.el(), access, () => b.exit('system'));
}

const spEl0 = (): number => systemRegisterSlot('SP_EL0');
/** SP_EL0 is a register of its own only while another stack pointer is current. */
const spEl0IsBanked = (b: Builder) => b.and(b.compare('ne', b.el(), 0), b.and(b.pstate(), 1));

/** QC, the cumulative exception bits, and NZCV of AArch32. */
const FPSR_WRITABLE = 0xf800_009f | 0;

const SP_EL0 = `1 1 0 0 0 ${bits(4, 4)} ${bits(1, 4)} 0 0 0 Rt`;
const floatingPoint = (L: 0 | 1, op2: 0 | 1): string => `1 1 0 1 0 1 0 1 0 0 ${L} 1 1 0 1 1 0 1 0 0 0 1 0 0 0 0 ${op2} Rt`;

export const systemRegisterMove = instructions('System register move', {
  MRS: {
    encoding: '1 1 0 1 0 1 0 1 0 0 1 1 o0 op1 CRn CRm op2 Rt',
    assembly: 'mrs <Xt>, <sysreg>',
    operands: { sysreg: systemRegisterOperand('read') },
    statics: [plainRead],
    operation: (b, { how }) => {
      const read = (): void => b.setX(1, 'Rt', b.systemRegister(readSlotOf));
      if (how === UNLESS_TRAPPED) unlessTrapped(b, readBit, read);
      else performs(b, how!, read);
    },
  },
  'MSR (register)': {
    encoding: '1 1 0 1 0 1 0 1 0 0 0 1 o0 op1 CRn CRm op2 Rt',
    assembly: 'msr <sysreg>, <Xt>',
    operands: { sysreg: systemRegisterOperand('write') },
    statics: [plainWrite],
    operation: (b, { how }) => {
      const write = (): void => b.setSystemRegister(slotOf, b.x(1, 'Rt'));
      if (how === UNLESS_TRAPPED) unlessTrapped(b, writeBit, write);
      else performs(b, how!, write);
    },
  },
  'MRS SP_EL0': {
    encoding: `1 1 0 1 0 1 0 1 0 0 1 ${SP_EL0}`,
    assembly: 'mrs <Xt>, sp_el0',
    operation: (b) =>
      b.if(
        spEl0IsBanked(b),
        () => b.setX(1, 'Rt', b.systemRegister(spEl0)),
        () => b.exit('system'),
      ),
  },
  'MSR SP_EL0': {
    encoding: `1 1 0 1 0 1 0 1 0 0 0 ${SP_EL0}`,
    assembly: 'msr sp_el0, <Xt>',
    operation: (b) =>
      b.if(
        spEl0IsBanked(b),
        () => b.setSystemRegister(spEl0, b.x(1, 'Rt')),
        () => b.exit('system'),
      ),
  },
  /** The other registers of translation choose what the TLBs hold: the processor has to know. The context ID is storage. */
  ...directWrite('CONTEXTIDR_EL1', (b) => {
    const slot = systemRegisterSlot('CONTEXTIDR_EL1');
    const writable = systemRegisters[slot]!.writable!;
    b.setSystemRegister(slot, b.or(b.and(b.systemRegister(slot), ~writable), b.and(b.x(1, 'Rt'), writable)));
  }),
  'MRS FPCR': {
    encoding: floatingPoint(1, 0),
    simd: true,
    assembly: 'mrs <Xt>, fpcr',
    operation: (b) => b.setX(1, 'Rt', b.extendU(b.fpcr())),
  },
  'MRS FPSR': {
    encoding: floatingPoint(1, 1),
    simd: true,
    assembly: 'mrs <Xt>, fpsr',
    operation: (b) => b.setX(1, 'Rt', b.extendU(b.fpsr())),
  },
  /** Which bits of FPCR exist depends on the vCPU: the processor writes it. */
  'MSR FPCR': {
    encoding: floatingPoint(0, 0),
    simd: true,
    assembly: 'msr fpcr, <Xt>',
    operation: (b) => b.exit('system'),
  },
  'MSR FPSR': {
    encoding: floatingPoint(0, 1),
    simd: true,
    assembly: 'msr fpsr, <Xt>',
    operation: (b) => b.setFpsr(b.and(b.x(0, 'Rt'), FPSR_WRITABLE)),
  },
});

// ---- SYS -----------------------------------------------------------------------------------------------------------------

const named = (f: Fields) => systemInstruction(f.op1!, f.CRn!, f.CRm!, f.op2!);

const sysBit = (f: Fields): number => directBit(`${named(f)?.family} ${named(f)?.operation}`);

/** How a SYS instruction is performed: by the processor, or while nothing traps it as maintenance of caches or of translations by address. */
const CACHE_BY_ADDRESS = 1;
const TRANSLATIONS_BY_ADDRESS = 2;

const maintenance: Static = {
  name: 'how',
  values: [BY_PROCESSOR, CACHE_BY_ADDRESS, TRANSLATIONS_BY_ADDRESS],
  of: (f) => {
    if (sysBit(f) === 0) return BY_PROCESSOR;
    return named(f)!.family === 'TLBI' ? TRANSLATIONS_BY_ADDRESS : CACHE_BY_ADDRESS;
  },
};

/** Caches are coherent and code is looked up by content: nothing is left to do for an address that translates. */
function maintains(b: Builder, how: number): void {
  if (how === BY_PROCESSOR) b.exit('system');
  else if (how === TRANSLATIONS_BY_ADDRESS) unlessTrapped(b, sysBit, () => b.invalidateAddress(b.x(1, 'Rt')));
  else
    unlessTrapped(b, sysBit, () =>
      b.if(
        b.readable(b.x(1, 'Rt')),
        () => {},
        () => b.exit('system'),
      ),
    );
}

/** The alias of one family: `dc civac, x0`, `ic iallu`. */
const familyAlias = (family: SystemInstructionFamily, register: boolean) => ({
  when: (f: Fields): boolean => {
    const instruction = named(f);
    return instruction?.family === family && (instruction.register ? register : !register && f.Rt === 31);
  },
  operands: {
    operation: {
      print: (f: Fields) => named(f)?.operation.toLowerCase(),
      parse: (text: string) => {
        const instruction = systemInstructionNamed(family, text);
        if (!instruction || instruction.register !== register) return undefined;
        const { op1, CRn, CRm, op2 } = instruction;
        return { op1, CRn, CRm, op2 };
      },
    },
  },
  implies: (): Readonly<Record<string, number>> => (register ? {} : { Rt: 31 }),
});

const coprocessorRegister = (field: 'CRn' | 'CRm') => ({
  print: (f: Fields) => `C${f[field]}`,
  parse: (text: string) => (/^c(\d|1[0-5])$/i.test(text) ? { [field]: Number(text.slice(1)) } : undefined),
});

const decimalField = (field: string) => ({
  print: (f: Fields) => String(f[field]),
  parse: (text: string) => (/^[0-7]$/.test(text) ? { [field]: Number(text) } : undefined),
});

const sysOperands = {
  cn: coprocessorRegister('CRn'),
  cm: coprocessorRegister('CRm'),
  one: decimalField('op1'),
  two: decimalField('op2'),
};

/** DC ZVA writes this many bytes (DCZID_EL0.BS = 4). */
const ZVA_BYTES = 64;
const SCTLR_DZE = 1n << 14n;
const HCR_TDZ = 1n << 28n;

/** Below EL2 HCR_EL2.TDZ traps it, at EL0 SCTLR_EL1.DZE = 0 too: the processor finds out which. */
function zeroIsTrapped(b: Builder) {
  const trapped = b.compare('ne', b.and(b.systemRegister(systemRegisterSlot('HCR_EL2')), HCR_TDZ), 0);
  const disabled = b.isZero(b.and(b.systemRegister(systemRegisterSlot('SCTLR_EL1')), SCTLR_DZE));
  return b.or(trapped, b.and(b.isZero(b.el()), disabled));
}

const dcZva: InstructionDefinition = {
  encoding: `1 1 0 1 0 1 0 1 0 0 0 0 1 ${bits(3, 3)} ${bits(7, 4)} ${bits(4, 4)} ${bits(1, 3)} Rt`,
  assembly: 'dc zva, <Xt>',
  operation: (b) =>
    b.if(
      zeroIsTrapped(b),
      () => b.exit('system'),
      () => {
        b.access(b.and(b.x(1, 'Rt'), ~(ZVA_BYTES - 1)), ZVA_BYTES, 'write', {}, (host) => {
          for (let offset = 0; offset < ZVA_BYTES; offset += 8) b.hostStore(host, offset, b.i64(0), 8);
          return [];
        });
      },
    ),
};

export const systemInstructionClass = instructions('System instructions', {
  SYS: {
    encoding: '1 1 0 1 0 1 0 1 0 0 0 0 1 op1 CRn CRm op2 Rt',
    assembly: 'sys #<one>, <cn>, <cm>, #<two>, <Xt>',
    operands: sysOperands,
    aliases: {
      'dc <operation>, <Xt>': familyAlias('DC', true),
      'ic <operation>, <Xt>': familyAlias('IC', true),
      'ic <operation>': familyAlias('IC', false),
      'tlbi <operation>, <Xt>': familyAlias('TLBI', true),
      'tlbi <operation>': familyAlias('TLBI', false),
      'at <operation>, <Xt>': familyAlias('AT', true),
      'cfp <operation>, <Xt>': familyAlias('CFP', true),
      'dvp <operation>, <Xt>': familyAlias('DVP', true),
      'cpp <operation>, <Xt>': familyAlias('CPP', true),
      'sys #<one>, <cn>, <cm>, #<two>': { when: (f) => f.Rt === 31, implies: { Rt: 31 } },
    },
    statics: [maintenance],
    operation: (b, { how }) => maintains(b, how!),
  },
  'DC ZVA': dcZva,
  SYSL: {
    encoding: '1 1 0 1 0 1 0 1 0 0 1 0 1 op1 CRn CRm op2 Rt',
    assembly: 'sysl <Xt>, #<one>, <cn>, <cm>, #<two>',
    operands: sysOperands,
    operation: (b) => b.exit('system'),
  },
});
