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

/**
 * The Software Step exception.
 * @param stepped The instruction that was stepped: ISS.ISV is 1, and EX says whether it was a Load-Exclusive. Undefined: none was, the state was
 * active-pending from the start.
 */
export function takeStep(core: Core, stepped: number | undefined): void {
  const iss = stepped === undefined ? 0x22 : (1 << 24) | (isLoadExclusive(stepped) ? 1 << 6 : 0) | 0x22;
  if (core.state.systemLow(R.MDCR_EL2) & MDCR_TDE) trapToEl2(core, EC.stepLower, iss);
  else takeSynchronous(core, core.state.low(slots.el) === 0 ? EC.stepLower : EC.stepLower + 1, iss);
}

/** LDXR, LDAXR, LDXP, LDAXP and their byte and halfword forms. */
const isLoadExclusive = (word: number): boolean => (word & 0x3fc00000) === 0x08400000 || (word & 0xbfe00000) >>> 0 === 0x88600000;

/** Instruction at PC, 0 where none can be read. */
export function wordAtPc({ mmu, state }: Core): number {
  const { bytes } = mmu.debug.read(mmu.spaceOf(state), 'va', state.get(slots.pc), 4);
  return bytes[0]! | (bytes[1]! << 8) | (bytes[2]! << 16) | (bytes[3]! << 24);
}
