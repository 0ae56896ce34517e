import type { InterpreterExit } from '../translate/exits.ts';
import { slots } from '../translate/layout.ts';
import { takeAbort } from './aborts.ts';
import { land, mayLand } from './branch-target.ts';
import { type Core, countInstruction, vector } from './core.ts';
import { fpTrapTarget } from './derived-state.ts';
import { enterEl2, takeSynchronous, takeUndefined, trapToEl2 } from './exceptions.ts';
import { PSTATE } from './pstate.ts';
import { HCR, R } from './registers.ts';
import { EC, syndrome, unconditional } from './syndrome.ts';
import { takeWatchpoint } from './watchpoints.ts';

type Taker = (core: Core, immediate: number, word: number) => void;

/** SVC and HVC return to the next instruction; they count as executed. */
const nextInstruction = (core: Core): bigint => core.state.get(slots.pc) + 4n;

/** SSAdvance: the calls are stepped over, so the exception saves PSTATE.SS = 0; other exceptions save it as it is. */
function advanceStep({ state }: Core): void {
  state.setLow(slots.pstate, state.low(slots.pstate) & ~PSTATE.SS);
}

function supervisorCall(core: Core, immediate: number): void {
  countInstruction(core);
  advanceStep(core);
  takeSynchronous(core, EC.svc, immediate, undefined, nextInstruction(core));
}

function hypervisorCall(core: Core, immediate: number): void {
  const { state } = core;
  if (state.low(slots.el) === 0 || state.systemLow(R.HCR_EL2) & HCR.HCD) {
    takeUndefined(core);
    return;
  }
  countInstruction(core);
  advanceStep(core);
  enterEl2(core, vector.synchronous, { esr: syndrome(EC.hvc, immediate) }, nextInstruction(core));
}

/** There is no EL3: SMC is UNDEFINED unless the hypervisor traps it (HCR_EL2.TSC). */
function secureMonitorCall(core: Core, immediate: number): void {
  const { state } = core;
  if (state.low(slots.el) === 0 || (state.systemLow(R.HCR_EL2) & HCR.TSC) === 0) takeUndefined(core);
  else {
    advanceStep(core);
    trapToEl2(core, EC.smc, immediate);
  }
}

const MDCR_TDE = 1 << 8;

/** MDCR_EL2.TDE sends debug exceptions to EL2. */
function softwareBreakpoint(core: Core, comment: number): void {
  if (core.state.systemLow(R.MDCR_EL2) & MDCR_TDE) trapToEl2(core, EC.brk, comment);
  else takeSynchronous(core, EC.brk, comment);
}

function fpAccess(core: Core): void {
  if (fpTrapTarget(core) === 'el2') trapToEl2(core, EC.fpAccess, unconditional);
  else takeSynchronous(core, EC.fpAccess, unconditional);
}

/** A branch arrived on a guarded page: on a landing it goes on, else Branch Target exception. */
function branchTarget(core: Core, comment: number, word: number): void {
  if (!mayLand(core, word)) {
    takeSynchronous(core, EC.branchTarget, (core.state.low(slots.pstate) & PSTATE.BTYPE) >>> PSTATE.btypeShift);
    return;
  }
  const then = land(core, word);
  if (then === 'brk') softwareBreakpoint(core, comment);
  else if (then === 'hlt') takeUndefined(core);
}

/** An access that did not complete: what the MMU noted, or a watchpoint. */
function takeFault(core: Core, _: number, word: number): void {
  const hit = core.watchHit;
  core.watchHit = undefined;
  if (hit) takeWatchpoint(core, hit);
  else takeAbort(core, core.mmu.fault, word);
}

const takers: Partial<Record<InterpreterExit, Taker>> = {
  fault: takeFault,
  svc: supervisorCall,
  hvc: hypervisorCall,
  smc: secureMonitorCall,
  brk: softwareBreakpoint,
  'fp-trap': fpAccess,
  'pc-alignment': (core) => takeSynchronous(core, EC.pcAlignment, 0, core.state.get(slots.pc)),
  'sp-alignment': (core) => takeSynchronous(core, EC.spAlignment, 0),
  'pac-failure': (core) => takeSynchronous(core, EC.pacFailure, core.state.low(slots.exitPayload) & 3),
  'branch-target': branchTarget,
  'illegal-state': (core) => takeSynchronous(core, EC.illegalState, 0),
};

/**
 * Takes the exception of an exit. Exits without a row are UNDEFINED: `undefined`, `udf`, and what only halting debug would allow (`hlt`, `dcps`, `drps`).
 * @param word The instruction.
 */
export function takeExitException(core: Core, exit: InterpreterExit, word: number): void {
  const take = takers[exit];
  if (take) take(core, (word >>> 5) & 0xffff, word);
  else takeUndefined(core);
}
