import type { Field } from '../register.ts';
import { bits, plain, when, whether } from './field.ts';

/** M[4:0]. */
export const processorModes: Readonly<Record<number, string>> = {
  0: 'EL0t',
  4: 'EL1t',
  5: 'EL1h',
  8: 'EL2t',
  9: 'EL2h',
  12: 'EL3t',
  13: 'EL3h',
  16: 'AArch32 User',
  17: 'AArch32 FIQ',
  18: 'AArch32 IRQ',
  19: 'AArch32 Supervisor',
  22: 'AArch32 Monitor',
  23: 'AArch32 Abort',
  26: 'AArch32 Hyp',
  27: 'AArch32 Undefined',
  31: 'AArch32 System',
};

const masked = (what: string) => whether(`${what} not masked`, `${what} masked`);

/** SPSR_EL1, SPSR_EL2, and PSTATE as the debugger shows it. */
export const programStatusFields: readonly Field[] = [
  bits('UINJ 36'),
  bits('PACM 35'),
  bits('EXLOCK 34'),
  bits('PPEND 33'),
  bits('N 31', when('negative')),
  bits('Z 30', when('zero')),
  bits('C 29', when('carry')),
  bits('V 28', when('overflow')),
  bits('TCO 25', when('tag checks overridden')),
  bits('DIT 24', when('data-independent timing')),
  bits('UAO 23', when('user access override')),
  bits('PAN 22', when('privileged access never')),
  bits('SS 21', when('software step')),
  bits('IL 20', when('illegal execution state')),
  bits('ALLINT 13'),
  bits('SSBS 12', whether('speculative store bypass not permitted', 'speculative store bypass permitted')),
  bits('BTYPE 11:10', { 1: 'BR by X16 or X17, or from unguarded memory', 2: 'BLR', 3: 'BR by another register' }),
  bits('D 9', masked('debug exceptions')),
  bits('A 8', masked('SError')),
  bits('I 7', masked('IRQ')),
  bits('F 6', masked('FIQ')),
  bits('M 4:0', processorModes),
];

export const flagFields: readonly Field[] = plain('N 31', 'Z 30', 'C 29', 'V 28');
export const daifFields: readonly Field[] = [
  bits('D 9', masked('debug exceptions')),
  bits('A 8', masked('SError')),
  bits('I 7', masked('IRQ')),
  bits('F 6', masked('FIQ')),
];
export const currentElFields: readonly Field[] = [bits('EL 3:2', (n) => `EL${n}`)];
export const interruptStatusFields: readonly Field[] = [
  bits('IS 10'),
  bits('FS 9'),
  bits('A 8', when('SError pending')),
  bits('I 7', when('IRQ pending')),
  bits('F 6', when('FIQ pending')),
];

export const fpcrFields: readonly Field[] = [
  bits('AHP 26', whether('IEEE half precision', 'alternative half precision')),
  bits('DN 25', whether('NaN operands propagate', 'default NaN')),
  bits('FZ 24', whether('denormals kept', 'flush to zero')),
  bits('RMode 23:22', { 0: 'to nearest', 1: 'towards plus infinity', 2: 'towards minus infinity', 3: 'towards zero' }),
  bits('Stride 21:20'),
  bits('FZ16 19', whether('half-precision denormals kept', 'half-precision flush to zero')),
  bits('Len 18:16'),
  ...plain('IDE 15', 'EBF 13', 'IXE 12', 'UFE 11', 'OFE 10', 'DZE 9', 'IOE 8', 'NEP 2', 'AH 1', 'FIZ 0'),
];
export const fpsrFields: readonly Field[] = [
  ...plain('N 31', 'Z 30', 'C 29', 'V 28'),
  bits('QC 27', when('saturation happened')),
  bits('IDC 7', when('input denormal')),
  bits('IXC 4', when('inexact')),
  bits('UFC 3', when('underflow')),
  bits('OFC 2', when('overflow')),
  bits('DZC 1', when('division by zero')),
  bits('IOC 0', when('invalid operation')),
];
