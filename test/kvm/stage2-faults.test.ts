import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { KvmError } from '../../emulator/kvm/errno.ts';
import { memslotFlag } from '../../emulator/kvm/memslots.ts';
import { Stage2 } from '../../emulator/kvm/stage2.ts';
import { leafBits, type Stage2MemoryType } from '../../emulator/kvm/stage2-attributes.ts';
import { assertStage2MatchesMemslots } from './invariants.ts';
import { BLOCK, GPA, PAGE, World, type WorldOptions } from './stage2-world.ts';

const { LOG_DIRTY_PAGES, READONLY } = memslotFlag;
const GIB = 2 ** 30;

/** A world whose slot takes one access; what is mapped then. */
async function afterAccess(
  kind: 'read' | 'write' | 'fetch',
  options: WorldOptions,
  slot: Parameters<World['slot']>[0] = {},
): Promise<string> {
  const world = await World.create(options);
  world.slot(slot);
  world.access(kind, GPA);
  assertStage2MatchesMemslots(world.vm);
  return world.mapped();
}

describe('stage2 §5: memory types that KVM chooses', () => {
  const rows: readonly [Stage2MemoryType, number, number, boolean][] = [
    ['normal', 0xf, 6, true],
    ['normalNc', 0x5, 5, false],
    ['device', 0x1, 1, false],
    ['asStage1', 0xf, 7, true],
  ];
  for (const [type, plain, fwb, executable] of rows) {
    test(`stage2 §5: ${type}: MemAttr 0x${plain.toString(16)} without FWB, ${fwb} with, ${executable ? 'executable' : 'executable is -EINVAL'}`, () => {
      const memAttr = (low: number): number => (low >>> 2) & 15;
      const protection = { write: true, execute: false, type };
      assert.deepEqual([memAttr(leafBits(protection, false)), memAttr(leafBits(protection, true))], [plain, fwb]);
      const execute = (): number => leafBits({ ...protection, execute: true }, true);
      if (executable) assert.equal(execute() & 1, 1);
      else assert.throws(execute, (error: Error) => error instanceof KvmError && error.errno === 'EINVAL');
    });
  }
  test('stage2 §5: SH is inner, AF is set, R is S2AP[0], W is S2AP[1]', () => {
    const bits = leafBits({ write: false, execute: false, type: 'normal' }, false);
    assert.equal(bits & 0x7c0, 0x400 | 0x300 | 0x40);
    assert.equal(leafBits({ write: true, execute: false, type: 'normal' }, false) & 0xc0, 0xc0);
  });
});

describe('stage2 §5: from fault to protection', () => {
  for (const fwb of [false, true]) {
    test(`stage2 §5: FWB ${Number(fwb)}: R and W for a read, X with CTR_EL0.DIC only`, async () => {
      assert.equal(await afterAccess('read', { fwb, dic: false }), '2M normal rw-');
      assert.equal(await afterAccess('read', { fwb, dic: true }), '2M normal rwx');
    });
  }
  test('stage2 §5: DIC = 0: X for an instruction fetch', async () => {
    assert.equal(await afterAccess('fetch', { dic: false }), '2M normal rwx');
  });
  test('stage2 §5: a fetch adds X to what is mapped, and the instruction cache is invalidated', async () => {
    const world = await World.create({ dic: false });
    world.slot();
    world.access('read', GPA);
    assert.equal(world.vm.maintenance.invalidated, PAGE, 'the page of the code');
    world.access('fetch', GPA);
    assert.equal(world.mapped(), '2M normal rwx');
    assert.equal(world.vm.maintenance.invalidated, PAGE + BLOCK);
  });
  test('stage2 §5: not logging: W although the fault is a read; logging: W for a write only', async () => {
    assert.equal(await afterAccess('read', { dic: false }, { flags: LOG_DIRTY_PAGES }), '4K normal r--');
    assert.equal(await afterAccess('write', { dic: false }, { flags: LOG_DIRTY_PAGES }), '4K normal rw-');
  });
  test('stage2 §5: READONLY slot, VMA without VM_WRITE: no W', async () => {
    assert.equal(await afterAccess('read', { dic: false }, { flags: READONLY }), '2M normal r--');
    const world = await World.create({ dic: false });
    world.mmap({ writable: false });
    world.slot();
    world.access('read', GPA);
    assert.equal(world.mapped(), '2M normal r--');
    const outcome = world.access('write', GPA);
    assert.equal(outcome.kind === 'error' && outcome.errno, 'EFAULT');
  });
  test('stage2 §5: no FWB: each newly mapped cacheable page is cleaned and invalidated to PoC; FWB: none', async () => {
    for (const [fwb, bytes] of [
      [false, PAGE + BLOCK],
      [true, 0],
    ] as const) {
      const world = await World.create({ fwb, dic: false });
      world.slot();
      world.access('read', GPA);
      world.access('write', GPA + PAGE);
      assert.equal(world.vm.maintenance.cleaned, bytes);
    }
  });
});

