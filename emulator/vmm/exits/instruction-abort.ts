import { externalAbortVector } from '../../kvm/inject.ts';
import { pendException } from '../../kvm/pending-exception.ts';
import { EC_SHIFT, exceptionClass, FSC_EXTERNAL, IL } from '../../kvm/syndrome.ts';
import type { Vcpu } from '../../kvm/vcpu.ts';
import { slots } from '../../translate/layout.ts';
import { seaRecord } from './sea-record.ts';

const FNV = 1 << 10;

/**
 * An instruction abort as user space builds it where KVM_SET_VCPU_EVENTS has no `ext_iabt_pending`: ESR_EL1, FAR_EL1, ELR_EL1, SPSR_EL1, PSTATE and PC by KVM_SET_ONE_REG,
 * with the values that the exception entry would give them. The address is `gva` of the exit where that is valid, else FnV says that there is none; at any other exit it is PC.
 * Nothing tells KVM that an MMIO access is over: in the middle of one, KVM_RUN completes it and moves the new PC on.
 */
export function injectInstructionAbortByHand(vcpu: Vcpu): void {
  const { state, pendingMmio } = vcpu;
  const sea = seaRecord(vcpu.run);
  const address = sea ? sea.gva : state.get(slots.pc);
  const ec = vcpu.el === 0 ? exceptionClass.IABT_LOW : exceptionClass.IABT_CUR;
  pendException(vcpu, externalAbortVector(vcpu), (ec << EC_SHIFT) | IL | FSC_EXTERNAL | (address === undefined ? FNV : 0), address ?? 0n);
  vcpu.commitException();
  vcpu.pendingMmio = pendingMmio;
}
