import { slots } from '../translate/layout.ts';
import type { Core } from './core.ts';
import { debugEnabled } from './exception-return.ts';
import { takeSynchronous, trapToEl2 } from './exceptions.ts';
import { levelOf, PSTATE } from './pstate.ts';
import { R } from './registers.ts';
import { EC } from './syndrome.ts';

const MDSCR_SS = 1;
const MDCR_TDE = 1 << 8;

/** Software step (MDSCR_EL1.SS) is in force for the next instruction. */
export function stepping(core: Core): boolean {
  const { state } = core;
  if ((state.systemLow(R.MDSCR_EL1) & MDSCR_SS) === 0) return false;
  const pstate = state.low(slots.pstate);
  return debugEnabled(core, levelOf(pstate), (pstate & PSTATE.D) !== 0);
}

/** The Software Step exception. ISV = 1 and EX = 0: load-exclusives are not told apart. */
export function takeStep(core: Core): void {
  const iss = (1 << 24) | 0x22;
  if (core.state.systemLow(R.MDCR_EL2) & MDCR_TDE) trapToEl2(core, EC.stepLower, iss);
  else takeSynchronous(core, core.state.low(slots.el) === 0 ? EC.stepLower : EC.stepLower + 1, iss);
}
