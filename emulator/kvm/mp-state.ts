import { KvmError } from './errno.ts';

/** KVM_GET_MP_STATE values that arm64 uses. */
export const mpState = { RUNNABLE: 0, STOPPED: 5, SUSPENDED: 10 } as const;
export type MpState = (typeof mpState)[keyof typeof mpState];

/** KVM_SET_MP_STATE. @throws KvmError EINVAL for a state that arm64 does not have. */
export function setMpState(vcpu: { mpState: MpState }, state: number): void {
  const known = Object.values(mpState).find((one) => one === state);
  if (known === undefined) throw new KvmError('EINVAL', `KVM_SET_MP_STATE of state ${state}`);
  vcpu.mpState = known;
}
