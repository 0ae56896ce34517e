import type { Vm } from './vm.ts';

/** KVM_ARM_FEATURE_ID_RANGE_SIZE: op1 0, 1 and 3, CRm 0 to 7, op2 0 to 7. */
const REGISTERS = 3 * 8 * 8;

/** KVM_ARM_GET_REG_WRITABLE_MASKS: the bits of each identification register that user space can change, as 64-bit words. Here they are what the processor is. */
export const writableMasks = (_vm: Vm): Uint8Array => new Uint8Array(REGISTERS * 8);
