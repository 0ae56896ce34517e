import type { Field } from '../register.ts';
import { byEncoding, bySystemInstruction } from './encoding-names.ts';
import { faultStatus } from './fault-status.ts';
import { alternatives, bits, decimal, hexadecimal, plain, when, whether } from './field.ts';

/** ESR_ELx.EC. */
export const exceptionClasses: Readonly<Record<number, string>> = {
  0: 'unknown reason',
  1: 'trapped WFI or WFE',
  3: 'trapped MCR or MRC, coproc 0b1111',
  4: 'trapped MCRR or MRRC, coproc 0b1111',
  5: 'trapped MCR or MRC, coproc 0b1110',
  6: 'trapped LDC or STC',
  7: 'access to SVE, Advanced SIMD or floating-point trapped by CPACR or CPTR',
  8: 'trapped VMRS',
  9: 'trapped pointer authentication instruction',
  10: 'trapped LD64B, ST64B or other instruction',
  12: 'trapped MRRC, coproc 0b1110',
  13: 'branch target exception',
  14: 'illegal execution state',
  17: 'SVC in AArch32 state',
  18: 'HVC in AArch32 state',
  19: 'SMC in AArch32 state',
  20: 'trapped MSRR, MRRS or 128-bit system instruction',
  21: 'SVC in AArch64 state',
  22: 'HVC in AArch64 state',
  23: 'SMC in AArch64 state',
  24: 'trapped MSR, MRS or system instruction',
  25: 'access to SVE trapped',
  26: 'trapped ERET, ERETAA or ERETAB',
  27: 'trapped TSTART',
  28: 'pointer authentication failure',
  29: 'access to SME trapped',
  30: 'granule protection check',
  31: 'IMPLEMENTATION DEFINED exception to EL3',
  32: 'instruction abort from a lower Exception level',
  33: 'instruction abort from the current Exception level',
  34: 'PC alignment fault',
  36: 'data abort from a lower Exception level',
  37: 'data abort from the current Exception level',
  38: 'SP alignment fault',
  39: 'memory copy or memory set exception',
  40: 'trapped floating-point exception in AArch32 state',
  44: 'trapped floating-point exception in AArch64 state',
  45: 'guarded control stack exception',
  47: 'SError interrupt',
  48: 'breakpoint from a lower Exception level',
  49: 'breakpoint from the current Exception level',
  50: 'software step from a lower Exception level',
  51: 'software step from the current Exception level',
  52: 'watchpoint from a lower Exception level',
  53: 'watchpoint from the current Exception level',
  56: 'BKPT in AArch32 state',
  58: 'vector catch in AArch32 state',
  60: 'BRK in AArch64 state',
  61: 'profiling exception',
};

const condition: readonly Field[] = [bits('CV 24', whether('COND is not valid', 'COND is valid')), bits('COND 23:20')];
const direction = whether('write (MSR, MCR)', 'read (MRS, MRC)');

const errorSet = { 0: 'recoverable (UER)', 2: 'uncontainable (UC)', 3: 'restartable (UEO)' };

/** Bits of an abort that only an external abort has. */
const externalAbort = (rest: readonly Field[]): readonly Field[] => [
  bits('SET 12:11', errorSet),
  bits('FnV 10', whether('FAR is valid', 'FAR is not valid')),
  bits('EA 9'),
  ...rest,
];

const transfer: readonly Field[] = [
  bits('SAS 23:22', { 0: 'byte', 1: 'halfword', 2: 'word', 3: 'doubleword' }),
  bits('SSE 21', whether('not sign-extended', 'sign-extended')),
  bits('SRT 20:16', (n) => (n === 31n ? 'XZR' : `X${n}`)),
  bits('SF 15', whether('32-bit register', '64-bit register')),
  bits('AR 14', whether('no acquire or release semantics', 'acquire or release semantics')),
];

/** SET[12:11] or, for translation, access flag and permission faults on LS64 instructions, LST. */
const setOrLst: Field = alternatives('12:11', {
  on: 'DFSC',
  cases: { 16: [bits('SET 12:11', errorSet)] },
  otherwise: [bits('LST 12:11', { 1: 'ST64BV', 2: 'LD64B or ST64B', 3: 'ST64BV0' })],
});

const dataAbort: readonly Field[] = [
  bits('ISV 24', whether('no valid instruction syndrome', 'instruction syndrome in bits 23:14')),
  alternatives('23:14', { on: 'ISV', cases: { 1: transfer }, otherwise: [bits('TopLevel 21')] }),
  bits('VNCR 13', when('access through VNCR_EL2')),
  setOrLst,
  bits('FnV 10', whether('FAR is valid', 'FAR is not valid')),
  bits('EA 9'),
  bits('CM 8', when('cache maintenance or address translation instruction')),
  bits('S1PTW 7', when('stage 2 fault on a stage 1 translation table walk')),
  bits('WnR 6', whether('read', 'write')),
  bits('DFSC 5:0', faultStatus),
];

