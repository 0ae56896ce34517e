/** What a translation says KVM will do about a stage 2 fault is what KVM does: every kind of memory behind a slot, every access, twice. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { memslotFlag } from '../../../emulator/kvm/memslots.ts';
import type { Vma } from '../../../emulator/kvm/vma.ts';
import type { Translation } from '../../../emulator/machine/memory-views.ts';
import { memslotView } from '../../../emulator/machine/virt/memslots.ts';
import { translationOf } from '../../../emulator/machine/virt/translation.ts';
import { type Access, BLOCK, GPA, PAGE, World, type WorldOptions } from '../../kvm/stage2-world.ts';

const device: Partial<Vma> = { name: 'device memory', flags: 'VM_PFNMAP', mapMemory: false };
const memories: Readonly<Record<string, Partial<Vma>>> = {
  anonymous: {},
  'read-only file': { name: 'file', writable: false },
  'cacheable PFNMAP': device,
  'uncached PFNMAP': { ...device, pageProt: 'MT_DEVICE_nGnRE' },
  'write-combining PFNMAP': { ...device, pageProt: 'MT_NORMAL_NC', allowAnyUncached: true },
};
const hosts: Readonly<Record<string, WorldOptions>> = {
  'FWB and DIC': { cpu: 'max', fwb: true, dic: true },
  'neither FWB nor DIC': { cpu: 'max', fwb: false, dic: false },
  'neither, falling back to device': { cpu: 'max', fwb: false, dic: false, policy: 'fallback-to-device' },
};
const flags = { plain: 0, 'read-only': memslotFlag.READONLY, logged: memslotFlag.LOG_DIRTY_PAGES } as const;

function look({ vm, machine }: World, kind: Access, address: number): Translation {
  const { mmu, memory: physical } = machine.silicon;
  const map = { mmu, physical, hostOfIpa: (ipa: number) => vm.memslots.hostAddress(ipa) };
  return translationOf(map, vm.vcpus[0]!, { space: 'ipa', address: BigInt(address), kind });
}

const injected = (world: World): boolean => world.system('ESR_EL1') !== 0n && (Number(world.system('ESR_EL1')) & 0x3f) === 0x10;

/** Looks, lets the guest access, and compares. What came of it. */
function compare(world: World, kind: Access, address: number): string {
  const mappedBefore = world.mapped(address);
  const before = look(world, kind, address);
  assert.equal(world.mapped(address), mappedBefore, 'looking maps nothing');
  world.setSystem('ESR_EL1', 0n);
  const outcome = world.access(kind, address);
  if (!before.fault) {
    assert.equal(outcome.kind, 'interrupted');
    assert.equal(world.mapped(address), mappedBefore);
    return 'no fault';
  }
  const { text, maps } = before.resolution!;
  if (maps) {
    assert.equal(outcome.kind, 'interrupted', text);
    const after = look(world, kind, address);
    assert.equal(after.fault, undefined, text);
    const [, size, rights] = /^maps (\d+ [KM]iB) .*\), (r[w-][x-]);/.exec(text)!;
    assert.equal(world.mapped(address).split(' ')[0], size === '4 KiB' ? '4K' : '2M', text);
    for (const right of rights!) if (right !== '-') assert.ok(world.mapped(address).split(' ')[2]!.includes(right), text);
    assert.equal(before.pa, after.pa, 'where it will be is known');
    return 'maps';
  }
  if (/KVM_EXIT_MMIO/.test(text)) {
    assert.equal(outcome.kind, 'exit', text);
    assert.equal(world.vm.vcpus[0]!.run.exitReason, 6);
    // User space has nothing to say: the next access is another one.
    world.vm.vcpus[0]!.pendingMmio = undefined;
    return 'MMIO';
  }
  if (/external abort/.test(text)) {
    assert.ok(injected(world), text);
    return 'external abort';
  }
  const [, errno] = /fails with -(\w+)/.exec(text)!;
  assert.ok(outcome.kind === 'error', text);
  assert.equal(outcome.errno, errno, text);
  return 'fails';
}

