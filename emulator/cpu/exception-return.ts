import { slots } from '../translate/layout.ts';
import { type Core, readPstate, writePstate } from './core.ts';
import { branchAddress } from './exceptions.ts';
import { levelOf, PSTATE } from './pstate.ts';
import { HCR, R } from './registers.ts';

/** Bits an SPSR may bring into PSTATE besides the mode: those of features that are not there stay 0. */
function legalBits(core: Core): number {
  const { features } = core;
  return (
    PSTATE.NZCV |
    PSTATE.DAIF |
    PSTATE.IL |
    (features.pan ? PSTATE.PAN : 0) |
    (features.uao ? PSTATE.UAO : 0) |
    (features.dit ? PSTATE.DIT : 0) |
    (features.mte ? PSTATE.TCO : 0) |
    (features.ssbs ? PSTATE.SSBS : 0) |
    (features.bti ? PSTATE.BTYPE : 0)
  );
}

/** What SPSR brings back even on an illegal return; the rest is UNKNOWN then, and stays as it was here. */
const reinstated = PSTATE.NZCV | PSTATE.DAIF | PSTATE.PAN;

/** IllegalExceptionReturn: the target is not a level this PE can return to from here. There is no AArch32 at any level. */
export function isIllegalReturn(spsr: number, currentEl: number, tge: boolean): boolean {
  const target = levelOf(spsr);
  if (spsr & PSTATE.nRW || spsr & 2) return true;
  if (target === 0 && spsr & PSTATE.SP) return true;
  if (target > currentEl) return true;
  return target === 1 && tge;
}

/** DebugExceptionReturnSS: PSTATE.SS after the return, where software step is enabled for the target and not for the source. */
function stepBit(core: Core, spsr: number, debugFrom: boolean, debugTo: boolean): number {
  const enabled = (core.state.systemLow(R.MDSCR_EL1) & 1) !== 0;
  return enabled && !debugFrom && debugTo ? spsr & PSTATE.SS : 0;
}

/** Whether debug exceptions are generated at a level with this PSTATE.D (MDSCR_EL1.KDE, OS lock). Those that go to EL2 (MDCR_EL2.TDE) are not masked below it. */
export function debugEnabled(core: Core, level: number, masked: boolean): boolean {
  const { state } = core;
  const locked = (state.systemLow(R.OSLSR_EL1) & 2) !== 0;
  if (locked || state.systemLow(R.OSDLR_EL1) & 1) return false;
  if (state.systemLow(R.MDCR_EL2) & (1 << 8)) return true;
  return level === 0 || ((state.systemLow(R.MDSCR_EL1) & (1 << 13)) !== 0 && !masked);
}

/**
 * ERET at EL1: PSTATE from SPSR_EL1, PC from ELR_EL1 (or `target`, authenticated already). An illegal return sets PSTATE.IL and stays at this level.
 */
export function exceptionReturn(core: Core, target?: bigint): void {
  const { state } = core;
  const old = readPstate(state);
  const spsr = state.systemLow(R.SPSR_EL1);
  const address = target ?? state.system(R.ELR_EL1);
  const illegal = isIllegalReturn(spsr, levelOf(old), (state.systemLow(R.HCR_EL2) & HCR.TGE) !== 0);
  const from = debugEnabled(core, levelOf(old), (old & PSTATE.D) !== 0);
  const mode = illegal ? old & PSTATE.mode : spsr & PSTATE.mode;
  const to = debugEnabled(core, levelOf(mode), (spsr & PSTATE.D) !== 0);
  const fields = illegal ? (spsr & reinstated) | (old & ~(reinstated | PSTATE.SS)) | PSTATE.IL : (spsr & legalBits(core)) | mode;
  writePstate(state, ((fields & legalBits(core)) | mode | stepBit(core, spsr, from, to)) >>> 0);
  state.set(slots.pc, branchAddress(core, address));
  state.setWords(slots.exclusiveHost, 0, 0);
  core.event = true;
}
