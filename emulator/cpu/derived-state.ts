import { pointerAuthContext } from '../isa/functions/pointer-authentication.ts';
import { systemRegisterSlot } from '../isa/registers/index.ts';
import { slots } from '../translate/layout.ts';
import type { Core } from './core.ts';
import { unsupportedDebug } from './hardware-breakpoints.ts';
import { pendingInterrupts } from './interrupts.ts';
import { levelOf, PSTATE } from './pstate.ts';
import { HCR, R, SCTLR } from './registers.ts';
import { watchpointsInForce } from './watchpoints.ts';

/** CPTR_EL2.TFP, with HCR_EL2.E2H = 0. */
const CPTR_TFP = 1 << 10;

/** Which level an FP/SIMD access at the current level traps to (CPACR_EL1.FPEN, CPTR_EL2.TFP). */
export function fpTrapTarget(core: Core): 'none' | 'el1' | 'el2' {
  const { state } = core;
  const fpen = (state.systemLow(R.CPACR_EL1) >>> 20) & 3;
  const allowed = fpen === 3 || (fpen === 1 && state.low(slots.el) !== 0);
  if (!allowed) return 'el1';
  return state.systemLow(R.CPTR_EL2) & CPTR_TFP ? 'el2' : 'none';
}

/** DCZID_EL0.DZP: DC ZVA is not permitted at the current level. */
const DZP = 1 << 4;

/** The first of ten: IA, IB, DA, DB and GA in this order, Lo and Hi of each. */
const firstKey = systemRegisterSlot('APIAKeyLo_EL1');

/** What pointer authentication depends on, for the level that runs next. Both levels here use the EL1&0 regime. */
function derivePointerAuthentication(core: Core): void {
  const { state } = core;
  const context = pointerAuthContext;
  context.keys = state.words;
  context.keysAt = state.systemPlace(firstKey);
  const sctlr = state.systemLow(R.SCTLR_EL1);
  context.enabled =
    (sctlr & SCTLR.EnIA ? 1 : 0) | (sctlr & SCTLR.EnIB ? 2 : 0) | (sctlr & SCTLR.EnDA ? 4 : 0) | (sctlr & SCTLR.EnDB ? 8 : 0);
  const low = state.systemLow(R.TCR_EL1);
  const high = state.systemHigh(R.TCR_EL1);
  context.dataTbi = (high >>> 5) & 3;
  context.instructionTbi = context.dataTbi & ~((high >>> 19) & 3);
  const small = core.features.has('FEAT_TTST');
  context.bottom0 = 64 - clampSize(low & 0x3f, small, ((low >>> 14) & 3) === 1);
  context.bottom1 = 64 - clampSize((low >>> 16) & 0x3f, small, low >>> 30 === 3);
  context.level = core.pointerAuth.level;
  context.algorithm = core.pointerAuth.algorithm;
}

/** TxSZ as the PAC size uses it: out of range acts as the nearest bound. FEAT_TTST raises the upper one. */
const clampSize = (size: number, small: boolean, granule64K: boolean): number =>
  Math.min(Math.max(size, 16), small ? (granule64K ? 47 : 48) : 39);

/** Interrupts may have changed: tells generated code whether to look. */
export function deriveInterrupts(core: Core): void {
  core.state.setWords(slots.interruptPending, pendingInterrupts(core), 0);
}

/** Brings everything generated code reads in step with PSTATE and the system registers. */
export function deriveState(core: Core): void {
  const { state, features } = core;
  const el = levelOf(state.low(slots.pstate));
  state.setWords(slots.el, el, 0);
  state.setWords(slots.fpTrap, fpTrapTarget(core) === 'none' ? 0 : 1, 0);
  const sctlr = state.systemLow(R.SCTLR_EL1);
  state.setWords(slots.spAlignmentMask, sctlr & (el === 0 ? SCTLR.SA0 : SCTLR.SA) ? 15 : 0, 0);
  const tcrHigh = state.systemHigh(R.TCR_EL1);
  const tbi = (tcrHigh >>> 5) & 3;
  state.setWords(slots.fetchTbi, features.pauth ? tbi & ~((tcrHigh >>> 19) & 3) : tbi, 0);
  const zeroing = (state.systemLow(R.HCR_EL2) & HCR.TDZ) === 0 && (el !== 0 || (sctlr & SCTLR.DZE) !== 0);
  const dczid = state.systemLow(R.DCZID_EL0) & ~DZP;
  state.setSystemWords(R.DCZID_EL0, zeroing ? dczid : dczid | DZP, 0);
  if (features.pauth) derivePointerAuthentication(core);
  deriveInterrupts(core);
  core.directAccesses.derive(core);
  core.mmu.switchContext(state);
  core.watchAccesses(watchpointsInForce(core));
}

/** Settings of EL2 registers that ask for what is not modelled: running on would be wrong. */
export function unsupportedConfiguration(core: Core): string | undefined {
  const { state } = core;
  const [low, high] = [state.systemLow(R.HCR_EL2), state.systemHigh(R.HCR_EL2)];
  if (low & HCR.TRVM) return 'HCR_EL2.TRVM = 1 (trapping reads of virtual memory registers) is not supported';
  if (high & (7 << 10) || high & (1 << 13)) return 'HCR_EL2.NV, NV1, NV2 and AT (nested virtualization) are not supported';
  if (high & HCR.high.E2H) return 'HCR_EL2.E2H = 1 is not supported: the hypervisor at EL2 is not guest code yet';
  if (!(low & HCR.RW)) return 'HCR_EL2.RW = 0: EL1 would be AArch32, which is not implemented';
  if (state.low(slots.pstate) & PSTATE.nRW) return 'PSTATE.nRW = 1: AArch32 state is not implemented';
  if (levelOf(state.low(slots.pstate)) > 1) return `PSTATE.EL = ${levelOf(state.low(slots.pstate))}: guest code runs at EL0 and EL1 only`;
  if (core.features.pauth && !(high & HCR.high.API))
    return 'HCR_EL2.API = 0 with pointer authentication offered is not supported: set API and APK';
  return unsupportedDebug(core);
}
