import { KvmError } from '../errno.ts';

/** Memory of the program that makes the calls, by its addresses. */
export interface UserMemory {
  /** A copy of the bytes; undefined: some of them are not there. */
  read(address: bigint, length: number): Uint8Array | undefined;
  /** False: some of them are not there or cannot be written; nothing is written then. */
  write(address: bigint, bytes: Uint8Array): boolean;
}

/** @throws KvmError EFAULT. */
export function copyFromUser(memory: UserMemory, address: bigint, length: number): Uint8Array {
  const bytes = memory.read(address, length);
  if (!bytes) throw new KvmError('EFAULT', `${length} bytes at the user address 0x${address.toString(16)}`);
  return bytes;
}

/** @throws KvmError EFAULT. */
export function copyToUser(memory: UserMemory, address: bigint, bytes: Uint8Array): void {
  if (!memory.write(address, bytes)) throw new KvmError('EFAULT', `${bytes.length} bytes at the user address 0x${address.toString(16)}`);
}

/** One mapping: the bytes that user space sees from an address on. */
interface Mapping {
  readonly start: bigint;
  readonly bytes: Uint8Array;
  /** Told of what was written: offset in `bytes`, and length. */
  readonly written: (offset: number, length: number) => void;
}

/** An address space made of mappings, each in place of what was there before (mmap(2) with MAP_FIXED). */
export class MappedMemory implements UserMemory {
  private mappings: readonly Mapping[] = [];

  map(start: bigint, bytes: Uint8Array, written: Mapping['written'] = () => {}): void {
    this.unmap(start, bytes.length);
    this.mappings = [...this.mappings, { start, bytes, written }];
  }

  unmap(start: bigint, length: number): void {
    const end = start + BigInt(length);
    this.mappings = this.mappings.flatMap((mapping) => {
      const { start: first, bytes, written } = mapping;
      const last = first + BigInt(bytes.length);
      if (last <= start || first >= end) return [mapping];
      const before = first < start ? [{ start: first, bytes: bytes.subarray(0, Number(start - first)), written }] : [];
      const cut = Number(end - first);
      const after =
        last > end ? [{ start: end, bytes: bytes.subarray(cut), written: (at: number, n: number) => written(at + cut, n) }] : [];
      return [...before, ...after];
    });
  }

  read(address: bigint, length: number): Uint8Array | undefined {
    const copy = new Uint8Array(length);
    const whole = this.each(address, length, ({ bytes }, from, at, count) => copy.set(bytes.subarray(from, from + count), at));
    return whole ? copy : undefined;
  }

  write(address: bigint, bytes: Uint8Array): boolean {
    if (!this.each(address, bytes.length, () => {})) return false;
    return this.each(address, bytes.length, (mapping, from, at, count) => {
      mapping.bytes.set(bytes.subarray(at, at + count), from);
      mapping.written(from, count);
    });
  }

  /** Each mapping that has a part of the range: where in it, where in the range, how much. False where something is not mapped. */
  private each(address: bigint, length: number, visit: (mapping: Mapping, from: number, at: number, count: number) => void): boolean {
    for (let done = 0; done < length; ) {
      const at = address + BigInt(done);
      const mapping = this.mappings.find(({ start, bytes }) => at >= start && at < start + BigInt(bytes.length));
      if (!mapping) return false;
      const from = Number(at - mapping.start);
      const count = Math.min(length - done, mapping.bytes.length - from);
      visit(mapping, from, done, count);
      done += count;
    }
    return true;
  }
}
