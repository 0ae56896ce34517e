import { type SystemInstruction, systemInstruction } from '../../isa/registers/system-instructions.ts';
import { translateAddress } from '../../memory/address-translation.ts';
import type { LineOperation } from '../../memory/cache/cache-model.ts';
import { slots } from '../../translate/layout.ts';
import { type Core, completeInstruction, readPstate, writePstate } from '../core.ts';
import { takeSynchronous, takeUndefined, trapToEl2 } from '../exceptions.ts';
import { virtualErrorBarrier } from '../interrupts.ts';
import { PSTATE } from '../pstate.ts';
import { HCR, R, SCTLR } from '../registers.ts';
import { EC, systemSyndrome } from '../syndrome.ts';
import { daifAtEl0 } from './pstate-registers.ts';
import { moveSystemRegister } from './registers.ts';
import type { Decision } from './registry.ts';
import { hcrTrapsInstruction } from './traps.ts';

/** What performing a system instruction came to: done (or an exception was taken), a fault noted by the MMU, or a message why the machine must stop. */
export type Outcome = 'done' | 'fault' | { readonly message: string };

/** Performs the instruction of a `system` exit: MRS, MSR, SYS, SYSL and the hints that leave generated code. */
export function performSystem(core: Core, word: number): Outcome {
  const op0 = (word >>> 19) & 3;
  if (op0 >= 2) {
    const message = moveSystemRegister(core, word);
    return message === undefined ? 'done' : { message };
  }
  if (op0 === 1) return performSys(core, word);
  if (((word >>> 12) & 15) === 4) return writePstateField(core, word);
  if ((word & 0xfffff01f) >>> 0 === 0xd503201f) return performHint(core, (word >>> 5) & 0x7f);
  return { message: 'the system instruction is not implemented' };
}

const HINT_ESB = 16;

function performHint(core: Core, number: number): Outcome {
  if (number === HINT_ESB) virtualErrorBarrier(core);
  completeInstruction(core);
  return 'done';
}

/** MSR (immediate) fields by op1:op2: the PSTATE bit CRm<0> sets. */
const pstateFields: Readonly<Record<number, number>> = {
  3: PSTATE.UAO,
  4: PSTATE.PAN,
  5: PSTATE.SP,
  25: PSTATE.SSBS,
  26: PSTATE.DIT,
  28: PSTATE.TCO,
};
const DAIF_SET = 0b011_110;
const DAIF_CLEAR = 0b011_111;
/** Fields EL0 may write whatever SCTLR_EL1 says. */
const userFields = PSTATE.SSBS | PSTATE.DIT | PSTATE.TCO;

function writePstateField(core: Core, word: number): Outcome {
  const field = (((word >>> 16) & 7) << 3) | ((word >>> 5) & 7);
  const CRm = (word >>> 8) & 15;
  const el = core.state.low(slots.el);
  const old = readPstate(core.state);
  if (field === DAIF_SET || field === DAIF_CLEAR) {
    if (daifAtEl0(core, el) === 'el1') {
      takeSynchronous(core, EC.system, systemSyndrome(word));
      return 'done';
    }
    writePstate(core.state, field === DAIF_SET ? old | (CRm << 6) : old & ~(CRm << 6));
  } else {
    const bit = pstateFields[field];
    if (bit === undefined || (el === 0 && (bit & userFields) === 0)) {
      takeUndefined(core);
      return 'done';
    }
    writePstate(core.state, CRm & 1 ? old | bit : old & ~bit);
  }
  completeInstruction(core);
  return 'done';
}

/** At EL0 SCTLR_EL1 decides: UCI for cache maintenance, DZE for DC ZVA, EnRCTX for prediction restriction. */
function el0Control(family: string, operation: string): number {
  if (operation === 'ZVA') return SCTLR.DZE;
  return family === 'DC' || family === 'IC' ? SCTLR.UCI : SCTLR.EnRCTX;
}

