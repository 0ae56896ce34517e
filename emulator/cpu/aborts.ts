import { candidateOf } from '../isa/decoder.ts';
import type { Fault } from '../memory/fault.ts';
import { slots } from '../translate/layout.ts';
import { type Core, type Vector, vector } from './core.ts';
import { enterEl1, enterEl2, routedToEl2, type Syndrome } from './exceptions.ts';
import { HCR, R, SCTLR2 } from './registers.ts';
import { EC, IL } from './syndrome.ts';

const CM = 1 << 8;
const S1PTW = 1 << 7;
const WnR = 1 << 6;
const ISV = 1 << 24;
const FnV = 1 << 10;
const SET_SHIFT = 11;
/** From an external abort to the parity or ECC error of the same place, as status codes. */
const PARITY = 8;

/** The syndrome registers are written already. */
const inPlace: Partial<Syndrome> = {};

/** ISS[24:14] of a stage 2 data abort: the transfer, where one register without writeback is loaded or stored; else ISV = 0. */
export function transferSyndrome(word: number): number {
  const found = candidateOf(word);
  const transfer = found?.instruction.transfer?.(found.encoding.look(word));
  if (!transfer) return 0;
  const { sas, sse, srt, sf, ar } = transfer;
  return ISV | (sas << 22) | (sse << 21) | (srt << 16) | (sf << 15) | (ar << 14);
}

const isZeroing = (word: number): boolean => (word & 0xffffffe0) >>> 0 === 0xd50b7420;

/** Writes FAR_ELx. For DC ZVA it is the address in its register (Arm ARM, FAR_EL1), not that of the block. */
function writeFar(core: Core, slot: number, fault: Fault, word: number): void {
  const { state } = core;
  if (fault.access === 'fetch' || fault.type === 'external abort' || !isZeroing(word))
    state.setSystemWords(slot, fault.vaLow, fault.vaHigh);
  else state.setSystem(slot, state.get((word & 31) === 31 ? slots.zero : slots.x + (word & 31)));
}

/** Writes HPFAR_EL2 for an IPA: FIPA[47:4] holds IPA[55:12]. */
export function writeHpfar(core: Core, ipa: number): void {
  const page = Math.floor(ipa / 2 ** 12);
  core.state.setSystemWords(R.HPFAR_EL2, page << 4, page / 2 ** 28);
}

/** ISS.SET of each severity that aborts. */
const synchronousErrorType: Readonly<Record<string, number>> = { UER: 0, UC: 2, UEO: 3 };

/**
 * ISS of an external abort: DFSC or IFSC, and for one that is not on a walk SET (with FEAT_RAS) and FnV. FAR_ELx is UNKNOWN then: here it stays as it was.
 * Without FEAT_RAS an error may be a parity or ECC error.
 */
function externalStatus({ features }: Core, fault: Fault): number {
  const { poison } = fault.error;
  let iss = fault.statusCode;
  if (!poison) return iss;
  if (poison.parity && !features.ras) iss += PARITY;
  if (fault.walk) return iss;
  if (features.ras) iss |= synchronousErrorType[poison.severity]! << SET_SHIFT;
  return poison.addressKnown ? iss : iss | FnV;
}

/** SCTLR2_EL1.EASE: synchronous external aborts use the vectors of SError. */
const externalAbortVector = ({ features, state }: Core): Vector =>
  features.doubleFault2 && state.systemLow(R.SCTLR2_EL1) & SCTLR2.EASE ? vector.serror : vector.synchronous;

/**
 * The exception for a fault: instruction or data abort, to EL1 for stage 1 and to EL2 for stage 2 (and for external aborts with HCR_EL2.TEA).
 * @param word The instruction, for the syndrome of stage 2 data aborts.
 */
export function takeAbort(core: Core, fault: Fault, word: number): void {
  const { state } = core;
  const fetch = fault.access === 'fetch';
  const external = fault.type === 'external abort';
  const stage2 = fault.stage === 2;
  const teaRouted = external && core.features.ras && (state.systemHigh(R.HCR_EL2) & HCR.high.TEA) !== 0;
  const toEl2 = stage2 || teaRouted || routedToEl2(core);
  const same = !toEl2 && state.low(slots.el) !== 0;
  const maintenance = fault.access === 'maintenance' || fault.access === 'address translation';
  let iss = external ? externalStatus(core, fault) : fault.statusCode;
  if (fault.s1ptw) iss |= S1PTW;
  if (!fetch) {
    if (maintenance) iss |= CM | WnR;
    else if (fault.write) iss |= WnR;
    if (stage2 && !fault.s1ptw && !maintenance && !external) iss |= transferSyndrome(word);
  }
  const ec = fetch ? (same ? EC.instructionAbortSame : EC.instructionAbortLower) : same ? EC.dataAbortSame : EC.dataAbortLower;
  // Word by word, since guests abort often: every access to a device comes here.
  state.setSystemWords(toEl2 ? R.ESR_EL2 : R.ESR_EL1, (ec << 26) | IL | iss, 0);
  if ((iss & FnV) === 0 || !external) writeFar(core, toEl2 ? R.FAR_EL2 : R.FAR_EL1, fault, word);
  if (stage2 && hasIpa(fault)) writeHpfar(core, fault.ipa);
  const elr = state.get(slots.pc);
  if (toEl2) enterEl2(core, vector.synchronous, inPlace, elr);
  else {
    const values = core.onException ? { esr: state.system(R.ESR_EL1), far: state.system(R.FAR_EL1) } : inPlace;
    enterEl1(core, external ? externalAbortVector(core) : vector.synchronous, values, elr);
  }
}

/**
 * HPFAR_EL2 is written for stage 2 translation, Access flag and address size faults, and for any stage 2 fault on a stage 1 walk; for a plain permission
 * fault it is UNKNOWN: here it holds the IPA too.
 */
const hasIpa = (fault: Fault): boolean => fault.type !== 'external abort' && fault.type !== 'alignment';
