import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkExtension } from '../../emulator/kvm/capabilities.ts';
import { KvmError } from '../../emulator/kvm/errno.ts';
import { Memslots, memslotFlag } from '../../emulator/kvm/memslots.ts';
import { anonymous, isCacheableVma, pageProtections, UserMappings, type Vma } from '../../emulator/kvm/vma.ts';
import { assertStage2MatchesMemslots } from './invariants.ts';
import { BLOCK, GPA, PAGE, World, type WorldOptions } from './stage2-world.ts';

const cacheable: Partial<Vma> = { name: 'device memory', flags: 'VM_PFNMAP', mapMemory: false, pageProt: 'MT_NORMAL' };
const uncached: Partial<Vma> = { ...cacheable, pageProt: 'MT_DEVICE_nGnRE' };
const writeCombining: Partial<Vma> = { ...cacheable, pageProt: 'MT_NORMAL_NC', allowAnyUncached: true };

const failsWith =
  (errno: string) =>
  (error: Error): boolean =>
    error instanceof KvmError && error.errno === errno;

async function world(vma: Partial<Vma>, options: WorldOptions = {}): Promise<World> {
  const made = await World.create({ cpu: 'max', fwb: true, dic: true, ...options });
  made.mmap(vma);
  return made;
}

const supports = (fwb: boolean, dic: boolean, policy?: 'fallback-to-device'): Promise<number> =>
  World.create({ cpu: 'max', fwb, dic, ...(policy ? { policy } : {}) }).then(({ vm }) => checkExtension(vm, 243));

describe('stage2 §6: KVM_CAP_ARM_CACHEABLE_PFNMAP_SUPPORTED (243)', () => {
  test('stage2 §6: FWB and DIC, not one of them', async () => {
    assert.deepEqual(
      [await supports(true, true), await supports(true, false), await supports(false, true), await supports(false, false)],
      [1, 0, 0, 0],
    );
  });
  test('stage2 §6: a kernel that falls back to device does not know it', async () => {
    assert.equal(await supports(true, true, 'fallback-to-device'), 0);
  });
  test('stage2 §6: cacheable is every AttrIndx but NORMAL_NC, nGnRnE and nGnRE', () => {
    const vma = anonymous(0, PAGE);
    assert.deepEqual(
      pageProtections.filter((pageProt) => isCacheableVma({ ...vma, pageProt })),
      ['MT_NORMAL', 'MT_NORMAL_TAGGED'],
    );
  });
});

describe('stage2 §6: CREATE, MOVE, FLAGS_ONLY', () => {
  const lacking: readonly WorldOptions[] = [{ fwb: false }, { dic: false }];

  for (const options of lacking) {
    const without = options.fwb === false ? 'FWB' : 'DIC';
    test(`stage2 §6: CREATE of cacheable VM_PFNMAP without ${without} is -EINVAL`, async () => {
      const { vm, ...rest } = await world(cacheable, options);
      const slot = { slot: 0, flags: 0, guestPhysAddr: GPA, memorySize: BLOCK, userspaceAddr: rest.user };
      assert.throws(() => vm.memslots.set(slot), failsWith('EINVAL'));
      assert.equal(vm.memslots.byId(0), undefined);
    });
    test(`stage2 §6: MOVE and FLAGS_ONLY look again: cacheable VM_PFNMAP without ${without} came after CREATE: -EINVAL`, async () => {
      const made = await world({}, options);
      made.slot();
      made.access('write', GPA);
      made.mmap(cacheable, BLOCK);
      assert.throws(() => made.slot({ flags: memslotFlag.LOG_DIRTY_PAGES }), failsWith('EINVAL'));
      assert.equal(made.mapped().slice(0, 2), '2M', 'a change of flags that is refused leaves the mappings');
      assert.throws(() => made.slot({ gpa: GPA + 4 * BLOCK }), failsWith('EINVAL'));
      assert.equal(made.vm.memslots.byId(0)?.guestPhysAddr, GPA, 'the slot stays');
      assert.equal(made.vm.memslots.byId(0)?.flags, 0);
      assert.equal(made.mapped(), '-', 'a move unmaps the old place before it is refused');
      assertStage2MatchesMemslots(made.vm);
    });
  }
  test('stage2 §6: DELETE is never refused', async () => {
    const made = await world({}, { fwb: false });
    made.slot();
    made.mmap(cacheable);
    made.slot({ size: 0 });
    assert.equal(made.vm.memslots.byId(0), undefined);
  });
  test('stage2 §6: VM_PFNMAP and LOG_DIRTY_PAGES is -EINVAL, on CREATE and on FLAGS_ONLY, under either policy', async () => {
    for (const policy of ['error', 'fallback-to-device'] as const) {
      const made = await world(uncached, { policy });
      assert.throws(() => made.slot({ flags: memslotFlag.LOG_DIRTY_PAGES }), failsWith('EINVAL'));
      made.slot();
      assert.throws(() => made.slot({ flags: memslotFlag.LOG_DIRTY_PAGES }), failsWith('EINVAL'));
      assert.equal(made.vm.memslots.byId(0)?.dirty, undefined);
    }
  });
  test('stage2 §6: every VMA of the range is looked at; a hole ends the look', async () => {
    const made = await world({}, { fwb: false });
    made.mmap(cacheable, 2 * BLOCK - PAGE, PAGE);
    assert.throws(() => made.slot({ size: 2 * BLOCK }), failsWith('EINVAL'));
    made.slot({ size: 2 * BLOCK - PAGE });
    made.slot({ size: 0 });
    made.vm.mappings.unmap(made.user, made.user + PAGE);
    assert.throws(() => made.slot({ size: 2 * BLOCK }), failsWith('EINVAL'), 'a hole in front is no end');
  });
  test('stage2 §6: IPA range beyond the VM IPA size is -EFAULT', async () => {
    const made = await world({});
    assert.throws(() => made.slot({ gpa: 2 ** 40 - PAGE, size: BLOCK }), failsWith('EFAULT'));
    made.slot({ gpa: 2 ** 40 - BLOCK, size: BLOCK });
    assert.throws(() => made.slot({ gpa: 2 ** 40, size: BLOCK }), failsWith('EFAULT'));
  });
  test('stage2 §6: MTE VM and VMA that is not MTE-able is -EINVAL', () => {
    const mappings = new UserMappings();
    mappings.map({ ...anonymous(BLOCK, 2 * BLOCK), mteAllowed: false });
    const host = (mte: boolean) => ({
      ...{ mappings, rules: { policy: 'error', fwb: true, dic: true, mte } as const },
      ...{ writeProtect: () => {}, split: () => {} },
    });
    const region = { slot: 0, flags: 0, guestPhysAddr: GPA, memorySize: BLOCK, userspaceAddr: BLOCK };
    assert.throws(() => new Memslots(40, () => {}, host(true)).set(region), failsWith('EINVAL'));
    new Memslots(40, () => {}, host(false)).set(region);
    new Memslots(40, () => {}, host(true)).set({ ...region, userspaceAddr: 2 * BLOCK });
  });
});

