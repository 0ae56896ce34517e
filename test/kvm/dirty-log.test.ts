import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkManualDirtyLog, manualDirtyLog } from '../../emulator/kvm/dirty-log.ts';
import { type Errno, KvmError } from '../../emulator/kvm/errno.ts';
import { memslotFlag } from '../../emulator/kvm/memslots.ts';
import { assertStage2MatchesMemslots } from './invariants.ts';
import { BLOCK, GPA, PAGE, World, type WorldOptions } from './stage2-world.ts';

const { LOG_DIRTY_PAGES } = memslotFlag;
const { PROTECT_ENABLE, INITIALLY_SET } = manualDirtyLog;

const failing = (errno: Errno, act: () => unknown): void =>
  assert.throws(act, (error: Error) => error instanceof KvmError && error.errno === errno);

/** Pages whose bits are set. */
const pages = (log: Uint8Array): number[] =>
  Array.from({ length: log.length * 8 }, (_, page) => page).filter((page) => (log[page >> 3]! >> (page & 7)) & 1);

const bits = (...set: number[]): Uint8Array => {
  const bitmap = new Uint8Array(64);
  for (const page of set) bitmap[page >> 3]! |= 1 << (page & 7);
  return bitmap;
};

async function logging(options: WorldOptions & { manual?: number; size?: number } = {}): Promise<World> {
  const world = await World.create(options);
  world.vm.memslots.manualDirtyLogProtect = options.manual ?? 0;
  world.slot({ flags: LOG_DIRTY_PAGES, size: options.size ?? 2 * BLOCK });
  return world;
}

describe('stage2 §5: dirty logging', () => {
  test('stage2 §5: one bit a page that was written since, in whole 64-bit words', async () => {
    const world = await logging({ size: 65 * PAGE });
    world.access('read', GPA);
    world.access('write', GPA + PAGE);
    world.access('write', GPA + 64 * PAGE, { size: 1 });
    const log = world.vm.memslots.getDirtyLog(0);
    assert.equal(log.length, 16);
    assert.deepEqual(pages(log), [1, 64]);
  });
  test('stage2 §5: reading the log clears it and takes W: the next write is logged again', async () => {
    const world = await logging();
    world.access('write', GPA);
    world.access('write', GPA + PAGE);
    assert.deepEqual(pages(world.vm.memslots.getDirtyLog(0)), [0, 1]);
    assert.equal(world.mapped(), '4K normal r--');
    assert.deepEqual(pages(world.vm.memslots.getDirtyLog(0)), []);
    world.access('write', GPA + PAGE);
    assert.deepEqual(pages(world.vm.memslots.getDirtyLog(0)), [1]);
    assertStage2MatchesMemslots(world.vm);
  });
  test('stage2 §5: a page that stays writable between two reads is not lost: no write goes past the log', async () => {
    const world = await logging();
    for (let n = 0; n < 5; n++) {
      world.access('write', GPA + 3 * PAGE);
      world.access('write', GPA + 3 * PAGE + 8);
      assert.deepEqual(pages(world.vm.memslots.getDirtyLog(0)), [3]);
    }
  });
  test('stage2 §5: logging begins: blocks lose W; the first write breaks the block and maps its page alone', async () => {
    const world = await World.create({ dic: false });
    world.slot();
    world.access('write', GPA);
    world.slot({ flags: LOG_DIRTY_PAGES });
    assert.equal(world.mapped(), '2M normal r--');
    world.access('write', GPA + PAGE);
    assert.deepEqual([world.mapped(), world.mapped(GPA + PAGE)], ['-', '4K normal rw-']);
    assert.deepEqual(pages(world.vm.memslots.getDirtyLog(0)), [1]);
  });
  test('stage2 §5: with eager splitting the block is pages before the first write', async () => {
    const world = await World.create({ dic: false });
    world.vm.memory.eagerSplitChunkSize = BLOCK;
    world.slot();
    world.access('write', GPA);
    world.slot({ flags: LOG_DIRTY_PAGES });
    assert.equal(world.mapped(GPA + PAGE), '4K normal r--');
    world.access('write', GPA + PAGE);
    assert.deepEqual([world.mapped(), world.mapped(GPA + PAGE)], ['4K normal r--', '4K normal rw-']);
  });
  test('stage2 §5: logging ends: pages collapse into a block at the next fault', async () => {
    const world = await logging({ dic: false });
    world.access('read', GPA);
    world.access('write', GPA + PAGE);
    world.slot({ flags: 0, size: 2 * BLOCK });
    assert.equal(world.vm.memslots.byId(0)?.dirty, undefined);
    world.access('write', GPA);
    assert.equal(world.mapped(), '2M normal rw-');
    assertStage2MatchesMemslots(world.vm);
  });
  test('stage2 §5: a fetch keeps the page without W', async () => {
    const world = await logging({ dic: false });
    world.access('read', GPA);
    world.access('fetch', GPA);
    assert.equal(world.mapped(), '4K normal r-x');
    world.access('write', GPA);
    assert.equal(world.mapped(), '4K normal rwx');
  });
  test('stage2 §5: the log of a slot that moves goes with it', async () => {
    const world = await logging();
    world.access('write', GPA + PAGE);
    world.slot({ flags: LOG_DIRTY_PAGES, gpa: GPA + 4 * BLOCK, size: 2 * BLOCK });
    assert.deepEqual(pages(world.vm.memslots.getDirtyLog(0)), [1]);
  });
  test('stage2 §5: -ENOENT without a slot or a log, -EINVAL for a slot number that none has', async () => {
    const world = await World.create();
    world.slot();
    const { memslots } = world.vm;
    failing('ENOENT', () => memslots.getDirtyLog(0));
    failing('ENOENT', () => memslots.getDirtyLog(1));
    failing('EINVAL', () => memslots.getDirtyLog(32767));
    failing('ENOENT', () => memslots.clearDirtyLog(0, { firstPage: 0, numPages: 64, bitmap: bits() }));
  });
});

