import { slots } from '../translate/layout.ts';
import { type Core, vector } from './core.ts';
import { enterEl1 } from './exceptions.ts';
import { PSTATE } from './pstate.ts';
import { HCR, R, SCTLR2 } from './registers.ts';
import { EC, syndrome } from './syndrome.ts';

/** Virtual interrupts, as bits of `pendingInterrupts`. */
export const PENDING = { irq: 1, fiq: 2, serror: 4 } as const;

/**
 * Virtual interrupts pending for EL1, whatever PSTATE masks: HCR_EL2.VI, VF and VSE, and the virtual CPU interface. Each counts only where HCR_EL2
 * routes its physical kin to EL2 (IMO, FMO, AMO; none with TGE).
 */
export function pendingInterrupts(core: Core): number {
  const hcr = core.state.systemLow(R.HCR_EL2);
  if (hcr & HCR.TGE) return 0;
  const gic = hcr & (HCR.IMO | HCR.FMO) ? core.gic.pending() : 0;
  let pending = 0;
  if (hcr & HCR.IMO && (hcr & HCR.VI || gic & 1)) pending |= PENDING.irq;
  if (hcr & HCR.FMO && (hcr & HCR.VF || gic & 2)) pending |= PENDING.fiq;
  if (hcr & HCR.AMO && hcr & HCR.VSE) pending |= PENDING.serror;
  return pending;
}

/** Takes the pending interrupt of highest priority that PSTATE lets through. False: none. */
export function takeInterrupt(core: Core, pending: number): boolean {
  const { state } = core;
  const pstate = state.low(slots.pstate);
  const elr = state.get(slots.pc);
  if (pending & PENDING.serror && ((pstate & PSTATE.A) === 0 || notMaskable(core))) takeVirtualSError(core, elr);
  else if (pending & PENDING.fiq && (pstate & PSTATE.F) === 0) enterEl1(core, vector.fiq, {}, elr);
  else if (pending & PENDING.irq && (pstate & PSTATE.I) === 0) enterEl1(core, vector.irq, {}, elr);
  else return false;
  return true;
}

/** SCTLR2_EL1.NMEA: PSTATE.A does not mask SErrors. */
const notMaskable = ({ features, state }: Core): boolean => features.doubleFault2 && (state.systemLow(R.SCTLR2_EL1) & SCTLR2.NMEA) !== 0;

/** ISS of a virtual SError: with FEAT_RAS what VSESR_EL2 holds (IDS and ISS), else 0. */
function virtualSErrorSyndrome(core: Core): number {
  return core.features.ras ? core.state.systemLow(R.VSESR_EL2) & 0x1ff_ffff : 0;
}

function clearVirtualSError(core: Core): void {
  core.state.setSystem(R.HCR_EL2, core.state.system(R.HCR_EL2) & ~BigInt(HCR.VSE));
}

/** AArch64.TakeVirtualSErrorException: taking it clears HCR_EL2.VSE. */
function takeVirtualSError(core: Core, elr: bigint): void {
  const iss = virtualSErrorSyndrome(core);
  clearVirtualSError(core);
  enterEl1(core, vector.serror, { esr: syndrome(EC.serror, iss) }, elr);
}

/** ESB with a virtual SError pending and masked: deferred to VDISR_EL2 (AArch64.vESBOperation). */
export function virtualErrorBarrier(core: Core): void {
  const { state } = core;
  const hcr = state.systemLow(R.HCR_EL2);
  const pending = (hcr & HCR.AMO) !== 0 && (hcr & HCR.VSE) !== 0 && (hcr & HCR.TGE) === 0;
  if (!pending || (state.low(slots.pstate) & PSTATE.A) === 0 || notMaskable(core)) return;
  state.setSystem(R.VDISR_EL2, (1n << 31n) | (state.system(R.VSESR_EL2) & 0x1ff_ffffn));
  clearVirtualSError(core);
}

/** ISR_EL1: what is pending, A bit 8, I bit 7, F bit 6. */
export function interruptStatus(core: Core): bigint {
  const pending = pendingInterrupts(core);
  return BigInt((pending & PENDING.serror ? 1 << 8 : 0) | (pending & PENDING.irq ? 1 << 7 : 0) | (pending & PENDING.fiq ? 1 << 6 : 0));
}