describe('stage2 §6: fault', () => {
  const faulting = async (vma: Partial<Vma>, options: WorldOptions = {}, kind: 'read' | 'write' | 'fetch' = 'read') => {
    const made = await world({}, options);
    made.slot();
    made.mmap(vma);
    return { made, outcome: made.access(kind, GPA) };
  };

  for (const flags of ['VM_PFNMAP', 'VM_MIXEDMAP'] as const) {
    test(`stage2 §6: ${flags}, not map memory, cacheable, no support: KVM_RUN fails with -EFAULT`, async () => {
      const { made, outcome } = await faulting({ ...cacheable, flags }, { fwb: false });
      assert.equal(outcome.kind === 'error' && outcome.errno, 'EFAULT');
      assert.match(outcome.kind === 'error' ? outcome.message : '', /FEAT_S2FWB/);
      assert.equal(made.mapped(), '-');
    });
    test(`stage2 §6: ${flags}, the same with support: Normal Write-Back`, async () => {
      const { made } = await faulting({ ...cacheable, flags });
      assert.equal(made.mapped(), '2M normal rwx');
    });
    test(`stage2 §6: ${flags}, not cacheable, VM_ALLOW_ANY_UNCACHED: Normal-NC`, async () => {
      const { made } = await faulting({ ...writeCombining, flags });
      assert.equal(made.mapped(), '2M normalNc rw-');
    });
    test(`stage2 §6: ${flags}, not cacheable otherwise: Device nGnRE`, async () => {
      const { made } = await faulting({ ...uncached, flags });
      assert.equal(made.mapped(), '2M device rw-');
      assertStage2MatchesMemslots(made.vm);
    });
    test(`stage2 §6: ${flags}, pfn is map memory: Normal Write-Back regardless of the VMA`, async () => {
      const { made } = await faulting({ ...uncached, flags, mapMemory: true }, { fwb: false, dic: false });
      assert.equal(made.mapped(), '2M normal rw-');
    });
  }
  for (const vma of [uncached, writeCombining]) {
    test(`stage2 §6: exec fault on ${vma.pageProt}: -ENOEXEC, an instruction SEA (FSC 0x10) for the guest`, async () => {
      const { made } = await faulting(vma, {}, 'fetch');
      assert.equal(made.esr, 0x86000010);
      assert.equal(made.mapped(), '-');
    });
  }
  test('stage2 §6: cacheable with support counts as device for the W rule: writable although logging and a read', async () => {
    const { made } = await (async () => {
      const w = await world({ ...cacheable, flags: 'VM_MIXEDMAP' });
      w.slot({ flags: memslotFlag.LOG_DIRTY_PAGES });
      w.access('read', GPA);
      return { made: w };
    })();
    assert.equal(made.mapped(), '4K normal rwx');
  });
});

describe('stage2 §6: policy fallback-to-device', () => {
  test('stage2 §6: any memory that is not map memory becomes Device, cacheable or not, FWB or not', async () => {
    for (const options of [{ fwb: false }, { fwb: true }]) {
      for (const vma of [cacheable, uncached]) {
        const made = await world(vma, { ...options, policy: 'fallback-to-device' });
        made.slot();
        made.access('read', GPA);
        assert.equal(made.mapped(), '2M device rw-');
        assertStage2MatchesMemslots(made.vm);
      }
    }
  });
  test('stage2 §6: and Normal-NC with VM_ALLOW_ANY_UNCACHED', async () => {
    const made = await world({ ...cacheable, allowAnyUncached: true }, { policy: 'fallback-to-device' });
    made.slot();
    made.access('read', GPA);
    assert.equal(made.mapped(), '2M normalNc rw-');
  });
  test('stage2 §6: the guest executes no such memory', async () => {
    const made = await world(cacheable, { policy: 'fallback-to-device' });
    made.slot();
    made.access('fetch', GPA);
    assert.equal(made.esr, 0x86000010);
  });
});
