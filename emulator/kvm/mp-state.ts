/** KVM_GET_MP_STATE values that arm64 uses. */
export const mpState = { RUNNABLE: 0, STOPPED: 5, SUSPENDED: 10 } as const;
export type MpState = (typeof mpState)[keyof typeof mpState];
