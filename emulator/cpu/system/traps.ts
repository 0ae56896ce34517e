import { systemRegisterSlot, systemRegisters } from '../../isa/registers/index.ts';
import { HCR } from '../registers.ts';

/** A trap control of HCR_EL2 (Arm ARM D19.2.48): accesses from EL1, and from EL0 where they are otherwise allowed, go to EL2 with EC 0x18. */
interface Trap {
  /** Word of HCR_EL2 and bit in it. */
  readonly low?: number;
  readonly high?: number;
  /** The access is trapped where the bit is 0. */
  readonly inverted?: true;
  readonly reads: readonly string[];
  readonly writes: readonly string[];
}

const named = (pattern: RegExp): readonly string[] => systemRegisters.filter((r) => pattern.test(r.name)).map((r) => r.name);

const virtualMemory = [
  ...['SCTLR_EL1', 'TTBR0_EL1', 'TTBR1_EL1', 'TCR_EL1', 'ESR_EL1', 'FAR_EL1', 'AFSR0_EL1', 'AFSR1_EL1'],
  ...['MAIR_EL1', 'AMAIR_EL1', 'CONTEXTIDR_EL1', 'TCR2_EL1', 'PIRE0_EL1', 'PIR_EL1', 'POR_EL1', 'POR_EL0', 'SCTLR2_EL1'],
];
/** ID group 3: every ID register of CRm 1–7, reserved ones included. */
const group3 = systemRegisters.filter((r) => r.op0 === 3 && r.op1 === 0 && r.CRn === 0 && r.CRm >= 1 && r.CRm <= 7).map((r) => r.name);
const cacheIds = ['CCSIDR_EL1', 'CCSIDR2_EL1', 'CLIDR_EL1', 'CSSELR_EL1'];
const keys = named(/^AP[DIG][AB]Key/);
const errorRecords = named(/^ER[RX]/);
const limitedOrdering = named(/^LOR/);

const traps: readonly Trap[] = [
  { low: HCR.TVM, reads: [], writes: virtualMemory },
  { low: HCR.TRVM, reads: virtualMemory, writes: [] },
  { low: HCR.TID1, reads: ['REVIDR_EL1', 'AIDR_EL1', 'SMIDR_EL1'], writes: [] },
  { low: HCR.TID2, reads: ['CTR_EL0', ...cacheIds], writes: ['CSSELR_EL1'] },
  { high: HCR.high.TID4, reads: cacheIds, writes: ['CSSELR_EL1'] },
  { low: HCR.TID3, reads: group3, writes: [] },
  { low: HCR.TACR, reads: ['ACTLR_EL1'], writes: ['ACTLR_EL1'] },
  { high: HCR.high.APK, inverted: true, reads: keys, writes: keys },
  { high: HCR.high.TERR, reads: errorRecords, writes: errorRecords },
  { high: HCR.high.TLOR, reads: limitedOrdering, writes: limitedOrdering },
];

interface Masks {
  readonly low: Int32Array;
  readonly high: Int32Array;
  /** High-word bits that trap when 0. */
  readonly inverted: Int32Array;
}

function masks(accesses: (trap: Trap) => readonly string[]): Masks {
  const made = {
    low: new Int32Array(systemRegisters.length),
    high: new Int32Array(systemRegisters.length),
    inverted: new Int32Array(systemRegisters.length),
  };
  for (const trap of traps) {
    for (const name of accesses(trap)) {
      const slot = systemRegisterSlot(name);
      made.low[slot]! |= trap.low ?? 0;
      made[trap.inverted ? 'inverted' : 'high'][slot]! |= trap.high ?? 0;
    }
  }
  return made;
}

const readMasks = masks((trap) => trap.reads);
const writeMasks = masks((trap) => trap.writes);

/** Whether HCR_EL2 (two words) traps the access to a register. */
export function hcrTraps(slot: number, write: boolean, hcrLow: number, hcrHigh: number): boolean {
  const { low, high, inverted } = write ? writeMasks : readMasks;
  return (low[slot]! & hcrLow) !== 0 || (high[slot]! & hcrHigh) !== 0 || (inverted[slot]! & ~hcrHigh) !== 0;
}

/** HCR_EL2 traps of SYS instructions, by family and operation. */
export function hcrTrapsInstruction(family: string, operation: string, hcrLow: number, hcrHigh: number): boolean {
  if (family === 'TLBI') {
    if (hcrLow & HCR.TTLB) return true;
    if (operation.endsWith('IS')) return (hcrHigh & HCR.high.TTLBIS) !== 0;
    return operation.endsWith('OS') && (hcrHigh & HCR.high.TTLBOS) !== 0;
  }
  if (family === 'IC') {
    if (hcrLow & HCR.TPU) return true;
    return (hcrHigh & (operation === 'IALLUIS' ? HCR.high.TICAB : HCR.high.TOCU)) !== 0;
  }
  if (family !== 'DC') return false;
  if (operation === 'ZVA') return (hcrLow & HCR.TDZ) !== 0;
  if (operation === 'CVAU') return (hcrLow & HCR.TPU) !== 0 || (hcrHigh & HCR.high.TOCU) !== 0;
  if (operation.endsWith('SW')) return (hcrLow & HCR.TSW) !== 0;
  return (hcrLow & HCR.TPC) !== 0;
}
