import { type Vector, vector } from '../cpu/core.ts';
import { SCTLR2 } from '../cpu/registers.ts';
import { slots } from '../translate/layout.ts';
import { pendException } from './pending-exception.ts';
import { stage1LevelOf } from './stage1-level.ts';
import { abort, EC_SHIFT, exceptionClass, FSC_EXCLUSIVE_OR_ATOMIC, FSC_EXTERNAL, FSC_EXTERNAL_ON_WALK, IL } from './syndrome.ts';
import type { Vcpu } from './vcpu.ts';
import { register } from './vcpu-registers.ts';

/** Makes the guest take an Undefined Instruction exception at its current instruction (`kvm_inject_undefined`). */
export function injectUndefined(vcpu: Vcpu): void {
  pendException(vcpu, vector.synchronous, (exceptionClass.UNKNOWN << EC_SHIFT) | instructionLength(vcpu));
}

/**
 * Makes the guest take a synchronous external abort (`kvm_inject_sea`): EA, WnR, SET and FnV are 0. Where the last exception to KVM was about a stage-1 walk, a kernel that
 * minds it says at which level; if the guest's tables do not lead there any more, nothing is injected and the guest tries again.
 * @param far FAR_EL1; left out: the address that trapped.
 */
export function injectExternalAbort(vcpu: Vcpu, instruction: boolean, far = vcpu.state.system(register.FAR_EL2)): void {
  const fsc = externalStatus(vcpu);
  if (fsc !== undefined) pendException(vcpu, externalAbortVector(vcpu), abortSyndrome(vcpu, instruction, fsc), far);
}

/** Status code of an injected external abort; undefined: there is nothing to inject. */
function externalStatus(vcpu: Vcpu): number | undefined {
  if (!vcpu.vm.kernel.tableAborts || (vcpu.state.systemLow(register.ESR_EL2) & abort.S1PTW) === 0) return FSC_EXTERNAL;
  const level = stage1LevelOf(vcpu);
  return level === undefined ? undefined : FSC_EXTERNAL_ON_WALK + level;
}

/** Address size fault, level 0: the guest used an IPA beyond what the machine has (`kvm_inject_size_fault`). FAR_EL1 is that IPA. */
export function injectSizeFault(vcpu: Vcpu, instruction: boolean, far: bigint): void {
  if (externalStatus(vcpu) !== undefined) pendException(vcpu, externalAbortVector(vcpu), abortSyndrome(vcpu, instruction, 0), far);
}

/** An exclusive or atomic access that the memory does not take (`kvm_inject_dabt_excl_atomic`). */
export function injectExclusiveOrAtomicAbort(vcpu: Vcpu): void {
  const far = vcpu.state.system(register.FAR_EL2);
  pendException(vcpu, externalAbortVector(vcpu), abortSyndrome(vcpu, false, FSC_EXCLUSIVE_OR_ATOMIC), far);
}

/** SCTLR2_EL1.EASE: synchronous external aborts use the vectors of SError. */
export const externalAbortVector = (vcpu: Vcpu): Vector =>
  vcpu.vm.features.doubleFault2 && vcpu.state.systemLow(register.SCTLR2_EL1) & SCTLR2.EASE ? vector.serror : vector.synchronous;

const SERROR_ISS = 0x1ff_ffffn;
const HCR_VSE = 1n << 8n;
/** ISS.IDS: the syndrome is implementation defined. */
export const SERROR_IDS = 1n << 24n;

/**
 * Gives the guest an SError (`kvm_inject_serror_esr`). A kernel that can takes one that nothing masks at once; otherwise it is pending in HCR_EL2.VSE, its syndrome in VSESR_EL2,
 * and the processor delivers it when PSTATE.A lets it.
 */
export function injectSError(vcpu: Vcpu, iss: bigint = SERROR_IDS): void {
  if (vcpu.vm.kernel.serrorTakenAtOnce && !isSErrorMasked(vcpu)) {
    pendException(vcpu, vector.serror, (exceptionClass.SERROR << EC_SHIFT) | IL | Number(iss & SERROR_ISS));
    return;
  }
  vcpu.state.setSystem(register.VSESR_EL2, iss & SERROR_ISS);
  vcpu.state.setSystem(register.HCR_EL2, vcpu.state.system(register.HCR_EL2) | HCR_VSE);
  vcpu.processor.invalidateDerivedState();
}

const PSTATE_A = 1 << 8;

/** `serror_is_masked`: PSTATE.A, unless the guest has asked for SErrors that it cannot mask (SCTLR2_EL1.NMEA). */
function isSErrorMasked(vcpu: Vcpu): boolean {
  const { state, vm } = vcpu;
  if ((state.low(slots.pstate) & PSTATE_A) === 0) return false;
  return !(vm.features.doubleFault2 && state.systemLow(register.SCTLR2_EL1) & SCTLR2.NMEA);
}

export const isSErrorPending = (vcpu: Vcpu): boolean => (vcpu.state.system(register.HCR_EL2) & HCR_VSE) !== 0n;

/** ESR_EL1.IL of what is injected. */
const instructionLength = (vcpu: Vcpu): number => (vcpu.vm.kernel.ilAlways ? IL : vcpu.state.systemLow(register.ESR_EL2) & IL);

function abortSyndrome(vcpu: Vcpu, instruction: boolean, fsc: number): number {
  const lower = instruction ? exceptionClass.IABT_LOW : exceptionClass.DABT_LOW;
  // From EL1 the class is that of the current level, one more.
  const ec = vcpu.el === 0 ? lower : lower + 1;
  return (ec << EC_SHIFT) | instructionLength(vcpu) | fsc;
}
