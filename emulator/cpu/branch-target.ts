import { slots } from '../translate/layout.ts';
import type { Core } from './core.ts';
import { PSTATE } from './pstate.ts';
import { R, SCTLR } from './registers.ts';

/** What of PSTATE.BTYPE an instruction on a guarded page lets pass (Arm ARM, BTypeCompatible_BTI and BTypeCompatible_PACIXSP). */
type Landing = 'any' | 'all but jumps' | 'all but calls' | 'signs' | 'none';

const BRK = 0xd4200000;
const HLT = 0xd4400000;
/** The exception-generating instruction without its immediate. */
const exceptionOf = (word: number): number => (word & 0xffe0001f) >>> 0;

/** BRK and HLT land anything; BTI by its targets; PACIASP and PACIBSP as SCTLR_EL1.BT says. */
function landingOf(word: number): Landing {
  if (exceptionOf(word) === BRK || exceptionOf(word) === HLT) return 'any';
  switch (word >>> 0) {
    case 0xd503245f:
      return 'all but jumps';
    case 0xd503249f:
      return 'all but calls';
    case 0xd50324df:
      return 'any';
    case 0xd503233f:
    case 0xd503237f:
      return 'signs';
    default:
      return 'none';
  }
}

/** Whether the instruction that a branch of PSTATE.BTYPE went to, on a guarded page, is a landing for it. */
export function mayLand(core: Core, word: number): boolean {
  const { state } = core;
  const btype = (state.low(slots.pstate) & PSTATE.BTYPE) >>> PSTATE.btypeShift;
  switch (landingOf(word)) {
    case 'any':
      return true;
    case 'all but jumps':
      return btype !== 3;
    case 'all but calls':
      return btype !== 2;
    case 'signs': {
      const refusal = state.low(slots.el) === 0 ? SCTLR.high.BT0 : SCTLR.high.BT1;
      return btype !== 3 || (state.systemHigh(R.SCTLR_EL1) & refusal) === 0;
    }
    default:
      return false;
  }
}

/** The instruction has landed and runs: PSTATE.BTYPE is done with. BRK and HLT are exceptions, which save it. */
export function land(core: Core, word: number): 'run' | 'brk' | 'hlt' {
  if (exceptionOf(word) === BRK) return 'brk';
  if (exceptionOf(word) === HLT) return 'hlt';
  core.state.setLow(slots.pstate, core.state.low(slots.pstate) & ~PSTATE.BTYPE);
  return 'run';
}
