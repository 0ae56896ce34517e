import type { AttributeValue } from '../device-attribute.ts';
import { structs } from './structs.ts';
import { copyFromUser, copyToUser, type UserMemory } from './user-memory.ts';

const { u32, u64 } = structs;

/** The value of a device attribute in user memory. */
export const attributeValue = (memory: UserMemory, address: bigint): AttributeValue => ({
  read32: () => u32.read(copyFromUser(memory, address, u32.size)).value,
  read64: () => u64.read(copyFromUser(memory, address, u64.size)).value,
  write32: (value) => copyToUser(memory, address, u32.write({ value: value >>> 0 })),
  write64: (value) => copyToUser(memory, address, u64.write({ value })),
  readBytes: (length) => copyFromUser(memory, address, length),
});
