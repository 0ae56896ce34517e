import type { Field } from '../register.ts';
import { bits, hexadecimal, when, whether } from './field.ts';
import { shareability } from './translation.ts';

/** Descriptors of VMSAv8-64 with 48-bit output addresses (Arm ARM D8.3). The address field reaches down to the granule of the level. */
const address = (low: number): Field => bits(`OA 47:${low}`, (value) => hexadecimal(value << BigInt(low)));

const type = bits('Type 1:0', { 0: 'invalid', 1: 'block', 2: 'invalid', 3: 'table or page' });

/** A stage 1 block or page. @param low Lowest bit of the output address at this level. */
export const stage1Leaf = (low: number): readonly Field[] => [
  bits('PBHA 62:59'),
  bits('Software 58:55'),
  bits('UXN 54', when('not executable at EL0')),
  bits('PXN 53', when('not executable at EL1')),
  bits('Contiguous 52'),
  bits('DBM 51', when('writable, hardware tracks the dirty state')),
  bits('GP 50', when('guarded page')),
  address(low),
  bits('nG 11', whether('global', 'not global: tagged with the ASID')),
  bits('AF 10', whether('access flag fault', 'accessed')),
  bits('SH 9:8', shareability),
  bits('AP 7:6', { 0: 'EL1 read-write', 1: 'EL1 and EL0 read-write', 2: 'EL1 read-only', 3: 'EL1 and EL0 read-only' }),
  bits('NS 5'),
  bits('AttrIndx 4:2', (value) => `MAIR Attr${value}`),
  type,
];

/** A stage 1 table descriptor. @param low Lowest bit of a table's address: log2 of the granule. */
export const stage1Table = (low: number): readonly Field[] => [
  bits('NSTable 63'),
  bits('APTable 62:61', { 1: 'no EL0 access', 2: 'read-only', 3: 'read-only, no EL0 access' }),
  bits('UXNTable 60', when('nothing below is executable at EL0')),
  bits('PXNTable 59', when('nothing below is executable at EL1')),
  bits(`Address 47:${low}`, (value) => hexadecimal(value << BigInt(low))),
  type,
];

/** MemAttr of a stage 2 leaf. @param fwb HCR_EL2.FWB. */
export function stage2MemoryAttribute(value: number, fwb: boolean): string {
  const devices = ['Device-nGnRnE', 'Device-nGnRE', 'Device-nGRE', 'Device-GRE'];
  const policies = ['reserved', 'Non-cacheable', 'Write-Through', 'Write-Back'];
  if (fwb) {
    const attributes = ['reserved', 'Normal Non-cacheable, unless stage 1 is Device', 'Normal Write-Back', 'as stage 1'];
    return value & 4 ? attributes[value & 3]! : devices[value & 3]!;
  }
  if (value >> 2 === 0) return devices[value & 3]!;
  if ((value & 3) === 0) return 'reserved';
  return value >> 2 === (value & 3)
    ? `Normal ${policies[value & 3]}`
    : `Normal, outer ${policies[value >> 2]}, inner ${policies[value & 3]}`;
}

/** A stage 2 block or page. */
export const stage2Leaf = (low: number, fwb: boolean): readonly Field[] => [
  bits('PBHA 62:59'),
  bits('Software 58:55'),
  bits('XN 54:53', { 0: 'executable', 1: 'executable at EL0 only', 2: 'not executable', 3: 'executable at EL1 only' }),
  bits('Contiguous 52'),
  bits('DBM 51', when('writable, hardware tracks the dirty state')),
  address(low),
  bits('FnXS 11'),
  bits('AF 10', whether('access flag fault', 'accessed')),
  bits('SH 9:8', shareability),
  bits('S2AP 7:6', { 0: 'no access', 1: 'read-only', 2: 'write-only', 3: 'read-write' }),
  bits('MemAttr 5:2', (value) => stage2MemoryAttribute(Number(value), fwb)),
  type,
];

export const stage2Table = (low: number): readonly Field[] => [
  bits(`Address 47:${low}`, (value) => hexadecimal(value << BigInt(low))),
  type,
];
