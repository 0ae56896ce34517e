import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Errno, KvmError } from '../../emulator/kvm/errno.ts';
import { fallocateMode, GuestMemfd, guestMemfdFlag } from '../../emulator/kvm/guest-memfd.ts';
import { Memslots, memslotFlag } from '../../emulator/kvm/memslots.ts';

const { KEEP_SIZE, PUNCH_HOLE } = fallocateMode;
const SHARED = guestMemfdFlag.MMAP | guestMemfdFlag.INIT_SHARED;
const PAGE = 0x1000;
const GPA = 0x80000000;

/** Memory slots of a VM, and a file of four pages of it over a host with `hostPages` pages. */
function setUp({ flags = SHARED, size = 4 * PAGE, hostPages = 16 }: { flags?: number; size?: number; hostPages?: number } = {}) {
  const unmapped: (readonly [number, number])[] = [];
  const unmap = (gpa: number, bytes: number): void => void unmapped.push([gpa, bytes]);
  const slots = new Memslots(40, unmap);
  const free = Array.from({ length: hostPages }, (_, n) => 0x100000 + n * PAGE).reverse();
  const source = {
    allocate: (): number => {
      const page = free.pop();
      if (page === undefined) throw new RangeError('host DRAM is used up');
      return page;
    },
    release: (page: number): void => void free.push(page),
  };
  const file = new GuestMemfd(slots, size, flags, source, unmap);
  return { slots, file, unmapped, free };
}

const region = { slot: 1, flags: memslotFlag.GUEST_MEMFD, guestPhysAddr: GPA, memorySize: 2 * PAGE, userspaceAddr: 0 };

const failing = (errno: Errno, act: () => unknown): void =>
  assert.throws(act, (error: Error) => error instanceof KvmError && error.errno === errno);

describe('KVM_CREATE_GUEST_MEMFD', () => {
  test('EINVAL: size 0, size not page-aligned, unknown flag', () => {
    failing('EINVAL', () => setUp({ size: 0 }));
    failing('EINVAL', () => setUp({ size: PAGE + 1 }));
    failing('EINVAL', () => setUp({ flags: 4 }));
  });
  test('a new file has no pages', () => assert.equal(setUp().file.allocated, 0));
});

describe('fallocate of a guest_memfd', () => {
  test('allocates pages, and punches holes that give them back', () => {
    const { file, free } = setUp();
    file.fallocate(KEEP_SIZE, 0, 3 * PAGE);
    assert.deepEqual([file.allocated, free.length], [3 * PAGE, 13]);
    file.fallocate(KEEP_SIZE | PUNCH_HOLE, PAGE, PAGE);
    assert.deepEqual([file.allocated, free.length, file.peek(PAGE)], [2 * PAGE, 14, -1]);
    assert.notEqual(file.peek(0), -1);
  });
  test('EOPNOTSUPP: without KEEP_SIZE, or another mode', () => {
    const { file } = setUp();
    for (const mode of [0, PUNCH_HOLE, KEEP_SIZE | 8]) failing('EOPNOTSUPP', () => file.fallocate(mode, 0, PAGE));
  });
  test('EINVAL: not page-aligned, empty, or beyond the end; a hole may reach beyond', () => {
    const { file } = setUp();
    for (const [offset, length] of [
      [1, PAGE],
      [0, 1],
      [0, 0],
      [-PAGE, PAGE],
      [3 * PAGE, 2 * PAGE],
    ] as const)
      failing('EINVAL', () => file.fallocate(KEEP_SIZE, offset, length));
    file.fallocate(KEEP_SIZE | PUNCH_HOLE, 3 * PAGE, 2 * PAGE);
  });
  test('ENOMEM: the host has no page', () => failing('ENOMEM', () => setUp({ hostPages: 1 }).file.fallocate(KEEP_SIZE, 0, 2 * PAGE)));
  test('EBADF once closed; its pages are the host’s again', () => {
    const { file, free } = setUp();
    file.fallocate(KEEP_SIZE, 0, 4 * PAGE);
    file.close();
    assert.equal(free.length, 16);
    failing('EBADF', () => file.fallocate(KEEP_SIZE, 0, PAGE));
  });
});