describe('what KVM will do', () => {
  for (const [host, options] of Object.entries(hosts)) {
    it(host, async () => {
      const seen = new Map<string, number>();
      for (const vma of Object.values(memories)) {
        for (const bits of Object.values(flags)) {
          for (const order of [
            ['read', 'write', 'fetch'],
            ['fetch', 'write', 'read'],
          ] as const) {
            const world = await World.create(options);
            // What the checks of a slot refuse comes behind it later.
            world.slot({ flags: bits });
            world.mmap(vma);
            for (const address of [GPA + 0x1000, GPA + 0x1000, GPA + 3 * PAGE, GPA + BLOCK]) {
              for (const kind of order) {
                const what = compare(world, kind, address);
                seen.set(what, (seen.get(what) ?? 0) + 1);
              }
            }
          }
        }
      }
      for (const what of ['no fault', 'maps', 'MMIO', 'external abort', ...(host.includes('falling') ? [] : ['fails'])])
        assert.ok((seen.get(what) ?? 0) > 0, `${what}: ${[...seen].join(' ')}`);
    });
  }
  it('no slot, beyond the VM, no physical address', async () => {
    const world = await World.create();
    assert.match(look(world, 'read', GPA).resolution!.text, /no memory slot has ipa:0x80000000: KVM_EXIT_MMIO/);
    assert.match(look(world, 'fetch', GPA).resolution!.text, /external abort/);
    assert.match(look(world, 'read', 2 ** 40).resolution!.text, /beyond the VM's 40-bit/);
    assert.match(look(world, 'read', 2 ** 50).resolution!.text, /address size fault/);
  });
  it('a page with a memory error', async () => {
    const world = await World.create();
    world.slot();
    world.vm.mappings.memoryFailure(world.user);
    assert.match(look(world, 'read', GPA).resolution!.text, /SIGBUS/);
    assert.equal(world.access('read', GPA).kind, 'error');
  });
});

describe('memory slots as they are shown', () => {
  const rulesOf = async (vma: Partial<Vma>, options: WorldOptions): Promise<string> => {
    const world = await World.create(options);
    world.slot({ flags: memslotFlag.LOG_DIRTY_PAGES });
    world.mmap(vma, 0, 2 * 2 ** 20);
    const view = memslotView(world.vm, world.vm.memslots.byId(0)!);
    assert.deepEqual(view.flags, ['KVM_MEM_LOG_DIRTY_PAGES']);
    assert.deepEqual(
      view.backings.map(({ first, last }) => [first, last]),
      [
        [BigInt(GPA), BigInt(GPA + BLOCK - 1)],
        [BigInt(GPA + BLOCK), BigInt(GPA + 2 * BLOCK - 1)],
      ],
    );
    return [view.backings[0]!.text, ...view.backings[0]!.rules, ...view.rules].join('\n');
  };
  it('cacheable PFNMAP on a host without FWB', async () => {
    const text = await rulesOf(device, { cpu: 'max', fwb: false, dic: false });
    assert.match(text, /^device memory, VM_PFNMAP, MT_NORMAL \(cacheable\), not in the linear map\n/);
    assert.match(text, /would be refused now: -EINVAL, dirty pages of VM_PFNMAP memory/);
    assert.match(text, /cacheable PFNMAP not supported: FWB 0, DIC 0, policy error/);
    assert.match(text, /at a fault: -EFAULT, .*the host lacks FEAT_S2FWB and CTR_EL0\.DIC/);
    assert.match(text, /mapped in single pages.*0 pages in the log/);
  });
  it('and with it', async () => {
    assert.match(await rulesOf(device, { cpu: 'max', fwb: true, dic: true }), /at a fault: .*the host has FWB and DIC: Normal Write-Back/);
  });
  it('uncached', async () => {
    assert.match(await rulesOf({ ...device, pageProt: 'MT_DEVICE_nGnRE' }, {}), /at a fault: .*Device-nGnRE/);
  });
});
