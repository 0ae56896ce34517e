import { type DeviceAttribute, noAttribute } from '../device-attribute.ts';
import { KvmError } from '../errno.ts';
import type { AttributeOperations } from './attribute-calls.ts';
import type { FileOf } from './file-table.ts';
import { structs } from './structs.ts';

/** KVM_ARM_VM_SMCCC_CTRL, KVM_ARM_VM_SMCCC_FILTER. */
const isFilter = ({ group, attr }: DeviceAttribute): boolean => group === 0 && attr === 0n;

/** Attributes of a VM: the SMCCC filter, which can be set and not read. */
export const vmAttributes: AttributeOperations<FileOf<'vm'>> = {
  has: (_, attribute) => {
    if (!isFilter(attribute)) noAttribute(attribute);
  },
  set: ({ open: { vm } }, attribute, value) => {
    if (!isFilter(attribute)) noAttribute(attribute);
    const { base, nrFunctions, action, pad } = structs.smcccFilter.read(value.readBytes(structs.smcccFilter.size));
    if (pad.some((byte) => byte !== 0)) throw new KvmError('EINVAL', 'KVM_ARM_VM_SMCCC_FILTER with padding that is not zero');
    vm.smcccFilter.add(base, nrFunctions, action, vm.hasRun);
  },
};
