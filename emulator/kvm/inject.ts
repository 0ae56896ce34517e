import { vector } from '../cpu/core.ts';
import { enterEl1 } from '../cpu/exceptions.ts';
import { slots } from '../translate/layout.ts';
import { EC_SHIFT, exceptionClass, FSC_EXTERNAL, IL } from './syndrome.ts';
import type { Vcpu } from './vcpu.ts';
import { register } from './vcpu-registers.ts';

/** Makes the guest take an Undefined Instruction exception at its current instruction (`kvm_inject_undefined`). */
export function injectUndefined(vcpu: Vcpu): void {
  enter(vcpu, (exceptionClass.UNKNOWN << EC_SHIFT) | IL);
}

/** Makes the guest take a synchronous external abort (`kvm_inject_sea`): EA, WnR and FnV are 0, FAR is the address that trapped unless another is given. */
export function injectExternalAbort(vcpu: Vcpu, instruction: boolean, far: bigint = vcpu.state.system(register.FAR_EL2)): void {
  enter(vcpu, abortSyndrome(vcpu, instruction, FSC_EXTERNAL), far);
}

/** Address size fault, level 0: the guest used an IPA beyond what the machine has (`kvm_inject_size_fault`). */
export function injectSizeFault(vcpu: Vcpu, instruction: boolean, far: bigint): void {
  enter(vcpu, abortSyndrome(vcpu, instruction, 0), far);
}

const SERROR_ISS = 0x1ff_ffffn;
const HCR_VSE = 1n << 8n;
/** ISS.IDS: the syndrome is implementation defined. */
export const SERROR_IDS = 1n << 24n;

/** Makes a virtual SError pending; it is taken when PSTATE.A lets it (`kvm_set_sei_esr`). */
export function injectSError(vcpu: Vcpu, iss: bigint = SERROR_IDS): void {
  vcpu.state.setSystem(register.VSESR_EL2, iss & SERROR_ISS);
  vcpu.state.setSystem(register.HCR_EL2, vcpu.state.system(register.HCR_EL2) | HCR_VSE);
  vcpu.processor.invalidateDerivedState();
}

export const isSErrorPending = (vcpu: Vcpu): boolean => (vcpu.state.system(register.HCR_EL2) & HCR_VSE) !== 0n;

/** Exception entry to EL1 at the current instruction, as the processor performs it (KVM's `enter_exception64`). */
function enter(vcpu: Vcpu, esr: number, far?: bigint): void {
  const core = vcpu.processor;
  enterEl1(core, vector.synchronous, { esr: BigInt(esr >>> 0), ...(far === undefined ? {} : { far }) }, vcpu.state.get(slots.pc));
  vcpu.processor.invalidateDerivedState();
}

function abortSyndrome(vcpu: Vcpu, instruction: boolean, fsc: number): number {
  const lower = instruction ? exceptionClass.IABT_LOW : exceptionClass.DABT_LOW;
  // From EL1 the class is that of the current level, one more.
  const ec = vcpu.el === 0 ? lower : lower + 1;
  return (ec << EC_SHIFT) | IL | fsc;
}