describe('user space’s mapping of a guest_memfd', () => {
  test('shows the page the guest sees', () => {
    const { file } = setUp();
    assert.equal(file.userAddress(PAGE + 8), file.pageFor(PAGE) + 8);
  });
  test('SIGBUS beyond the end, and where pages are not shared', () => {
    assert.equal(setUp().file.userAddress(4 * PAGE), -1);
    assert.equal(setUp({ flags: guestMemfdFlag.MMAP }).file.userAddress(0), -1);
  });
  test('ENODEV without MMAP', () => failing('ENODEV', () => setUp({ flags: 0 }).file.userAddress(0)));
});

describe('KVM_SET_USER_MEMORY_REGION2 with KVM_MEM_GUEST_MEMFD', () => {
  test('the slot shows a part of the file', () => {
    const { slots, file } = setUp();
    slots.set2({ ...region, guestMemfd: file, guestMemfdOffset: 2 * PAGE });
    assert.equal(slots.hostAddress(GPA + PAGE), -1);
    assert.equal(file.userAddress(3 * PAGE + 4), slots.hostAddress(GPA + PAGE + 4));
  });
  test('EINVAL by the first KVM_SET_USER_MEMORY_REGION', () => failing('EINVAL', () => setUp().slots.set(region)));
  test('EINVAL with LOG_DIRTY_PAGES or READONLY', () => {
    const { slots, file } = setUp();
    for (const flag of [memslotFlag.LOG_DIRTY_PAGES, memslotFlag.READONLY])
      failing('EINVAL', () => slots.set2({ ...region, flags: region.flags | flag, guestMemfd: file }));
  });
  test('EINVAL: an offset that is not page-aligned, or a slot beyond the end of the file', () => {
    const { slots, file } = setUp();
    for (const guestMemfdOffset of [8, 3 * PAGE]) failing('EINVAL', () => slots.set2({ ...region, guestMemfd: file, guestMemfdOffset }));
  });
  test('EEXIST: the part is another slot’s already; free again once that slot is deleted', () => {
    const { slots, file } = setUp();
    slots.set2({ ...region, guestMemfd: file });
    const second = { ...region, slot: 2, guestPhysAddr: 0x90000000, guestMemfd: file, guestMemfdOffset: PAGE };
    failing('EEXIST', () => slots.set2(second));
    slots.set2({ ...region, memorySize: 0 });
    slots.set2(second);
  });
  test('EINVAL: the file of another VM, or one that cannot be mapped', () => {
    failing('EINVAL', () => setUp().slots.set2({ ...region, guestMemfd: setUp().file }));
    const { slots, file } = setUp({ flags: 0 });
    failing('EINVAL', () => slots.set2({ ...region, guestMemfd: file }));
  });
  test('EINVAL: such a slot can only be deleted', () => {
    const { slots, file } = setUp();
    slots.set2({ ...region, guestMemfd: file });
    failing('EINVAL', () => slots.set2({ ...region, guestPhysAddr: 0x90000000, guestMemfd: file }));
    failing('EINVAL', () => slots.set2({ ...region, flags: 0 }));
  });
  test('EBADF: no file, or a closed one', () => {
    const { slots, file } = setUp();
    failing('EBADF', () => slots.set2(region));
    file.close();
    failing('EBADF', () => slots.set2({ ...region, guestMemfd: file }));
  });
  test('a hole, a memory error and closing unmap what slots show of it', () => {
    const { slots, file, unmapped } = setUp();
    slots.set2({ ...region, guestMemfd: file, guestMemfdOffset: PAGE });
    file.fallocate(KEEP_SIZE, 0, 4 * PAGE);
    file.fallocate(KEEP_SIZE | PUNCH_HOLE, 0, 2 * PAGE);
    file.poison(2 * PAGE);
    file.close();
    assert.deepEqual(unmapped, [
      [GPA, PAGE],
      [GPA + PAGE, PAGE],
      [GPA, 2 * PAGE],
    ]);
  });
});
