import { vector } from '../../cpu/core.ts';
import { pendException } from '../../kvm/pending-exception.ts';
import { EC_SHIFT, exceptionClass, FSC_EXTERNAL, IL } from '../../kvm/syndrome.ts';
import type { Vcpu } from '../../kvm/vcpu.ts';
import { slots } from '../../translate/layout.ts';
import { seaRecord } from './sea-record.ts';

const FNV = 1n << 10n;

/**
 * An instruction abort as user space builds it where KVM_SET_VCPU_EVENTS has no `ext_iabt_pending`: ESR_EL1, FAR_EL1, ELR_EL1, SPSR_EL1, PSTATE and PC by KVM_SET_ONE_REG,
 * with the values AArch64.TakeException gives them. The address is `gva` of the exit where that is valid, else FnV says that there is none; at any other exit it is PC.
 */
export function injectInstructionAbortByHand(vcpu: Vcpu): void {
  const pc = vcpu.state.get(slots.pc);
  const sea = seaRecord(vcpu.run);
  const address = sea ? sea.gva : pc;
  const ec = vcpu.el === 0 ? exceptionClass.IABT_LOW : exceptionClass.IABT_CUR;
  const esr = BigInt(((ec << EC_SHIFT) | IL | FSC_EXTERNAL) >>> 0) | (address === undefined ? FNV : 0n);
  pendException(vcpu, vector.synchronous, Number(esr), address ?? 0n);
  vcpu.commitException();
}
