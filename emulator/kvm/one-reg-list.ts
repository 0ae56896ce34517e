import type { Vcpu } from './vcpu.ts';

/** KVM_GET_REG_LIST: the identifiers of every register of the vCPU. */
export const registerList = (_vcpu: Vcpu): readonly bigint[] => [];