/** Where a SYS instruction goes. */
export function decideSys(core: Core, instruction: SystemInstruction): Decision {
  const { state, features } = core;
  const el = state.low(slots.el);
  const { family, operation, feature } = instruction;
  if (feature && !features.has(feature)) return 'undefined';
  if (el < instruction.lowest) return 'undefined';
  if (el === 0 && (state.systemLow(R.SCTLR_EL1) & el0Control(family, operation)) === 0) return 'el1';
  return hcrTrapsInstruction(family, operation, state.systemLow(R.HCR_EL2), state.systemHigh(R.HCR_EL2)) ? 'el2' : 'perform';
}

function performSys(core: Core, word: number): Outcome {
  const { state } = core;
  const [op1, CRn, CRm, op2] = [(word >>> 16) & 7, (word >>> 12) & 15, (word >>> 8) & 15, (word >>> 5) & 7];
  const instruction = (word & (1 << 21)) === 0 ? systemInstruction(op1, CRn, CRm, op2) : undefined;
  const implementationDefined = CRn === 11 || CRn === 15;
  let decision: Decision = 'undefined';
  if (instruction) decision = decideSys(core, instruction);
  else if (implementationDefined && state.low(slots.el) === 1 && state.systemLow(R.HCR_EL2) & HCR.TIDCP) decision = 'el2';
  if (decision === 'perform') return performNamed(core, instruction!, word & 31);
  if (decision === 'undefined') takeUndefined(core);
  else if (decision === 'el1') takeSynchronous(core, EC.system, systemSyndrome(word));
  else trapToEl2(core, EC.system, systemSyndrome(word));
  return 'done';
}

const xt = (core: Core, rt: number): bigint => (rt === 31 ? 0n : core.state.get(rt));

/** DC IVAC may be done as clean and invalidate, but needs write permission; at EL0 maintenance needs read permission. */
const maintenanceNeeds = (core: Core, operation: string): 'nothing' | 'read' | 'write' =>
  operation === 'IVAC' ? 'write' : core.state.low(slots.el) === 0 ? 'read' : 'nothing';

/**
 * What a DC operation does to its line. With stage 2 on, or HCR_EL2.DC, invalidation at EL1 cleans too: a guest must not reach what lies below its own writes
 * (AArch64.DC of the Arm ARM).
 */
function lineOperation({ state }: Core, operation: string): LineOperation {
  if (operation.startsWith('C')) return operation.startsWith('CI') ? 'clean and invalidate' : 'clean';
  return state.systemLow(R.HCR_EL2) & (HCR.VM | HCR.DC) ? 'clean and invalidate' : 'invalidate';
}

/** Maintenance of the whole instruction cache has nothing to do: code is looked up by content. */
function performNamed(core: Core, { family, operation }: SystemInstruction, rt: number): Outcome {
  const { mmu, state } = core;
  const low = rt === 31 ? 0 : state.low(rt);
  const high = rt === 31 ? 0 : state.high(rt);
  if (family === 'TLBI') mmu.invalidate(operation, low, high);
  else if (family === 'AT') {
    const pan = (state.low(slots.pstate) & PSTATE.PAN) !== 0;
    const par = translateAddress(mmu.translation, mmu.spaceOf(state), operation, xt(core, rt), pan, state.low(slots.el));
    if (par === undefined) return 'fault';
    state.setSystem(R.PAR_EL1, par);
  } else if ((family === 'DC' && !operation.endsWith('SW')) || operation === 'IVAU') {
    if (!mmu.maintain(low, high, maintenanceNeeds(core, operation), family === 'DC', lineOperation(core, operation))) return 'fault';
  } else if (family === 'DC') mmu.physical.cache?.maintainAll(lineOperation(core, operation));
  else if (family === 'IC') mmu.physical.cache?.settleAll();
  completeInstruction(core);
  return 'done';
}
