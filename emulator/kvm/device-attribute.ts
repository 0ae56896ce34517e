import { KvmError } from './errno.ts';

/** `struct kvm_device_attr` without its pointer. */
export interface DeviceAttribute {
  readonly group: number;
  readonly attr: bigint;
}

/** The value of an attribute, where user space has it: each read and write may fail (EFAULT). */
export interface AttributeValue {
  read32(): number;
  read64(): bigint;
  write32(value: number): void;
  write64(value: bigint): void;
  readBytes(length: number): Uint8Array;
}

/** What KVM_SET_, KVM_GET_ and KVM_HAS_DEVICE_ATTR do with an attribute. An absent accessor: ENXIO. */
export interface Attribute {
  /** False: KVM_HAS_DEVICE_ATTR denies it, although it can be got and set. */
  readonly there?: boolean;
  readonly set?: (value: AttributeValue) => void;
  readonly get?: (value: AttributeValue) => void;
}

/** @throws KvmError ENXIO. */
export const noAttribute = ({ group, attr }: DeviceAttribute): never => {
  throw new KvmError('ENXIO', `attribute 0x${attr.toString(16)} of group ${group}`);
};

/** KVM_SET_DEVICE_ATTR. @throws KvmError ENXIO; as the attribute. */
export function setAttribute(of: Attribute | undefined, attribute: DeviceAttribute, value: AttributeValue): void {
  if (of?.set) of.set(value);
  else noAttribute(attribute);
}

/** KVM_GET_DEVICE_ATTR. @throws KvmError ENXIO; as the attribute. */
export function getAttribute(of: Attribute | undefined, attribute: DeviceAttribute, value: AttributeValue): void {
  if (of?.get) of.get(value);
  else noAttribute(attribute);
}
