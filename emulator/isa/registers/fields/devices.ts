import type { Field } from '../register.ts';
import { alternatives, bits, decimal, plain, when, whether } from './field.ts';

// ---- Generic timer ------------------------------------------------------------------------------------------------------

export const timerControlFields: readonly Field[] = [
  bits('ISTATUS 2', whether('condition not met', 'condition met')),
  bits('IMASK 1', whether('interrupt not masked', 'interrupt masked')),
  bits('ENABLE 0', whether('disabled', 'enabled')),
];

const el0 = (what: string) => whether(`EL0 use of ${what} traps`, `EL0 may use ${what}`);

export const kernelTimerFields: readonly Field[] = [
  bits('EVNTIS 17'),
  bits('EL0PTEN 9', el0('the physical timer')),
  bits('EL0VTEN 8', el0('the virtual timer')),
  bits('EVNTI 7:4', (n) => `event on bit ${n}`),
  bits('EVNTDIR 3'),
  bits('EVNTEN 2', when('event stream on')),
  bits('EL0VCTEN 1', el0('the virtual counter')),
  bits('EL0PCTEN 0', el0('the physical counter')),
];

export const hypervisorTimerFields: readonly Field[] = [
  ...plain(
    'CNTPMASK 19',
    'CNTVMASK 18',
    'EVNTIS 17',
    'EL1NVVCT 16',
    'EL1NVPCT 15',
    'EL1TVCT 14',
    'EL1TVT 13',
    'ECV 12',
    'EVNTI 7:4',
    'EVNTDIR 3',
    'EVNTEN 2',
  ),
  bits('EL1PCEN 1', whether('EL1 use of the physical timer traps', 'EL1 may use the physical timer')),
  bits('EL1PCTEN 0', whether('EL1 use of the physical counter traps', 'EL1 may use the physical counter')),
];

// ---- GIC ----------------------------------------------------------------------------------------------------------------

