import type { Field } from '../register.ts';
import { faultStatus } from './fault-status.ts';
import { alternatives, bits, decimal, hexadecimal, when, whether } from './field.ts';

const enabled = whether('off', 'on');

export const sctlrFields: readonly Field[] = [
  ...[bits('TIDCP 63'), bits('SPINTMASK 62'), bits('NMI 61'), bits('EnTP2 60'), bits('TCSO 59'), bits('TCSO0 58')],
  bits('EPAN 57', when('PAN also for execute-only user pages')),
  ...[bits('EnALS 56'), bits('EnAS0 55'), bits('EnASR 54'), bits('TME 53'), bits('TME0 52'), bits('TMT 51'), bits('TMT0 50')],
  ...[bits('TWEDEL 49:46'), bits('TWEDEn 45')],
  bits('DSSBS 44', whether('PSTATE.SSBS is 0 at exception entry', 'PSTATE.SSBS is 1 at exception entry')),
  ...[bits('ATA 43'), bits('ATA0 42'), bits('TCF 41:40'), bits('TCF0 39:38'), bits('ITFSB 37')],
  bits('BT1 36', when('PACIxSP is no BTI target for BTYPE 0b11 at EL1')),
  bits('BT0 35', when('PACIxSP is no BTI target for BTYPE 0b11 at EL0')),
  ...[bits('EnFPM 34'), bits('MSCEn 33'), bits('CMOW 32')],
  bits('EnIA 31', enabled),
  bits('EnIB 30', enabled),
  bits('LSMAOE 29'),
  bits('nTLSMD 28'),
  bits('EnDA 27', enabled),
  bits('UCI 26', whether('EL0 cache maintenance traps', 'EL0 may maintain caches')),
  bits('EE 25', whether('EL1 data is little-endian', 'EL1 data is big-endian')),
  bits('E0E 24', whether('EL0 data is little-endian', 'EL0 data is big-endian')),
  bits('SPAN 23', whether('exceptions to EL1 set PSTATE.PAN', 'exceptions to EL1 keep PSTATE.PAN')),
  bits('EIS 22', whether('exception entry does not synchronize context', 'exception entry synchronizes context')),
  bits('IESB 21', enabled),
  bits('TSCXT 20'),
  bits('WXN 19', when('writable is never executable')),
  bits('nTWE 18', whether('EL0 WFE traps', 'EL0 WFE does not trap')),
  bits('nTWI 16', whether('EL0 WFI traps', 'EL0 WFI does not trap')),
  bits('UCT 15', whether('EL0 reads of CTR_EL0 trap', 'EL0 may read CTR_EL0')),
  bits('DZE 14', whether('EL0 DC ZVA traps', 'EL0 may use DC ZVA')),
  bits('EnDB 13', enabled),
  bits('I 12', whether('instruction accesses not cacheable', 'instruction cache on')),
  bits('EOS 11', whether('exception return does not synchronize context', 'exception return synchronizes context')),
  bits('EnRCTX 10', whether('EL0 prediction restriction traps', 'EL0 may restrict prediction')),
  bits('UMA 9', whether('EL0 access to DAIF traps', 'EL0 may access DAIF')),
  bits('SED 8'),
  bits('ITD 7'),
  bits('nAA 6', when('unaligned acquire and release permitted')),
  bits('CP15BEN 5'),
  bits('SA0 4', when('SP alignment checked at EL0')),
  bits('SA 3', when('SP alignment checked at EL1')),
  bits('C 2', whether('data accesses not cacheable', 'data cache on')),
  bits('A 1', when('all alignment checked')),
  bits('M 0', whether('MMU off', 'MMU on')),
];

const cacheability = { 0: 'Non-cacheable', 1: 'Write-Back, Write-Allocate', 2: 'Write-Through', 3: 'Write-Back, no Write-Allocate' };
export const shareability = { 0: 'Non-shareable', 2: 'Outer Shareable', 3: 'Inner Shareable' };
const physicalSize = { 0: '32 bits', 1: '36 bits', 2: '40 bits', 3: '42 bits', 4: '44 bits', 5: '48 bits', 6: '52 bits' };
const inputSize = (value: bigint): string => `${64n - value}-bit addresses`;

export const tcrFields: readonly Field[] = [
  ...[bits('MTX1 61'), bits('MTX0 60')],
  bits('DS 59', when('52-bit descriptors (LPA2)')),
  ...[bits('TCMA1 58'), bits('TCMA0 57')],
  bits('E0PD1 56', when('EL0 accesses to the upper range fault')),
  bits('E0PD0 55', when('EL0 accesses to the lower range fault')),
  ...[bits('NFD1 54'), bits('NFD0 53')],
  bits('TBID1 52', when('TBI1 is for data only')),
  bits('TBID0 51', when('TBI0 is for data only')),
  bits('HWU1 50:47'),
  bits('HWU0 46:43'),
  bits('HPD1 42', when('hierarchical permissions off')),
  bits('HPD0 41', when('hierarchical permissions off')),
  bits('HD 40', when('hardware manages the dirty state')),
  bits('HA 39', when('hardware manages the Access flag')),
  bits('TBI1 38', when('top byte ignored')),
  bits('TBI0 37', when('top byte ignored')),
  bits('AS 36', whether('8-bit ASID', '16-bit ASID')),
  bits('IPS 34:32', physicalSize),
  bits('TG1 31:30', { 1: '16 KiB', 2: '4 KiB', 3: '64 KiB' }),
  bits('SH1 29:28', shareability),
  bits('ORGN1 27:26', cacheability),
  bits('IRGN1 25:24', cacheability),
  bits('EPD1 23', when('walks with TTBR1_EL1 fault')),
  bits('A1 22', whether('ASID is in TTBR0_EL1', 'ASID is in TTBR1_EL1')),
  bits('T1SZ 21:16', inputSize),
  bits('TG0 15:14', { 0: '4 KiB', 1: '64 KiB', 2: '16 KiB' }),
  bits('SH0 13:12', shareability),
  bits('ORGN0 11:10', cacheability),
  bits('IRGN0 9:8', cacheability),
  bits('EPD0 7', when('walks with TTBR0_EL1 fault')),
  bits('T0SZ 5:0', inputSize),
];

