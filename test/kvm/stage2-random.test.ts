import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { KvmError } from '../../emulator/kvm/errno.ts';
import { fallocateMode, type GuestMemfd, guestMemfdFlag } from '../../emulator/kvm/guest-memfd.ts';
import { memslotFlag } from '../../emulator/kvm/memslots.ts';
import { SeededBytes } from '../../emulator/kvm/seed.ts';
import { pageProtections } from '../../emulator/kvm/vma.ts';
import { pfnmapPolicies } from '../../emulator/kvm/vma-rules.ts';
import { stage2Mismatch } from './invariants.ts';
import { BLOCK, GPA, PAGE, World } from './stage2-world.ts';

const USER_PAGES = (8 * 2 ** 20) / PAGE;

/** A source of choices that a seed decides. */
class Choices {
  private readonly bytes: SeededBytes;
  constructor(seed: number) {
    this.bytes = new SeededBytes(seed);
  }
  below(limit: number): number {
    return Number(this.bytes.next64() % BigInt(limit));
  }
  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }
}

interface Scene {
  readonly world: World;
  readonly choices: Choices;
  readonly file: GuestMemfd;
}

/** A place in guest physical memory where slots come and go. */
const place = (c: Choices): number => GPA + (c.chance(60) ? c.below(8) * BLOCK : c.below(16 * 512) * PAGE);

const steps: Readonly<Record<string, (scene: Scene) => string>> = {
  access({ world, choices: c }) {
    const slots = world.vm.memslots.all().filter(({ slot }) => slot < 100);
    const slot = slots.length > 0 && c.chance(90) ? c.of(slots) : undefined;
    const at = slot ? slot.guestPhysAddr + c.below(slot.memorySize / PAGE) * PAGE : place(c);
    const kind = c.of(['read', 'read', 'write', 'write', 'fetch'] as const);
    return `${kind} 0x${at.toString(16)}: ${world.access(kind, at).kind}`;
  },
  slot({ world, choices: c }) {
    const size = c.of([PAGE, 3 * PAGE, 70 * PAGE, BLOCK, 2 * BLOCK]);
    const offset = c.chance(50) ? c.below(4) * BLOCK : c.below(USER_PAGES) * PAGE;
    const flags = c.of([0, 0, memslotFlag.LOG_DIRTY_PAGES, memslotFlag.READONLY, 3]);
    const wanted = { slot: c.below(5), flags, gpa: place(c), size: Math.min(size, 8 * 2 ** 20 - offset), offset };
    world.slot(wanted);
    return JSON.stringify(wanted);
  },
  change({ world, choices: c }) {
    const slot = c.of(world.vm.memslots.all());
    const flags = slot.flags ^ c.of([0, memslotFlag.LOG_DIRTY_PAGES]);
    const guestPhysAddr = c.chance(50) ? slot.guestPhysAddr : place(c);
    if (slot.slot >= 100 || slot.gmem) return 'nothing';
    world.vm.memslots.set({ ...slot, flags, guestPhysAddr });
    return `slot ${slot.slot} flags ${flags} at 0x${guestPhysAddr.toString(16)}`;
  },
  remove({ world, choices: c }) {
    const slot = c.below(6);
    world.slot({ slot, size: 0 });
    return `slot ${slot}`;
  },
  gmem({ world, choices: c, file }) {
    const guestMemfdOffset = c.below(8) * PAGE;
    const memorySize = (1 + c.below(8)) * PAGE;
    const region = { slot: 5, flags: memslotFlag.GUEST_MEMFD, guestPhysAddr: place(c), memorySize, userspaceAddr: 0 };
    world.vm.memslots.set2({ ...region, guestMemfd: file, guestMemfdOffset });
    return JSON.stringify(region);
  },
  hole({ choices: c, file }) {
    const mode = fallocateMode.KEEP_SIZE | fallocateMode.PUNCH_HOLE;
    file.fallocate(mode, c.below(16) * PAGE, (1 + c.below(4)) * PAGE);
    return 'punched';
  },
  mmap({ world, choices: c }) {
    const first = c.chance(50) ? c.below(4) * 512 : c.below(USER_PAGES - 1);
    const size = Math.min((1 + c.below(700)) * PAGE, (USER_PAGES - first) * PAGE);
    const flags = c.of(['none', 'none', 'VM_PFNMAP', 'VM_MIXEDMAP'] as const);
    const vma = {
      ...{ flags, pageProt: c.of(pageProtections), mapMemory: flags === 'none' || c.chance(40), allowAnyUncached: c.chance(50) },
      ...{ writable: c.chance(80), pageSize: c.of([PAGE, BLOCK]) },
    };
    world.mmap(vma, first * PAGE, size);
    return `${first} ${size} ${JSON.stringify(vma)}`;
  },
  munmap({ world, choices: c }) {
    const at = world.user + c.below(USER_PAGES) * PAGE;
    world.vm.mappings.unmap(at, at + PAGE);
    return `0x${at.toString(16)}`;
  },
  error({ world, choices: c }) {
    world.vm.mappings.memoryFailure(world.user + c.below(USER_PAGES) * PAGE);
    return '';
  },
  log({ world, choices: c }) {
    const slot = c.below(5);
    if (c.chance(60)) world.vm.memslots.getDirtyLog(slot);
    else
      world.vm.memslots.clearDirtyLog(slot, {
        firstPage: 64 * c.below(3),
        numPages: c.of([64, 70, 512]),
        bitmap: new Uint8Array(64).fill(c.below(256)),
      });
    return `slot ${slot}`;
  },
  age({ world, choices: c }) {
    world.vm.stage2.testClearYoung(place(c), 4 * BLOCK);
    world.vm.flushStage2();
    return '';
  },
  split({ world, choices: c }) {
    world.vm.memory.eagerSplitChunkSize = c.of([0, BLOCK]);
    return `${world.vm.memory.eagerSplitChunkSize}`;
  },
};

