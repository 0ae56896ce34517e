import { mapGuestMemfdPage, mapUserMemory } from './guest-abort-memory.ts';
import { outsideMemory } from './guest-abort-mmio.ts';
import { injectExternalAbort, injectSizeFault } from './inject.ts';
import { isReadonly } from './memslots.ts';
import { faultIpaOf, handleGuestSea } from './sea.ts';
import { levelShift } from './stage2-geometry.ts';
import { abort, exceptionClass, FSC_ALIGNMENT, FSC_EXCLUSIVE_OR_ATOMIC, FSC_TYPE, faultType, isExternalAbort } from './syndrome.ts';
import type { HandlerResult, Vcpu } from './vcpu.ts';
import { register } from './vcpu-registers.ts';

/** Faulting guest physical address, page-aligned: HPFAR_EL2.FIPA holds IPA[55:12] from bit 4. */
export const faultIpaPage = (vcpu: Vcpu): number =>
  ((vcpu.state.systemHigh(register.HPFAR_EL2) & 0xffff) * 2 ** 32 + ((vcpu.state.systemLow(register.HPFAR_EL2) & ~0xf) >>> 0)) * 2 ** 8;

const faultIpa = (vcpu: Vcpu): number => faultIpaPage(vcpu) + (vcpu.state.systemLow(register.FAR_EL2) & 0xfff);

/**
 * Stage-2 faults and external aborts from the guest (`kvm_handle_guest_abort`): maps memory, emulates devices in the kernel, leaves the others to user space,
 * or hands the fault back to the guest.
 */
export function handleGuestAbort(vcpu: Vcpu, esr: number): HandlerResult {
  const instruction = esr >>> 26 === exceptionClass.IABT_LOW;
  const fsc = esr & abort.FSC;
  const found = isExternalAbort(fsc) ? faultIpaOf(vcpu, esr) : faultIpaPage(vcpu);
  if (found === 'again') {
    vcpu.chargeStanding();
    return 'resume';
  }
  vcpu.faultIpa = found === 'unknown' ? undefined : found;
  if (isExternalAbort(fsc)) return handleGuestSea(vcpu, esr);
  const type = fsc & FSC_TYPE;
  const page = faultIpaPage(vcpu);
  if (type === faultType.TRANSLATION) {
    // No address of this guest. What KVM gives as its FAR_EL1 is the guest physical address.
    if (page >= 2 ** vcpu.vm.physicalAddressBits) {
      injectSizeFault(vcpu, instruction, BigInt(faultIpa(vcpu)));
      return 'resume';
    }
    if (page >= 2 ** vcpu.vm.ipaBits) {
      injectExternalAbort(vcpu, instruction, BigInt(faultIpa(vcpu)));
      return 'resume';
    }
  } else if (type !== faultType.PERMISSION && type !== faultType.ACCESS && fsc !== FSC_EXCLUSIVE_OR_ATOMIC) {
    return vcpu.fail('EFAULT', unsupportedStatus(esr, fsc));
  }
  const write = isWriteFault(esr, instruction, type);
  const slot = vcpu.vm.memslots.find(page);
  if (!slot || (write && isReadonly(slot))) return outsideMemory(vcpu, esr, instruction, faultIpa(vcpu), !slot);
  if (type === faultType.ACCESS) {
    vcpu.vm.stage2.makeYoung(page);
    return 'resume';
  }
  // The status code holds the level of the leaf that refused.
  const granule = type === faultType.PERMISSION ? 2 ** levelShift(fsc & 3) : 0;
  const fault = { page, write, execute: instruction && !(esr & abort.S1PTW), granule, unsupported: fsc === FSC_EXCLUSIVE_OR_ATOMIC };
  return slot.gmem ? mapGuestMemfdPage(vcpu, slot.gmem, fault) : mapUserMemory(vcpu, slot, fault);
}

/** As the kernel logs it, and what it means where that is one thing only. */
function unsupportedStatus(esr: number, fsc: number): string {
  const hex = (n: number): string => `0x${(n >>> 0).toString(16)}`;
  const why = fsc === FSC_ALIGNMENT ? ': an unaligned access to memory that stage 2 maps as Device' : '';
  return `Unsupported FSC: EC=${hex(esr >>> 26)} xFSC=${hex(fsc)} ESR_EL2=${hex(esr)}${why}`;
}

/** `kvm_is_write_fault`: a permission fault of a table walk is the hardware wanting to update a descriptor. */
function isWriteFault(esr: number, instruction: boolean, type: number): boolean {
  if (esr & abort.S1PTW) return type === faultType.PERMISSION;
  return !instruction && (esr & abort.WNR) !== 0;
}
