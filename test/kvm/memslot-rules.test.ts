import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Errno, KvmError } from '../../emulator/kvm/errno.ts';
import { decodeExit } from '../../emulator/kvm/exits/index.ts';
import { Memslots, memslotFlag } from '../../emulator/kvm/memslots.ts';
import { assertStage2MatchesMemslots } from './invariants.ts';
import { BLOCK, GPA, PAGE, World } from './stage2-world.ts';

const region = { slot: 0, flags: 0, guestPhysAddr: GPA, memorySize: BLOCK, userspaceAddr: BLOCK };
const failing = (errno: Errno, act: () => unknown): void =>
  assert.throws(act, (error: Error) => error instanceof KvmError && error.errno === errno);

describe('stage2 §7: memslots', () => {
  test('stage2 §7: flags are LOG_DIRTY_PAGES 1, READONLY 2, GUEST_MEMFD 4', () => {
    assert.deepEqual(memslotFlag, { LOG_DIRTY_PAGES: 1, READONLY: 2, GUEST_MEMFD: 4 });
  });
  test('stage2 §7: GUEST_MEMFD excludes LOG_DIRTY_PAGES and READONLY (-EINVAL), and needs KVM_SET_USER_MEMORY_REGION2', () => {
    const slots = new Memslots(40, () => {});
    for (const flags of [5, 6, 7]) failing('EINVAL', () => slots.set2({ ...region, flags }));
    failing('EINVAL', () => slots.set({ ...region, flags: 4 }));
  });
  test('stage2 §7: GUEST_MEMFD slots are gmem-only: a file that user space cannot map is -EINVAL', async () => {
    const { vm } = await World.create();
    const file = vm.createGuestMemfd(BLOCK, 0);
    const slot = { ...region, flags: memslotFlag.GUEST_MEMFD, guestMemfd: file, guestMemfdOffset: 0 };
    failing('EINVAL', () => vm.memslots.set2(slot));
    // The binding is undone: the same part can be had by the next try.
    failing('EINVAL', () => vm.memslots.set2(slot));
    failing('EFAULT', () => vm.memslots.set2({ ...slot, guestPhysAddr: 2 ** 40 }));
  });
  test('stage2 §7: the same region again changes nothing, and keeps what is mapped', async () => {
    const world = await World.create();
    world.slot();
    world.access('read', GPA);
    const before = world.vm.stage2.leaves();
    world.slot();
    assert.deepEqual(world.vm.stage2.leaves(), before);
  });
  test('stage2 §7: a change of flags keeps what is mapped, a move does not', async () => {
    const world = await World.create();
    world.slot();
    world.access('write', GPA);
    world.slot({ flags: memslotFlag.LOG_DIRTY_PAGES });
    assert.match(world.mapped(), /^2M normal r-/);
    world.slot({ flags: 0, gpa: GPA + 4 * BLOCK });
    assert.equal(world.mapped(), '-');
    world.access('write', GPA + 4 * BLOCK);
    assert.match(world.mapped(GPA + 4 * BLOCK), /^2M normal rw/);
    assertStage2MatchesMemslots(world.vm);
  });
  test('stage2 §7: an overlap is -EEXIST even beyond the IPA range; a move over itself is none', () => {
    const slots = new Memslots(40, () => {});
    slots.set(region);
    failing('EEXIST', () => slots.set({ ...region, slot: 1, memorySize: 2 ** 40 }));
    slots.set({ ...region, guestPhysAddr: GPA + PAGE });
    assert.equal(slots.byId(0)?.guestPhysAddr, GPA + PAGE);
  });
  test('stage2 §7: -EINVAL: a slot number, size or address that no region has', () => {
    const slots = new Memslots(40, () => {});
    const wrong: readonly Partial<typeof region>[] = [
      ...[{ slot: 32767 }, { slot: 65536 }, { slot: -1 }],
      ...[{ memorySize: 2 ** 31 * PAGE }, { userspaceAddr: 2 ** 52 - PAGE }, { guestPhysAddr: 2 ** 64 - BLOCK }],
      ...[{ memorySize: PAGE + 1 }, { guestPhysAddr: 1 }, { userspaceAddr: 8 }, { memorySize: 0 }],
    ];
    for (const part of wrong) failing('EINVAL', () => slots.set({ ...region, ...part }));
    assert.deepEqual(slots.all(), []);
  });
  test('stage2 §7: a write to a READONLY slot is KVM_EXIT_MMIO, a read is memory', async () => {
    const world = await World.create();
    world.slot({ flags: memslotFlag.READONLY });
    assert.equal(world.access('read', GPA).kind, 'interrupted');
    assert.equal(world.access('write', GPA + 8, { size: 4 }).kind, 'exit');
    const exit = decodeExit(world.vm.vcpus[0]!.run);
    assert.equal(exit.name, 'KVM_EXIT_MMIO');
    assert.equal(exit.fields.find((f) => f.name === 'phys_addr')?.value, BigInt(GPA + 8));
  });
  test('stage2 §7: memory that user space has unmapped: -EFAULT at the fault', async () => {
    const world = await World.create();
    world.slot();
    world.access('read', GPA);
    world.vm.mappings.unmap(world.user, world.user + PAGE);
    assert.equal(world.mapped(), '-');
    const outcome = world.access('read', GPA);
    assert.equal(outcome.kind === 'error' && outcome.errno, 'EFAULT');
    assert.equal(world.access('read', GPA + PAGE).kind, 'interrupted');
    assertStage2MatchesMemslots(world.vm);
  });
  test('stage2 §7: HWPOISON page at a fault: SIGBUS (BUS_MCEERR_AR) for the vCPU thread; another mapping has other pages', async () => {
    const world = await World.create();
    world.mmap({ pageSize: PAGE });
    world.slot();
    world.access('read', GPA);
    world.vm.mappings.memoryFailure(world.user + 0x123);
    assert.equal(world.mapped(), '-');
    const outcome = world.access('read', GPA);
    assert.equal(outcome.kind === 'error' && outcome.errno, 'EINTR');
    assert.match(outcome.kind === 'error' ? outcome.message : '', /SIGBUS \(BUS_MCEERR_AR\)/);
    assert.equal(decodeExit(world.vm.vcpus[0]!.run).name, 'KVM_EXIT_INTR');
    world.mmap({ pageSize: PAGE });
    assert.equal(world.access('read', GPA).kind, 'interrupted');
  });
});