export const cpuInterfaceControlFields: readonly Field[] = [
  bits('ExtRange 19'),
  bits('RSS 18'),
  bits('A3V 15'),
  bits('SEIS 14'),
  bits('IDbits 13:11', { 0: '16 bits', 1: '24 bits' }),
  bits('PRIbits 10:8', (n) => `${n + 1n} bits`),
  bits('PMHE 6'),
  bits('EOImode 1', whether('EOIR drops priority and deactivates', 'EOIR drops priority, DIR deactivates')),
  bits('CBPR 0', when('group 0 binary point for both groups')),
];
export const interruptIdFields: readonly Field[] = [bits('INTID 23:0', decimal)];
export const priorityFields: readonly Field[] = [bits('Priority 7:0')];
export const binaryPointFields: readonly Field[] = [bits('BinaryPoint 2:0', decimal)];
export const groupEnableFields: readonly Field[] = [bits('Enable 0', whether('disabled', 'enabled'))];
export const systemRegisterEnableFields: readonly Field[] = [
  bits('Enable 3', when('EL1 may access ICC_SRE_EL1')),
  ...plain('DIB 2', 'DFB 1'),
  bits('SRE 0', when('system register interface')),
];
export const sgiFields: readonly Field[] = [
  bits('Aff3 55:48', decimal),
  bits('RS 47:44', decimal),
  bits('IRM 40', whether('to the targets listed', 'to all but this PE')),
  bits('Aff2 39:32', decimal),
  bits('INTID 27:24', decimal),
  bits('Aff1 23:16', decimal),
  bits('TargetList 15:0'),
];
export const listRegisterFields: readonly Field[] = [
  bits('State 63:62', { 0: 'invalid', 1: 'pending', 2: 'active', 3: 'pending and active' }),
  bits('HW 61', when('maps to a hardware interrupt')),
  bits('Group 60', (n) => `group ${n}`),
  bits('NMI 59'),
  bits('Priority 55:48'),
  alternatives('44:32', {
    on: 'HW',
    cases: { 0: [bits('EOI 41', when('maintenance interrupt at end of interrupt'))], 1: [bits('pINTID 44:32', decimal)] },
  }),
  bits('vINTID 31:0', decimal),
];
export const hypControlFields: readonly Field[] = [
  bits('EOIcount 31:27', decimal),
  ...plain('DVIM 15', 'TDIR 14', 'TSEI 13', 'TALL1 12', 'TALL0 11', 'TC 10', 'vSGIEOICount 8'),
  ...plain('VGrp1DIE 7', 'VGrp1EIE 6', 'VGrp0DIE 5', 'VGrp0EIE 4', 'NPIE 3', 'LRENPIE 2', 'UIE 1'),
  bits('En 0', whether('virtual CPU interface off', 'virtual CPU interface on')),
];
export const machineControlFields: readonly Field[] = [
  bits('VPMR 31:24'),
  bits('VBPR0 23:21', decimal),
  bits('VBPR1 20:18', decimal),
  bits('VEOIM 9', whether('EOIR drops priority and deactivates', 'EOIR drops priority, DIR deactivates')),
  ...plain('VCBPR 4', 'VFIQEn 3', 'VAckCtl 2'),
  bits('VENG1 1', whether('group 1 disabled', 'group 1 enabled')),
  bits('VENG0 0', whether('group 0 disabled', 'group 0 enabled')),
];
export const vgicTypeFields: readonly Field[] = [
  bits('PRIbits 31:29', (n) => `${n + 1n} bits`),
  bits('PREbits 28:26', (n) => `${n + 1n} bits`),
  bits('IDbits 25:23', { 0: '16 bits', 1: '24 bits' }),
  ...plain('SEIS 22', 'A3V 21', 'nV4 20', 'TDS 19', 'DVIM 18'),
  bits('ListRegs 4:0', (n) => `${n + 1n} list registers`),
];
export const maintenanceFields: readonly Field[] = plain('VGrp1D 7', 'VGrp1E 6', 'VGrp0D 5', 'VGrp0E 4', 'NP 3', 'LRENP 2', 'U 1', 'EOI 0');

// ---- Debug --------------------------------------------------------------------------------------------------------------

export const debugControlFields: readonly Field[] = [
  ...plain('TFO 31', 'RXfull 30', 'TXfull 29', 'RXO 27', 'TXU 26', 'INTdis 23:22', 'TDA 21', 'SC2 19'),
  bits('MDE 15', when('breakpoints and watchpoints enabled')),
  bits('HDE 14'),
  bits('KDE 13', when('debug exceptions at EL1 enabled')),
  bits('TDCC 12', when('EL0 use of the DCC traps')),
  bits('ERR 6'),
  bits('SS 0', when('software step')),
];
const privilege = { 1: 'EL1', 2: 'EL0', 3: 'EL1 and EL0' };
export const breakpointControlFields: readonly Field[] = [
  bits('BT 23:20', { 0: 'address', 2: 'context ID', 4: 'address mismatch' }),
  bits('LBN 19:16', decimal),
  ...plain('SSC 15:14', 'HMC 13', 'BAS 8:5'),
  bits('PMC 2:1', privilege),
  bits('E 0', whether('disabled', 'enabled')),
];
export const watchpointControlFields: readonly Field[] = [
  bits('MASK 28:24', decimal),
  bits('WT 20'),
  bits('LBN 19:16', decimal),
  ...plain('SSC 15:14', 'HMC 13', 'BAS 12:5'),
  bits('LSC 4:3', { 1: 'loads', 2: 'stores', 3: 'loads and stores' }),
  bits('PAC 2:1', privilege),
  bits('E 0', whether('disabled', 'enabled')),
];
export const osLockStatusFields: readonly Field[] = [
  bits('OSLM 3'),
  bits('nTT 2'),
  bits('OSLK 1', whether('unlocked', 'locked')),
  bits('OSLM0 0'),
];