describe('stage2 §5: mapping sizes', () => {
  const sizeOf = async (slot: Parameters<World['slot']>[0], at = GPA, pageSize = BLOCK): Promise<string> => {
    const world = await World.create({ dic: false });
    world.mmap({ pageSize });
    world.slot(slot);
    world.access('read', at);
    assertStage2MatchesMemslots(world.vm);
    return world.mapped(at).split(' ')[0]!;
  };
  test('stage2 §5: 2 MiB where slot and memory permit', async () => assert.equal(await sizeOf({}), '2M'));
  test('stage2 §5: pages where guest and user addresses differ below 2 MiB', async () => {
    assert.equal(await sizeOf({ offset: PAGE, size: BLOCK * 2 }), '4K');
    assert.equal(await sizeOf({ gpa: GPA + PAGE, size: BLOCK * 2 }, GPA + BLOCK), '4K');
  });
  test('stage2 §5: pages at the head and the tail of a slot that are no whole block', async () => {
    const slot = { gpa: GPA + PAGE, offset: PAGE, size: 2 * BLOCK };
    assert.deepEqual(
      [await sizeOf(slot, GPA + PAGE), await sizeOf(slot, GPA + BLOCK), await sizeOf(slot, GPA + 2 * BLOCK)],
      ['4K', '2M', '4K'],
    );
  });
  test('stage2 §5: pages where the host maps pages', async () => assert.equal(await sizeOf({}, GPA, PAGE), '4K'));
  test('stage2 §5: pages where the VMA ends inside the block', async () => {
    const world = await World.create();
    world.mmap({}, BLOCK / 2, PAGE);
    world.slot();
    world.access('read', GPA);
    assert.equal(world.mapped().slice(0, 2), '4K');
  });
  test('stage2 §5: 1 GiB where hugetlbfs gives such pages', () => {
    const memory = new WebAssembly.Memory({ initial: 8 });
    let next = 0x10000;
    const allocate = (bytes: number, alignment: number): number => {
      const at = Math.ceil(next / alignment) * alignment;
      next = at + bytes;
      return at;
    };
    const stage2 = new Stage2({ memory, allocate, physicalBase: 2 ** 36 }, { fwb: false });
    stage2.map(0, 2 ** 36 + GIB, GIB, { write: true, execute: false, type: 'normal' });
    assert.deepEqual([stage2.lookup(GIB - PAGE)?.level, stage2.lookup(GIB - PAGE)?.bytes, stage2.lookup(GIB)], [1, GIB, undefined]);
    stage2.split(5 * BLOCK, PAGE);
    assert.equal(stage2.lookup(5 * BLOCK)?.bytes, PAGE);
    assert.equal(stage2.lookup(6 * BLOCK)?.bytes, BLOCK);
    assert.equal(
      stage2.leaves().every(({ ipa, pa }) => pa === 2 ** 36 + GIB + ipa),
      true,
    );
    assert.equal(stage2.map(0, 2 ** 36 + GIB, GIB, { write: true, execute: false, type: 'normal' }), true);
    assert.equal(stage2.pages, 2);
  });
});

describe('stage2 §5: Access flag', () => {
  test('stage2 §5: AF cleared by aging is set again at the next access, by hardware or by KVM', async () => {
    for (const cpu of ['cortex-a57', 'max']) {
      const world = await World.create({ cpu });
      world.slot();
      world.access('read', GPA);
      assert.equal(world.vm.stage2.testClearYoung(GPA, PAGE), true);
      assert.equal(world.vm.stage2.testClearYoung(GPA, PAGE), false);
      world.vm.flushStage2();
      const before = world.vm.exitCounts.DABT_LOW ?? 0;
      assert.equal(world.access('read', GPA).kind, 'interrupted');
      assert.equal(world.vm.stage2.testClearYoung(GPA, PAGE), true);
      assert.equal((world.vm.exitCounts.DABT_LOW ?? 0) - before, cpu === 'max' ? 0 : 1);
    }
  });
});

