import { KvmError } from './errno.ts';
import { injectExternalAbort, injectSError, isSErrorPending, SERROR_IDS } from './inject.ts';
import type { Vcpu } from './vcpu.ts';
import { register } from './vcpu-registers.ts';

/** `struct kvm_vcpu_events` on arm64. */
export interface VcpuEvents {
  readonly serrorPending?: boolean;
  readonly serrorHasEsr?: boolean;
  readonly extDabtPending?: boolean;
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
 * KVM_SET_VCPU_EVENTS: the external abort is taken by the guest at once (its address is that of the last abort), and the access that user space was
 * emulating is not completed; the SError becomes pending.
 * @throws KvmError EINVAL for a syndrome without FEAT_RAS or beyond ISS.
 */
export function setVcpuEvents(vcpu: Vcpu, events: VcpuEvents): void {
  const withEsr = events.serrorPending && events.serrorHasEsr;
  if (withEsr && (!vcpu.vm.features.ras || (events.serrorEsr ?? 0n) & ~0x1ff_ffffn)) throw new KvmError('EINVAL', 'KVM_SET_VCPU_EVENTS');
  if (events.extDabtPending) {
    vcpu.pendingMmio = undefined;
    injectExternalAbort(vcpu, false);
  }
  if (events.serrorPending) injectSError(vcpu, withEsr ? events.serrorEsr : SERROR_IDS);
}