const instructionAbort: readonly Field[] = externalAbort([
  bits('S1PTW 7', when('stage 2 fault on a stage 1 translation table walk')),
  bits('IFSC 5:0', faultStatus),
]);

const serror: readonly Field[] = [
  bits('IDS 24', whether('architected syndrome', 'IMPLEMENTATION DEFINED syndrome')),
  bits('Syndrome 23:0', undefined, {
    on: 'IDS',
    cases: {
      0: [
        bits('WnRV 18'),
        bits('WnR 17'),
        bits('WU 16:15'),
        bits('IESB 13', when('taken by an implicit error synchronization')),
        bits('AET 12:10', {
          0: 'uncontainable (UC)',
          1: 'unrecoverable (UEU)',
          2: 'restartable (UEO)',
          3: 'recoverable (UER)',
          6: 'corrected (CE)',
        }),
        bits('EA 9'),
        bits('DFSC 5:0', { 0: 'uncategorised', 17: 'asynchronous SError' }),
      ],
    },
    otherwise: [bits('IMPLEMENTATION_DEFINED 23:0')],
  }),
];

const systemRegister: readonly Field[] = [
  bits('Op0 21:20'),
  bits('Op2 19:17'),
  bits('Op1 16:14'),
  bits('CRn 13:10'),
  bits('Rt 9:5', (n) => (n === 31n ? 'XZR' : `X${n}`)),
  bits('CRm 4:1'),
  bits('Direction 0', direction),
];

/** The same bits once more, as one: what a person looks for is the name. */
const accessed: Field = bits('Register 21:1', (value) => {
  const at = (high: number, low: number): number => Number((value >> BigInt(low - 1)) & ((1n << BigInt(high - low + 1)) - 1n));
  const [op0, op2, op1, CRn, CRm] = [at(21, 20), at(19, 17), at(16, 14), at(13, 10), at(4, 1)];
  return op0 === 1 ? bySystemInstruction(op1, CRn, CRm, op2) : byEncoding(op0, op1, CRn, CRm, op2);
});

const coprocessor32: readonly Field[] = [
  ...condition,
  bits('Opc2 19:17'),
  bits('Opc1 16:14'),
  bits('CRn 13:10'),
  bits('Rt 9:5'),
  bits('CRm 4:1'),
  bits('Direction 0', direction),
];

const coprocessor64: readonly Field[] = [
  ...condition,
  bits('Opc1 19:16'),
  bits('Rt2 14:10'),
  bits('Rt 9:5'),
  bits('CRm 4:1'),
  bits('Direction 0', direction),
];

const loadStoreCoprocessor: readonly Field[] = [
  ...condition,
  bits('imm8 19:12'),
  bits('Rn 9:5'),
  bits('Offset 4'),
  bits('AM 3:1'),
  bits('Direction 0', direction),
];

const call: readonly Field[] = [bits('imm16 15:0', hexadecimal)];

const wait: readonly Field[] = [
  ...condition,
  bits('RN 9:5'),
  bits('RV 2', whether('RN is not valid', 'RN is valid')),
  bits('TI 1:0', { 0: 'WFI', 1: 'WFE', 2: 'WFIT', 3: 'WFET' }),
];

const breakpoint: readonly Field[] = [bits('IFSC 5:0', { 34: 'debug exception' })];
const step: readonly Field[] = [
  bits('ISV 24', whether('EX is not valid', 'EX is valid')),
  bits('EX 6', whether('not a Load-Exclusive', 'a Load-Exclusive was stepped')),
  bits('IFSC 5:0', { 34: 'debug exception' }),
];
const watchpoint: readonly Field[] = [
  bits('WPT 23:18', decimal),
  bits('WPTV 17'),
  bits('WPF 16'),
  bits('FnP 15'),
  bits('VNCR 13'),
  bits('FnV 10'),
  bits('CM 8', when('cache maintenance instruction')),
  bits('WnR 6', whether('read', 'write')),
  bits('DFSC 5:0', { 34: 'debug exception' }),
];

const floatingPoint: readonly Field[] = [
  bits('TFV 23', whether('the flags say nothing', 'the flags say which exceptions')),
  bits('VECITR 10:8'),
  ...plain('IDF 7', 'IXF 4', 'UFF 3', 'OFF 2', 'DZF 1', 'IOF 0'),
];