describe('stage2 §8: break-before-make', () => {
  /** What happens to a table and to TLBs, in order. */
  function recorded() {
    const events: string[] = [];
    const memory = new WebAssembly.Memory({ initial: 16 });
    let next = 0x10000;
    const allocate = (bytes: number, alignment: number): number => {
      const at = Math.ceil(next / alignment) * alignment;
      next = at + bytes;
      return at;
    };
    const stage2 = new Stage2(
      { memory, allocate, physicalBase: 0 },
      {
        fwb: false,
        invalidate: (ipa, bytes) => events.push(`TLBI ${ipa / PAGE}+${bytes / PAGE}: ${stage2.lookup(ipa) ? 'valid' : 'invalid'}`),
      },
    );
    return { stage2, events };
  }
  const normal = { write: true, execute: false, type: 'normal' } as const;

  test('stage2 §8: a first mapping needs no TLBI', () => {
    const { stage2, events } = recorded();
    stage2.map(0, 0, PAGE, normal);
    assert.deepEqual(events, []);
  });
  test('stage2 §8: another output address or memory type: invalid, TLBI, then the new leaf', () => {
    const { stage2, events } = recorded();
    stage2.map(0, 0, PAGE, normal);
    stage2.map(0, PAGE, PAGE, normal);
    stage2.map(0, PAGE, PAGE, { ...normal, type: 'device' });
    assert.deepEqual(events, ['TLBI 0+1: invalid', 'TLBI 0+1: invalid']);
  });
  test('stage2 §8: a block is broken before a page takes its place, and the rest of it is mapped no more', () => {
    const { stage2, events } = recorded();
    stage2.map(0, 0, BLOCK, normal);
    stage2.map(PAGE, PAGE, PAGE, normal);
    assert.deepEqual(events, ['TLBI 0+512: invalid']);
    assert.deepEqual([stage2.lookup(0), stage2.lookup(PAGE)?.bytes], [undefined, PAGE]);
  });
  test('stage2 §8: pages collapse into a block: the table is broken, and used again', () => {
    const { stage2, events } = recorded();
    stage2.map(PAGE, PAGE, PAGE, normal);
    const { pages } = stage2;
    stage2.map(0, 0, BLOCK, normal);
    assert.deepEqual(events, ['TLBI 0+512: invalid']);
    assert.equal(stage2.pages, pages - 1);
  });
  test('stage2 §8: eager splitting: the block is broken, every page has its attributes', () => {
    const { stage2, events } = recorded();
    stage2.map(0, 0, BLOCK, { write: false, execute: true, type: 'normal' });
    stage2.split(0, BLOCK);
    assert.deepEqual(events, ['TLBI 0+512: invalid']);
    const leaves = stage2.leaves();
    assert.equal(leaves.length, 512);
    assert.ok(leaves.every((leaf) => leaf.pa === leaf.ipa && !Stage2.writable(leaf) && Stage2.executable(leaf) && (leaf.low & 3) === 3));
  });
  test('stage2 §8: more rights need no break, only TLBI after', () => {
    const { stage2, events } = recorded();
    stage2.map(0, 0, PAGE, { ...normal, write: false });
    stage2.relax(0, { write: true, execute: true });
    assert.deepEqual(events, ['TLBI 0+1: valid']);
    assert.deepEqual([Stage2.writable(stage2.lookup(0)!), Stage2.executable(stage2.lookup(0)!)], [true, true]);
  });
});

describe('stage2 §5: unsupported exclusive or atomic access', () => {
  test('stage2 §5: FSC 0x35 on a slot goes back to the guest: data abort with FSC 0x35', async () => {
    const world = await World.create({ cpu: 'max' });
    world.slot();
    world.access('read', GPA);
    assert.equal(world.abort(0x92000035, GPA, 0x1238n), 'resume');
    assert.deepEqual([world.esr, world.system('FAR_EL1')], [0x96000035, 0x1238n]);
  });
});
