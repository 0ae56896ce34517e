import { hex } from '../../emulator/machine/expression/format.ts';
import { RequestError } from '../request-error.ts';
import { type Member, sizeOf } from '../symbols/types.ts';
import type { Subject } from './registers.ts';

/** Changes a scalar of a struct at `address`; around a bit-field the other bits stay. Throws RequestError for a value that does not fit, or no memory. */
export async function storeMember(
  { name, type, bitOffset, bitSize }: Member,
  address: bigint,
  value: bigint,
  subject: Subject,
): Promise<void> {
  const bits = bitSize ?? sizeOf(type) * 8;
  // A negative number comes as its 64 bits.
  if (value >> BigInt(bits) !== 0n && BigInt.asUintN(64, BigInt.asIntN(bits, value)) !== value) {
    throw new RequestError(`${name} has ${bits} bits: ${hex(value)} does not fit`);
  }
  const { machine } = subject.guest;
  const at = BigInt.asUintN(64, address + BigInt(Math.floor(bitOffset / 8)));
  const shift = BigInt(bitOffset & 7);
  const length = ((bitOffset & 7) + bits + 7) >> 3;
  const { bytes, holes } = await machine.readMemory(subject.vcpu, 'va', at, length);
  if (holes.length > 0) throw new RequestError(`va:${hex(at)} is not memory`);
  let word = bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const mask = ((1n << BigInt(bits)) - 1n) << shift;
  word = (word & ~mask) | ((value << shift) & mask);
  const changed = Uint8Array.from({ length }, (_, i) => Number((word >> BigInt(8 * i)) & 0xffn));
  const written = await machine.writeMemory(subject.vcpu, 'va', at, changed);
  if (written < length) throw new RequestError(`va:${hex(at)} is not memory`);
  subject.changed();
}
