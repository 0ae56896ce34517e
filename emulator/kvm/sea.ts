import { ARM_SEA_BYTES, armSea } from './exits/arm-sea.ts';
import { injectSError } from './inject.ts';
import type { KernelProfile } from './kernel-profile.ts';
import { abort, FSC_EXTERNAL, FSC_EXTERNAL_ON_WALK } from './syndrome.ts';
import type { HandlerResult, Vcpu } from './vcpu.ts';
import { register } from './vcpu-registers.ts';

/**
 * A synchronous external abort of the guest (`kvm_handle_guest_sea`): first the host may claim it; then user space gets it (KVM_EXIT_ARM_SEA), if it has asked for that and the
 * error is the guest's to have; else the guest gets an asynchronous SError.
 */
export function handleGuestSea(vcpu: Vcpu, esr: number): HandlerResult {
  const { vm, processor } = vcpu;
  const { error } = processor.mmu.fault;
  vcpu.chargeStanding();
  if (vm.apei.claims(error.physical)) {
    // The host has dealt with the page: what the guest finds there next is good.
    error.poison?.repair();
    return 'resume';
  }
  if (hostOwns(vm.kernel, vm.features.ras, esr) || !vm.seaToUser) {
    injectSError(vcpu);
    return 'resume';
  }
  record(vcpu, esr);
  return 'exit';
}

/** `host_owns_sea`: no FEAT_RAS, so that only the host's own accesses can abort to EL2; or an access to a stage-2 table. (There is no virtual EL2 here, nor its VNCR page.) */
function hostOwns(kernel: KernelProfile, ras: boolean, esr: number): boolean {
  if (!kernel.hostOwnsSea) return false;
  const fsc = esr & abort.FSC;
  const onWalk = fsc >= FSC_EXTERNAL_ON_WALK - 1 && fsc <= FSC_EXTERNAL_ON_WALK + 3;
  return !ras || (onWalk && (esr & abort.S1PTW) !== 0);
}

function record(vcpu: Vcpu, esr: number): void {
  const { run, state, vm, faultIpa } = vcpu;
  const { at, esrMask, set, gvaValid, gpaValid } = vm.kernel.armSea;
  const farValid = (esr & abort.FNV) === 0;
  run.begin(armSea[vm.kernel.name].number, ARM_SEA_BYTES);
  run.set(at.esr, 8, BigInt((esr & (esrMask | (vm.features.ras ? set : 0))) >>> 0));
  run.set(at.flags, 8, (farValid ? (gvaValid ?? 0n) : 0n) | (faultIpa === undefined ? 0n : gpaValid));
  run.set(at.gva, 8, farValid ? state.system(register.FAR_EL2) : 0n);
  run.setAddress(at.gpa, faultIpa ?? 0);
}

const PAR_F = 1n;
const PAR_ADDRESS = 0xf_ffff_ffff_f000n;

/**
 * Which guest physical page an external abort is about, as KVM finds out when the guest has come out (`__get_fault_info`): the processor says nothing, so that KVM asks it to
 * translate FAR_EL2 once more.
 * @returns The page; `unknown`; or `again` where the address does not translate any more: the guest is entered again as if nothing had happened.
 */
export function faultIpaOf(vcpu: Vcpu, esr: number): number | 'unknown' | 'again' {
  const fsc = esr & abort.FSC;
  const onWalk = (fsc >= 0x13 && fsc <= 0x17) || (fsc >= 0x1b && fsc <= 0x1f);
  if (onWalk || (fsc === FSC_EXTERNAL && esr & abort.FNV)) return 'unknown';
  const { state, processor } = vcpu;
  const par = processor.mmu.translateAddress(state, 'S1E1R', state.system(register.FAR_EL2));
  return par === undefined || par & PAR_F ? 'again' : Number(par & PAR_ADDRESS);
}
