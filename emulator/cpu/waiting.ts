import { slots } from '../translate/layout.ts';
import { type Core, completeInstruction } from './core.ts';
import { takeSynchronous, trapToEl2 } from './exceptions.ts';
import { pendingInterrupts } from './interrupts.ts';
import { HCR, R, SCTLR } from './registers.ts';
import { EC, unconditional } from './syndrome.ts';

/** ISS.TI of a trapped WFI and WFE. */
const trappedInstruction = { wfi: 0, wfe: 1 } as const;

/**
 * WFI and WFE. `done`: completed at once, there was something to wake up for. `exception`: trapped (only an instruction that would wait is).
 * `idle`: completed, and the processor has nothing to do until an event comes.
 */
export function waitFor(core: Core, name: 'wfi' | 'wfe'): 'done' | 'exception' | 'idle' {
  const { state } = core;
  const wfe = name === 'wfe';
  if (wfe ? core.event : pendingInterrupts(core) !== 0) {
    if (wfe) core.event = false;
    completeInstruction(core);
    return 'done';
  }
  const iss = unconditional | trappedInstruction[name];
  const allowedAtEl0 = state.systemLow(R.SCTLR_EL1) & (wfe ? SCTLR.nTWE : SCTLR.nTWI);
  if (state.low(slots.el) === 0 && !allowedAtEl0) {
    takeSynchronous(core, EC.wfx, iss);
    return 'exception';
  }
  if (state.systemLow(R.HCR_EL2) & (wfe ? HCR.TWE : HCR.TWI)) {
    trapToEl2(core, EC.wfx, iss);
    return 'exception';
  }
  completeInstruction(core);
  return 'idle';
}

/** SEV wakes every processor, SEVL (bit 5 of the word) only this one. */
export function signalEvent(core: Core, word: number): void {
  if (word & (1 << 5)) core.event = true;
  else core.sendEvent();
  completeInstruction(core);
}
