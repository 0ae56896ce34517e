import type { Builder, Value } from '../builder.ts';
import { type Alias, type InstructionDefinition, instructions } from '../instruction.ts';

/** Positions in PSTATE as SPSR_ELx holds it. */
const DAIF = 0x3c0;
/** SError, IRQ and FIQ: what can be taken once it is unmasked. D masks debug exceptions only. */
const AIF = 0x1c0;
const DAIF_SHIFT = 6;
const SSBS_BIT = 12;
const DIT_BIT = 24;

const bits = (value: number, width: number): string => value.toString(2).padStart(width, '0').split('').join(' ');
const immediateEncoding = (op1: number, op2: number): string =>
  `1 1 0 1 0 1 0 1 0 0 0 0 0 ${bits(op1, 3)} 0 1 0 0 CRm ${bits(op2, 3)} 1 1 1 1 1`;
/** MRS and MSR of one register. */
const registerEncoding = (L: 0 | 1, op1: number, CRm: number, op2: number): string =>
  `1 1 0 1 0 1 0 1 0 0 ${L} 1 1 ${bits(op1, 3)} 0 1 0 0 ${bits(CRm, 4)} ${bits(op2, 3)} Rt`;

/** Only CRm<0> counts; objdump names the field only where the rest is clear. */
const whole = (op1: number, op2: number): Record<string, Alias> => ({
  [`msr s0_${op1}_c4_c<m>_${op2}, xzr`]: {
    when: (f) => f.CRm! > 1,
    operands: {
      m: { print: (f) => String(f.CRm), parse: (text) => (/^(\d|1[0-5])$/.test(text) ? { CRm: Number(text) } : undefined) },
    },
  },
});

/** At EL1 and above; at EL0 the processor decides (SCTLR_EL1.UMA, else UNDEFINED or trapped). */
const privileged =
  (operation: (b: Builder) => void) =>
  (b: Builder): void =>
    b.if(
      b.el(),
      () => operation(b),
      () => b.exit('system'),
    );

/** Writes PSTATE.{D,A,I,F}; a pending interrupt that this unmasks is taken before the next instruction. */
function writeMasks(b: Builder, old: Value, masks: Value): void {
  b.setPstate(b.or(b.and(old, ~DAIF), masks));
  const unmasked = b.and(b.and(old, b.not(masks)), AIF);
  b.if(b.and(b.compare('ne', unmasked, 0), b.compare('ne', b.interruptPending(), 0)), () => b.exit('resynchronise'));
}

/** PSTATE.<bit> := CRm<0>, at any level. */
const setsBit = (op1: number, op2: number, name: string, bit: number, feature: string): InstructionDefinition => ({
  encoding: immediateEncoding(op1, op2),
  feature,
  assembly: `msr ${name}, #<CRm>`,
  aliases: whole(op1, op2),
  operation: (b) =>
    b.setPstate(
      b.or(
        b.and(b.pstate(), ~(1 << bit)),
        b.small((f) => (f.CRm! & 1) << bit),
      ),
    ),
});

/** PSTATE fields that change the stack pointer or the translation context: the processor keeps those in step. Linux writes PAN once at start; exceptions set it after that. */
const byProcessor = (op1: number, op2: number, name: string, feature?: string): InstructionDefinition => ({
  encoding: immediateEncoding(op1, op2),
  ...(feature ? { feature } : {}),
  assembly: `msr ${name}, #<CRm>`,
  aliases: whole(op1, op2),
  operation: (b) => b.exit('system'),
});

