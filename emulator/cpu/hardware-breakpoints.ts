import { systemRegisterSlot } from '../isa/registers/index.ts';
import { slots } from '../translate/layout.ts';
import type { Core } from './core.ts';
import { debugEnabled } from './exception-return.ts';
import { takeSynchronous, trapToEl2 } from './exceptions.ts';
import { levelOf, PSTATE } from './pstate.ts';
import { R } from './registers.ts';
import { EC } from './syndrome.ts';
import { isLinked } from './watchpoints.ts';

const MDSCR_MDE = 1 << 15;
const MDCR_TDE = 1 << 8;
const values = systemRegisterSlot('DBGBVR0_EL1');
const controls = systemRegisterSlot('DBGBCR0_EL1');
const watchControls = systemRegisterSlot('DBGWCR0_EL1');

/** DBGBCR<n>_EL1 and DBGWCR<n>_EL1. */
const CONTROL = { E: 1, pmcShift: 1, sscShift: 14, lbnShift: 16, typeShift: 20 } as const;

/** Breakpoints may be hit at the current level: MDSCR_EL1.MDE, and one is enabled. */
export function breakpointsInForce(core: Core): boolean {
  const { state } = core;
  if ((state.systemLow(R.MDSCR_EL1) & MDSCR_MDE) === 0) return false;
  const pstate = state.low(slots.pstate);
  if (!debugEnabled(core, levelOf(pstate), (pstate & PSTATE.D) !== 0)) return false;
  for (let n = 0; n < core.breakpoints; n++) if (appliesHere(core, state.systemLow(controls + n))) return true;
  return false;
}

/** Enabled, for Non-secure state, and for the current level: PMC bit 0 is EL1, bit 1 EL0. */
function appliesHere(core: Core, control: number): boolean {
  const ssc = (control >>> CONTROL.sscShift) & 3;
  const pmc = (control >>> CONTROL.pmcShift) & 3;
  return (control & CONTROL.E) !== 0 && ssc !== 2 && (pmc & (core.state.low(slots.el) === 0 ? 2 : 1)) !== 0;
}

/** The instruction at PC has a breakpoint (address match). */
export function atBreakpoint(core: Core): boolean {
  const { state } = core;
  const low = state.low(slots.pc);
  const high = state.high(slots.pc);
  for (let n = 0; n < core.breakpoints; n++) {
    if (!appliesHere(core, state.systemLow(controls + n))) continue;
    // Bits 63:49 are sign extension.
    if ((state.systemLow(values + n) & ~3) === (low & ~3) && ((state.systemHigh(values + n) ^ high) & 0x1ffff) === 0) return true;
  }
  return false;
}

/** The Breakpoint exception. */
export function takeBreakpoint(core: Core): void {
  const iss = 0x22;
  if (core.state.systemLow(R.MDCR_EL2) & MDCR_TDE) trapToEl2(core, EC.breakpointLower, iss);
  else takeSynchronous(core, core.state.low(slots.el) === 0 ? EC.breakpointLower : EC.breakpointLower + 1, iss);
}

/** What guests may enable of self-hosted debug and is not modelled: comparators linked to a context, and context matches. */
export function unsupportedDebug(core: Core): string | undefined {
  const { state } = core;
  if ((state.systemLow(R.MDSCR_EL1) & MDSCR_MDE) === 0) return undefined;
  for (let n = 0; n < core.watchpoints; n++) {
    const control = state.systemLow(watchControls + n);
    if (isLinked(control))
      return `linked watchpoints are not supported, and the guest has enabled DBGWCR${n}_EL1 = 0x${(control >>> 0).toString(16)}`;
  }
  for (let n = 0; n < core.breakpoints; n++) {
    const control = state.systemLow(controls + n);
    if (control & CONTROL.E && (control >>> CONTROL.typeShift) & 15) {
      return `only unlinked address breakpoints are supported, and the guest has enabled DBGBCR${n}_EL1 = 0x${(control >>> 0).toString(16)}`;
    }
  }
  return undefined;
}
