import { KvmError } from '../errno.ts';
import type { KernelProfile } from '../kernel-profile.ts';
import type { VcpuEvents } from '../vcpu-events.ts';
import type { structs } from './structs.ts';

type Raw = ReturnType<typeof structs.vcpuEvents.read>;

/** Byte 3 of the structure, where the kernel has one: the first of `pad`. */
const EXT_IABT = 0;

/** `struct kvm_vcpu_events` as the kernel takes it. @throws KvmError EINVAL for padding or reserved words that are not zero, before anything is done. */
export function decodeEvents(raw: Raw, kernel: KernelProfile): VcpuEvents {
  const { extIabtPending } = kernel.vcpuEvents;
  const padding = extIabtPending ? raw.pad.toSpliced(EXT_IABT, 1) : raw.pad;
  if ([...padding, ...raw.reserved].some((value) => value !== 0)) throw new KvmError('EINVAL', 'KVM_SET_VCPU_EVENTS with reserved bits');
  return {
    serrorPending: raw.serrorPending !== 0,
    serrorHasEsr: raw.serrorHasEsr !== 0,
    extDabtPending: raw.extDabtPending !== 0,
    ...(extIabtPending ? { extIabtPending: raw.pad[EXT_IABT] !== 0 } : {}),
    serrorEsr: raw.serrorEsr,
  };
}

/** The structure that user space gets: a pending external abort is never in it. */
export const encodeEvents = ({ serrorPending, serrorHasEsr, serrorEsr }: VcpuEvents): Partial<Raw> => ({
  serrorPending: Number(serrorPending ?? false),
  serrorHasEsr: Number(serrorHasEsr ?? false),
  serrorEsr: serrorEsr ?? 0n,
});