export const pstateImmediate = instructions('PSTATE', {
  'MSR DAIFSet': {
    encoding: immediateEncoding(3, 6),
    assembly: 'msr daifset, #<CRm>',
    operation: privileged((b) =>
      b.setPstate(
        b.or(
          b.pstate(),
          b.small((f) => f.CRm! << DAIF_SHIFT),
        ),
      ),
    ),
  },
  'MSR DAIFClr': {
    encoding: immediateEncoding(3, 7),
    assembly: 'msr daifclr, #<CRm>',
    operation: privileged((b) => {
      const old = b.pstate();
      writeMasks(
        b,
        old,
        b.and(
          old,
          b.small((f) => DAIF & ~(f.CRm! << DAIF_SHIFT)),
        ),
      );
    }),
  },
  'MSR SPSel': byProcessor(0, 5, 'spsel'),
  'MSR PAN': byProcessor(0, 4, 'pan', 'FEAT_PAN'),
  'MSR UAO': byProcessor(0, 3, 'uao', 'FEAT_UAO'),
  'MSR TCO': byProcessor(3, 4, 'tco', 'FEAT_MTE'),
  'MSR DIT': setsBit(3, 2, 'dit', DIT_BIT, 'FEAT_DIT'),
  'MSR SSBS': setsBit(3, 1, 'ssbs', SSBS_BIT, 'FEAT_SSBS2'),
  /** C is inverted. */
  CFINV: {
    encoding: '1 1 0 1 0 1 0 1 0 0 0 0 0 0 0 0 0 1 0 0 0 0 0 0 0 0 0 1 1 1 1 1',
    feature: 'FEAT_FlagM',
    assembly: 'cfinv',
    operation: (b) => b.setNzcv(b.xor(b.nzcv(), 2)),
  },
  /** From the alternative to Arm floating-point flags: N = !C & !Z, Z = Z & C, C = C | Z, V = !C & Z. */
  XAFLAG: {
    encoding: '1 1 0 1 0 1 0 1 0 0 0 0 0 0 0 0 0 1 0 0 0 0 0 0 0 0 1 1 1 1 1 1',
    feature: 'FEAT_FlagM2',
    assembly: 'xaflag',
    operation: (b) => {
      const old = b.nzcv();
      const z = b.and(b.shrU(old, 2), 1);
      const c = b.and(b.shrU(old, 1), 1);
      const notC = b.xor(c, 1);
      const n = b.and(notC, b.xor(z, 1));
      b.setNzcv(b.or(b.or(b.shl(n, 3), b.shl(b.and(z, c), 2)), b.or(b.shl(b.or(c, z), 1), b.and(notC, z))));
    },
  },
  /** From Arm floating-point flags to the alternative: N = 0, Z = Z | V, C = C & !V, V = 0. */
  AXFLAG: {
    encoding: '1 1 0 1 0 1 0 1 0 0 0 0 0 0 0 0 0 1 0 0 0 0 0 0 0 1 0 1 1 1 1 1',
    feature: 'FEAT_FlagM2',
    assembly: 'axflag',
    operation: (b) => {
      const old = b.nzcv();
      const v = b.and(old, 1);
      const z = b.and(b.or(b.shrU(old, 2), v), 1);
      const c = b.and(b.shrU(old, 1), b.xor(v, 1));
      b.setNzcv(b.or(b.shl(z, 2), b.shl(c, 1)));
    },
  },
});

/** MRS and MSR of PSTATE fields, without leaving generated code. */
export const pstateRegisters = instructions('System register move (PSTATE)', {
  'MRS NZCV': {
    encoding: registerEncoding(1, 3, 2, 0),
    assembly: 'mrs <Xt>, nzcv',
    operation: (b) => b.setX(1, 'Rt', b.extendU(b.shl(b.nzcv(), 28))),
  },
  'MSR NZCV': {
    encoding: registerEncoding(0, 3, 2, 0),
    assembly: 'msr nzcv, <Xt>',
    operation: (b) => b.setNzcv(b.shrU(b.x(0, 'Rt'), 28)),
  },
  'MRS DAIF': {
    encoding: registerEncoding(1, 3, 2, 1),
    assembly: 'mrs <Xt>, daif',
    operation: privileged((b) => b.setX(1, 'Rt', b.extendU(b.and(b.pstate(), DAIF)))),
  },
  'MSR DAIF': {
    encoding: registerEncoding(0, 3, 2, 1),
    assembly: 'msr daif, <Xt>',
    operation: privileged((b) => writeMasks(b, b.pstate(), b.and(b.x(0, 'Rt'), DAIF))),
  },
  'MRS CurrentEL': {
    encoding: registerEncoding(1, 0, 2, 2),
    assembly: 'mrs <Xt>, currentel',
    operation: privileged((b) => b.setX(1, 'Rt', b.extendU(b.shl(b.el(), 2)))),
  },
});