describe('stage2 §5: KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2', () => {
  test('stage2 §5: reading neither clears nor protects; KVM_CLEAR_DIRTY_LOG does both', async () => {
    const world = await logging({ manual: PROTECT_ENABLE, dic: false });
    for (const page of [0, 1, 70]) world.access('write', GPA + page * PAGE);
    const { memslots } = world.vm;
    assert.deepEqual(
      [pages(memslots.getDirtyLog(0)), pages(memslots.getDirtyLog(0))],
      [
        [0, 1, 70],
        [0, 1, 70],
      ],
    );
    assert.equal(world.mapped(), '4K normal rw-');
    memslots.clearDirtyLog(0, { firstPage: 0, numPages: 64, bitmap: bits(1) });
    assert.deepEqual(pages(memslots.getDirtyLog(0)), [0, 70]);
    assert.deepEqual([world.mapped(), world.mapped(GPA + PAGE)], ['4K normal rw-', '4K normal r--']);
    memslots.clearDirtyLog(0, { firstPage: 64, numPages: 64, bitmap: bits(6) });
    assert.deepEqual(pages(memslots.getDirtyLog(0)), [0]);
    assertStage2MatchesMemslots(world.vm);
  });
  test('stage2 §5: bits that were not set are not cleared, and their pages keep W', async () => {
    const world = await logging({ manual: PROTECT_ENABLE, dic: false });
    world.access('write', GPA);
    world.vm.memslots.clearDirtyLog(0, { firstPage: 0, numPages: 64, bitmap: bits(5) });
    assert.equal(world.mapped(), '4K normal rw-');
    assert.deepEqual(pages(world.vm.memslots.getDirtyLog(0)), [0]);
  });
  test('stage2 §5: pages between two that are cleared in one word lose W, and are logged when written again', async () => {
    const world = await logging({ manual: PROTECT_ENABLE, dic: false });
    for (const page of [0, 1, 2]) world.access('write', GPA + page * PAGE);
    world.vm.memslots.clearDirtyLog(0, { firstPage: 0, numPages: 64, bitmap: bits(0, 2) });
    assert.equal(world.mapped(GPA + PAGE), '4K normal r--');
    assert.deepEqual(pages(world.vm.memslots.getDirtyLog(0)), [1]);
  });
  test('stage2 §5: INITIALLY_SET: every page of the slot is dirty, blocks stay writable until they are cleared', async () => {
    const world = await World.create({ dic: false });
    world.vm.memslots.manualDirtyLogProtect = PROTECT_ENABLE | INITIALLY_SET;
    world.slot({ size: 2 * BLOCK });
    world.access('write', GPA);
    world.slot({ size: 2 * BLOCK, flags: LOG_DIRTY_PAGES });
    assert.equal(pages(world.vm.memslots.getDirtyLog(0)).length, 1024);
    assert.equal(world.mapped(), '2M normal rw-');
    world.vm.memslots.clearDirtyLog(0, { firstPage: 0, numPages: 64, bitmap: bits(3) });
    assert.equal(world.mapped(), '2M normal r--');
    world.access('write', GPA + 3 * PAGE);
    assert.equal(world.mapped(GPA + 3 * PAGE), '4K normal rw-');
  });
  test('stage2 §5: INITIALLY_SET sets no bit beyond the slot', async () => {
    const world = await logging({ manual: PROTECT_ENABLE | INITIALLY_SET, size: 67 * PAGE });
    assert.equal(pages(world.vm.memslots.getDirtyLog(0)).length, 67);
  });
  test('stage2 §5: -EINVAL: a first page that is no multiple of 64, a part beyond the slot, an end inside a word', async () => {
    const world = await logging({ size: 100 * PAGE });
    const clear = (firstPage: number, numPages: number): void =>
      world.vm.memslots.clearDirtyLog(0, { firstPage, numPages, bitmap: new Uint8Array(64) });
    for (const [first, count] of [
      [32, 64],
      [0, 128],
      [64, 64],
      [128, 1],
      [0, 63],
    ] as const)
      failing('EINVAL', () => clear(first, count));
    clear(0, 64);
    clear(0, 100);
    clear(64, 36);
    clear(64, 0);
  });
  test('stage2 §5: options: PROTECT_ENABLE, and INITIALLY_SET with it; others are -EINVAL', () => {
    for (const options of [0, 1, 3]) assert.equal(checkManualDirtyLog(options), options);
    for (const options of [2, 4, 5]) failing('EINVAL', () => checkManualDirtyLog(options));
  });
});
