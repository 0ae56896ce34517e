import { slotByKey, systemRegisterSlot, systemRegisters } from '../../isa/registers/index.ts';
import type { SystemRegister } from '../../isa/registers/register.ts';
import { slots } from '../../translate/layout.ts';
import { type Core, completeInstruction } from '../core.ts';
import { takeSynchronous, takeUndefined, trapToEl2 } from '../exceptions.ts';
import { HCR, R } from '../registers.ts';
import { EC, systemSyndrome } from '../syndrome.ts';
import { debugRegisters } from './debug-registers.ts';
import { errorRegisters } from './error-registers.ts';
import { gicRegisters } from './gic-registers.ts';
import { pstateRegisters } from './pstate-registers.ts';
import { bySlot, type Decision } from './registry.ts';
import { timerRegisters } from './timer-registers.ts';
import { identificationRegisters, translationRegisters } from './translation-registers.ts';
import { hcrTraps } from './traps.ts';

const behaviours = bySlot(
  pstateRegisters,
  translationRegisters,
  identificationRegisters,
  timerRegisters,
  gicRegisters,
  debugRegisters,
  errorRegisters,
);

const ALL = (1n << 64n) - 1n;
const shownSlots = systemRegisters.map((r, slot) => (r.readAs ? systemRegisterSlot(r.readAs) : slot));
const writableBits = systemRegisters.map((r) => r.writable ?? ALL);

const permits = (register: SystemRegister, el: number, write: boolean): boolean => {
  const right = el === 0 ? register.access.el0 : el === 1 ? register.access.el1 : register.access.el2;
  return right === 'read-write' || right === (write ? 'write-only' : 'read-only');
};

/** Value of a register as MRS gives it, access rules apart. */
export function readRegister(core: Core, slot: number): bigint {
  return behaviours[slot]?.read?.(core) ?? core.state.system(shownSlots[slot]!);
}

/** Writes a register as MSR does, access rules apart: only its writable bits change. */
export function writeRegister(core: Core, slot: number, value: bigint): void {
  const writable = writableBits[slot]!;
  const behaviour = behaviours[slot]?.write;
  if (behaviour) behaviour(core, value & writable);
  else if (writable === ALL) core.state.setSystem(slot, value);
  else core.state.setSystem(slot, (core.state.system(slot) & ~writable) | (value & writable));
}

/** Where an access by MRS or MSR goes (Arm ARM, the accessibility pseudocode of each register). */
export function decideAccess(core: Core, slot: number, write: boolean): Decision {
  const register = systemRegisters[slot]!;
  const { state } = core;
  const el = state.low(slots.el);
  if (register.feature && !core.features.has(register.feature)) return 'undefined';
  if (!permits(register, el, write)) return 'undefined';
  const decision = behaviours[slot]?.check?.(core, { el, write }) ?? 'perform';
  if (decision !== 'perform') return decision;
  return hcrTraps(slot, write, state.systemLow(R.HCR_EL2), state.systemHigh(R.HCR_EL2)) ? 'el2' : 'perform';
}

/** MRS or MSR (register). Returns a message where it cannot be performed at all. */
export function moveSystemRegister(core: Core, word: number): string | undefined {
  const { state } = core;
  const slot = slotByKey((word >>> 5) & 0xffff);
  const write = (word & (1 << 21)) === 0;
  const decision = slot < 0 ? unknownRegister(core, word) : decideAccess(core, slot, write);
  if (decision === 'undefined') refuse(core, word);
  else if (decision === 'el1') takeSynchronous(core, EC.system, systemSyndrome(word));
  else if (decision === 'el2') trapToEl2(core, EC.system, systemSyndrome(word));
  else if (decision === 'unsupported') return `${systemRegisters[slot]!.name} reaches the host's register: HCR_EL2.IMO and FMO are 0`;
  else {
    const rt = word & 31;
    if (write) writeRegister(core, slot, rt === 31 ? 0n : state.get(rt));
    else {
      const value = readRegister(core, slot);
      if (rt !== 31) state.set(rt, value);
    }
    completeInstruction(core);
  }
  return undefined;
}

/** UNDEFINED; with FEAT_IDST reads of the feature ID space are reported as what they are (EC 0x18). */
function refuse(core: Core, word: number): void {
  const [op1, CRn, CRm] = [(word >>> 16) & 7, (word >>> 12) & 15, (word >>> 8) & 15];
  const read = (word & (1 << 21)) !== 0;
  const idSpace = ((word >>> 19) & 3) === 3 && CRn === 0 && CRm < 8 && (op1 === 0 || op1 === 1 || op1 === 3);
  if (core.features.idst && read && idSpace) takeSynchronous(core, EC.system, systemSyndrome(word));
  else takeUndefined(core);
}

/** No register has this encoding: UNDEFINED, and in the IMPLEMENTATION DEFINED space trapped by HCR_EL2.TIDCP (EL1 only). */
function unknownRegister(core: Core, word: number): Decision {
  const CRn = (word >>> 12) & 15;
  const implementationDefined = ((word >>> 19) & 3) === 3 && (CRn === 11 || CRn === 15);
  return implementationDefined && core.state.low(slots.el) === 1 && core.state.systemLow(R.HCR_EL2) & HCR.TIDCP ? 'el2' : 'undefined';
}
