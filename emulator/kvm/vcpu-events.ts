import { KvmError } from './errno.ts';
import { injectExternalAbort, injectSError, isSErrorPending, SERROR_IDS } from './inject.ts';
import type { Vcpu } from './vcpu.ts';
import { register } from './vcpu-registers.ts';

/** `struct kvm_vcpu_events` on arm64. */
export interface VcpuEvents {
  readonly serrorPending?: boolean;
  readonly serrorHasEsr?: boolean;
  readonly extDabtPending?: boolean;
  /** Kernel profile `proposed` only. */
  readonly extIabtPending?: boolean;
  /** ISS of the SError. */
  readonly serrorEsr?: bigint;
}

/** KVM_GET_VCPU_EVENTS. An external abort is never reported: it was taken when it was set. */
export function getVcpuEvents(vcpu: Vcpu): VcpuEvents {
  const serrorPending = isSErrorPending(vcpu);
  const serrorHasEsr = vcpu.vm.features.ras;
  return {
    serrorPending,
    serrorHasEsr,
    extDabtPending: false,
    serrorEsr: serrorPending && serrorHasEsr ? vcpu.state.system(register.VSESR_EL2) : 0n,
  };
}

/**
 * KVM_SET_VCPU_EVENTS. The guest takes the external abort (its address is that of the last abort, whatever the last exit was), and the access that user space was emulating is
 * not completed. The SError is taken or becomes pending (`injectSError`); none asked for takes none back.
 * Which half comes first, and so has happened where the other is refused, is the kernel profile's; so is whether the guest is at its vector at once, or when it runs next.
 * @throws KvmError EINVAL for a syndrome without FEAT_RAS or beyond ISS, and for both kinds of external abort at once or one that the kernel does not know.
 */
export function setVcpuEvents(vcpu: Vcpu, events: VcpuEvents): void {
  const { extIabtPending, first } = vcpu.vm.kernel.vcpuEvents;
  if (events.extIabtPending && !extIabtPending)
    throw new KvmError('EINVAL', 'KVM_SET_VCPU_EVENTS: byte 3 is padding in this kernel profile');
  if (first === 'external abort') {
    setExternalAbort(vcpu, events);
    vcpu.commitException();
    setSError(vcpu, events);
    vcpu.commitException();
  } else {
    setSError(vcpu, events);
    setExternalAbort(vcpu, events);
  }
}

function setExternalAbort(vcpu: Vcpu, { extDabtPending, extIabtPending }: VcpuEvents): void {
  if (extDabtPending && extIabtPending) throw new KvmError('EINVAL', 'KVM_SET_VCPU_EVENTS: a data abort and an instruction abort');
  if (extDabtPending || extIabtPending) injectExternalAbort(vcpu, extIabtPending ?? false);
}

function setSError(vcpu: Vcpu, { serrorPending, serrorHasEsr, serrorEsr = 0n }: VcpuEvents): void {
  if (!serrorPending) return;
  if (serrorHasEsr && !vcpu.vm.features.ras) throw new KvmError('EINVAL', 'KVM_SET_VCPU_EVENTS: a syndrome without FEAT_RAS');
  if (serrorHasEsr && serrorEsr & ~0x1ff_ffffn) throw new KvmError('EINVAL', 'KVM_SET_VCPU_EVENTS: a syndrome beyond ISS');
  injectSError(vcpu, serrorHasEsr ? serrorEsr : SERROR_IDS);
}