const memoryCopy: readonly Field[] = [
  bits('MemInst 24', whether('CPY', 'SET')),
  bits('isSETG 23'),
  bits('Options 22:19'),
  bits('FromEpilogue 18'),
  bits('WrongOption 17'),
  bits('OptionA 16'),
  bits('DestReg 14:10', decimal),
  bits('SrcReg 9:5', decimal),
  bits('SizeReg 4:0', decimal),
];

const guardedControlStack: readonly Field[] = [
  bits('ExType 23:20', { 0: 'data check', 1: 'EXLOCK', 2: 'trapped GCSSTR or GCSSTTR' }),
  bits('Raddr 14:10'),
  bits('Rn/Rvalue 9:5'),
  bits('IT 4:0', { 0: 'RET', 1: 'GCSPOPM', 2: 'RETAA', 3: 'RETAB', 4: 'GCSSS1', 5: 'GCSSS2', 6: 'GCSPOPCX', 7: 'GCSPOPX' }),
];

/** ISS layouts by EC. A class without a layout here has none: its bits show as unknown when set. */
const layouts: Readonly<Record<number, readonly Field[]>> = {
  1: wait,
  3: coprocessor32,
  4: coprocessor64,
  5: coprocessor32,
  6: loadStoreCoprocessor,
  7: condition,
  8: coprocessor32,
  10: [bits('Instruction 24:0', { 0: 'ST64BV', 1: 'ST64BV0', 2: 'LD64B or ST64B', 3: 'TSB CSYNC', 4: 'PSB CSYNC' })],
  12: coprocessor64,
  13: [bits('BTYPE 1:0')],
  17: call,
  18: call,
  19: [...condition, bits('CCKNOWNPASS 19')],
  21: call,
  22: call,
  23: call,
  24: [accessed, ...systemRegister],
  25: condition,
  26: [bits('ERET 1', whether('ERET', 'ERETAA or ERETAB')), bits('ERETA 0', whether('ERETAA', 'ERETAB'))],
  28: [bits('Data 1', whether('instruction key', 'data key')), bits('Key 0', whether('key A', 'key B'))],
  29: [
    bits('SMTC 2:0', {
      0: 'disabled by CPACR or CPTR',
      1: 'illegal in Streaming SVE mode',
      2: 'needs Streaming SVE mode',
      3: 'PSTATE.ZA is 0',
      4: 'ZT0 is inaccessible',
    }),
  ],
  32: instructionAbort,
  33: instructionAbort,
  36: dataAbort,
  37: dataAbort,
  39: memoryCopy,
  40: floatingPoint,
  44: floatingPoint,
  45: guardedControlStack,
  47: serror,
  48: breakpoint,
  49: breakpoint,
  50: step,
  51: step,
  52: watchpoint,
  53: watchpoint,
  56: call,
  58: breakpoint,
  60: [bits('Comment 15:0', hexadecimal)],
};

/** ISS2 of aborts. */
const abortIss2: readonly Field[] = [
  bits('HDBSSF 43', when('hardware dirty state structure fault')),
  bits('TnD 42'),
  bits('TagAccess 41'),
  bits('GCS 40', when('guarded control stack access')),
  bits('AssuredOnly 39'),
  bits('Overlay 38', when('permission overlay fault')),
  bits('DirtyBit 37'),
  bits('Xs 36:32'),
];

/** ESR_EL1, ESR_EL2 and what kvm_run hands out of them: EC chooses the layout of ISS. */
export const syndromeFields: readonly Field[] = [
  bits('ISS2 55:32', undefined, { on: 'EC', cases: { 32: abortIss2, 33: abortIss2, 36: abortIss2, 37: abortIss2 } }),
  bits('EC 31:26', exceptionClasses),
  bits('IL 25', whether('16-bit instruction', '32-bit instruction')),
  bits('ISS 24:0', undefined, { on: 'EC', cases: layouts }),
];

/** VSESR_EL2: the syndrome a virtual SError will have. */
export const virtualSErrorFields: readonly Field[] = [
  bits('IDS 24', whether('architected syndrome', 'IMPLEMENTATION DEFINED syndrome')),
  bits('ISS 23:0'),
];

/** DISR_EL1, VDISR_EL2. */
export const deferredErrorFields: readonly Field[] = [
  bits('A 31', when('an SError was deferred')),
  bits('IDS 24', whether('architected syndrome', 'IMPLEMENTATION DEFINED syndrome')),
  bits('AET 12:10', {
    0: 'uncontainable (UC)',
    1: 'unrecoverable (UEU)',
    2: 'restartable (UEO)',
    3: 'recoverable (UER)',
    6: 'corrected (CE)',
  }),
  bits('EA 9'),
  bits('DFSC 5:0', { 0: 'uncategorised', 17: 'asynchronous SError' }),
];