const likely = ['access', 'access', 'access', 'access', 'access', 'access', 'slot', 'slot', 'change', 'log', ...Object.keys(steps)];

async function run(seed: number, length: number): Promise<void> {
  const c = new Choices(seed);
  const cpu = c.of(['cortex-a57', 'max']);
  const world = await World.create({
    ...{ cpu, fwb: cpu === 'max' && c.chance(60), dic: c.chance(60), policy: c.of(pfnmapPolicies) },
    ...{ ipaBits: c.of([36, 40, 44]) },
  });
  world.vm.memslots.manualDirtyLogProtect = c.of([0, 0, 1, 3]);
  const file = world.vm.createGuestMemfd(16 * PAGE, guestMemfdFlag.MMAP | guestMemfdFlag.INIT_SHARED);
  const scene: Scene = { world, choices: c, file };
  const history: string[] = [];
  for (let n = 0; n < length; n++) {
    const name = c.of(likely);
    try {
      history.push(`${name} ${steps[name]!(scene)}`);
    } catch (error) {
      if (!(error instanceof KvmError)) throw error;
      history.push(`${name} -${error.errno}`);
    }
    const wrong = stage2Mismatch(world.vm);
    assert.equal(wrong, undefined, `seed ${seed}, step ${n}: ${wrong}\n${history.slice(-12).join('\n')}`);
  }
  for (const { slot } of world.vm.memslots.all()) world.vm.memslots.set({ ...world.vm.memslots.byId(slot)!, flags: 0, memorySize: 0 });
  assert.equal(world.vm.stage2.leaves().length, 0, `seed ${seed}: something is mapped without slots`);
  assert.ok(world.vm.stage2.pages <= 16, `seed ${seed}: tables are left over`);
}

const seeds = Number(process.env.STAGE2_SEEDS ?? 12);

describe('stage-2 tables always match the memslots', () => {
  for (let seed = 1; seed <= seeds; seed++) test(`random slots, faults, mappings and dirty logs, seed ${seed}`, () => run(seed, 400));
});