export const ttbrFields: readonly Field[] = [
  bits('ASID 63:48', decimal),
  bits('BADDR 47:1', (value) => hexadecimal(value << 1n)),
  bits('CnP 0'),
];

const device = ['Device-nGnRnE', 'Device-nGnRE', 'Device-nGRE', 'Device-GRE'] as const;

function cachePolicy(nibble: number): string {
  if (nibble === 4) return 'Non-cacheable';
  const type = nibble & 8 ? (nibble & 4 ? 'Write-Back' : 'Write-Through') : nibble & 4 ? 'Write-Back transient' : 'Write-Through transient';
  const hints = [nibble & 2 ? 'Read-Allocate' : '', nibble & 1 ? 'Write-Allocate' : ''].filter((hint) => hint !== '');
  return [type, ...hints].join(' ');
}

/** A byte of MAIR_ELx and PAR_EL1.ATTR: memory type and cacheability. */
export function memoryAttribute(value: bigint): string | undefined {
  const byte = Number(value);
  const [outer, inner] = [byte >> 4, byte & 15];
  if (outer === 0) return (byte & 3) === 0 ? device[byte >> 2] : byte === 1 ? 'Device-nGnRnE (XS = 0)' : undefined;
  if (byte === 0xf0) return 'Normal, Tagged Write-Back';
  if (byte === 0x40) return 'Normal, Non-cacheable (XS = 0)';
  if (byte === 0xa0) return 'Normal, Write-Through (XS = 0)';
  if (inner === 0) return undefined;
  return outer === inner ? `Normal, ${cachePolicy(outer)}` : `Normal, outer ${cachePolicy(outer)}, inner ${cachePolicy(inner)}`;
}

export const mairFields: readonly Field[] = [7, 6, 5, 4, 3, 2, 1, 0].map((n) => bits(`Attr${n} ${n * 8 + 7}:${n * 8}`, memoryAttribute));

/** PAR_EL1: F chooses between the address and the reason there is none. */
export const parFields: readonly Field[] = [
  bits('F 0', whether('the translation succeeded', 'the translation failed')),
  alternatives('63:1', {
    on: 'F',
    cases: {
      0: [
        bits('ATTR 63:56', memoryAttribute),
        bits('PA 51:12', (value) => hexadecimal(value << 12n)),
        bits('NSE 11'),
        bits('NS 9'),
        bits('SH 8:7', shareability),
      ],
      1: [
        bits('IMPLEMENTATION_DEFINED 63:48'),
        bits('DirtyBit 15'),
        bits('Overlay 14'),
        bits('TopLevel 13'),
        bits('AssuredOnly 12'),
        bits('RES1 11'),
        bits('S 9', whether('stage 1 fault', 'stage 2 fault')),
        bits('PTW 8', when('stage 2 fault on a stage 1 translation table walk')),
        bits('FST 6:1', faultStatus),
      ],
    },
  }),
];

export const vtcrFields: readonly Field[] = [
  bits('HDBSS 45'),
  bits('HAFT 44'),
  bits('TL0 41'),
  bits('GCSH 40'),
  bits('D128 38'),
  bits('S2POE 37'),
  bits('S2PIE 36'),
  bits('TL1 35'),
  bits('AssuredOnly 34'),
  bits('SL2 33'),
  bits('DS 32', when('52-bit descriptors (LPA2)')),
  bits('RES1 31'),
  bits('NSA 30'),
  bits('NSW 29'),
  bits('HWU 28:25'),
  bits('HD 22', when('hardware manages the dirty state')),
  bits('HA 21', when('hardware manages the Access flag')),
  bits('VS 19', whether('8-bit VMID', '16-bit VMID')),
  bits('PS 18:16', physicalSize),
  bits('TG0 15:14', { 0: '4 KiB', 1: '64 KiB', 2: '16 KiB' }),
  bits('SH0 13:12', shareability),
  bits('ORGN0 11:10', cacheability),
  bits('IRGN0 9:8', cacheability),
  bits('SL0 7:6', undefined, {
    on: 'TG0',
    cases: {
      0: [bits('StartLevel 7:6', { 0: 'level 2', 1: 'level 1', 2: 'level 0', 3: 'level 3' })],
      1: [bits('StartLevel 7:6', { 0: 'level 3', 1: 'level 2', 2: 'level 1' })],
      2: [bits('StartLevel 7:6', { 0: 'level 3', 1: 'level 2', 2: 'level 1', 3: 'level 0' })],
    },
  }),
  bits('T0SZ 5:0', inputSize),
];

export const vttbrFields: readonly Field[] = [
  bits('VMID 63:48', decimal),
  bits('BADDR 47:1', (value) => hexadecimal(value << 1n)),
  bits('CnP 0'),
];

export const hpfarFields: readonly Field[] = [bits('NS 63'), bits('FIPA 47:4', (value) => `IPA 0x${(value << 12n).toString(16)}`)];
