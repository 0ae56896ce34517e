import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { KvmError } from '../../emulator/kvm/errno.ts';
import { Memslots, memslotFlag } from '../../emulator/kvm/memslots.ts';

const slot = (overrides: Partial<Parameters<Memslots['set']>[0]> = {}) => ({
  slot: 0,
  flags: 0,
  guestPhysAddr: 0x40000000,
  memorySize: 0x200000,
  userspaceAddr: 0x1000000,
  ...overrides,
});

const failing = (errno: string, ...regions: ReturnType<typeof slot>[]): void => {
  const slots = new Memslots(40, () => {});
  const last = regions.pop()!;
  for (const region of regions) slots.set(region);
  assert.throws(
    () => slots.set(last),
    (error: Error) => error instanceof KvmError && error.errno === errno,
  );
};

describe('KVM_SET_USER_MEMORY_REGION', () => {
  test('a slot is found by any address in it', () => {
    const slots = new Memslots(40, () => {});
    slots.set(slot());
    assert.equal(slots.find(0x401fffff)?.slot, 0);
    assert.equal(slots.find(0x40200000), undefined);
    assert.equal(slots.find(0x3fffffff), undefined);
  });

  test('EINVAL: not page-aligned', () => {
    failing('EINVAL', slot({ guestPhysAddr: 0x40000100 }));
    failing('EINVAL', slot({ memorySize: 0x1001 }));
    failing('EINVAL', slot({ userspaceAddr: 1 }));
  });
  test('EINVAL: unknown flag', () => failing('EINVAL', slot({ flags: 0x10 })));
  test('EINVAL: deleting what is not there', () => failing('EINVAL', slot({ memorySize: 0 })));
  test('EINVAL: changing the size or the backing of a slot', () => {
    failing('EINVAL', slot(), slot({ memorySize: 0x400000 }));
    failing('EINVAL', slot(), slot({ userspaceAddr: 0x2000000 }));
    failing('EINVAL', slot(), slot({ flags: memslotFlag.READONLY }));
  });
  test('EEXIST: overlap with another slot', () => failing('EEXIST', slot(), slot({ slot: 1, guestPhysAddr: 0x401ff000 })));
  test('EFAULT: beyond the IPA range', () => failing('EFAULT', slot({ guestPhysAddr: 2 ** 40 - 0x1000 })));

  test('deleting and moving unmap stage 2', () => {
    const unmapped: number[][] = [];
    const slots = new Memslots(40, (...range) => unmapped.push(range));
    slots.set(slot());
    slots.set(slot({ guestPhysAddr: 0x80000000 }));
    slots.set(slot({ memorySize: 0 }));
    assert.deepEqual(unmapped, [
      [0x40000000, 0x200000],
      [0x80000000, 0x200000],
    ]);
    assert.equal(slots.find(0x80000000), undefined);
  });

  test('dirty pages are logged one bit each', () => {
    const slots = new Memslots(40, () => {});
    slots.set(slot({ flags: memslotFlag.LOG_DIRTY_PAGES }));
    slots.markDirty(slots.find(0x40003000)!, 0x40003000);
    assert.equal(slots.find(0x40000000)!.dirty![0], 1 << 3);
  });
});
