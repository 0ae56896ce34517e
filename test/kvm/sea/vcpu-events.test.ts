import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { KvmError } from '../../../emulator/kvm/errno.ts';
import { structs } from '../../../emulator/kvm/ioctl/structs.ts';
import { decodeEvents } from '../../../emulator/kvm/ioctl/vcpu-events.ts';
import { kernelProfiles } from '../../../emulator/kvm/kernel-profile.ts';
import { getVcpuEvents, setVcpuEvents, type VcpuEvents } from '../../../emulator/kvm/vcpu-events.ts';
import { BadMemory, DATA, type GuestOptions, repeating, VECTORS } from './bad-memory.ts';

const profiles = ['merged', 'proposed'] as const;
const LOAD = repeating('ldr x2, [x1, #8]');

/** A vCPU of a guest that has run a little, SErrors masked. */
const standing = async (options: GuestOptions = {}): Promise<BadMemory> => {
  const world = await BadMemory.run(LOAD, options);
  world.enter(300);
  return world;
};
const refused = (world: BadMemory, events: VcpuEvents): void =>
  assert.throws(
    () => setVcpuEvents(world.vcpu, events),
    (error: unknown) => error instanceof KvmError && error.errno === 'EINVAL',
  );
const state = (world: BadMemory): unknown => [
  world.pc,
  world.pstate,
  ...['ESR_EL1', 'FAR_EL1', 'ELR_EL1', 'SPSR_EL1', 'VSESR_EL2'].map((name) => world.system(name)),
];
const A = 1 << 8;

for (const profile of profiles)
  describe(`sea §4 ${profile}: KVM_GET/SET_VCPU_EVENTS`, () => {
    test(`sea §4 ${profile}: serror_has_esr of GET is the host’s FEAT_RAS`, async () => {
      assert.equal(getVcpuEvents((await standing({ profile })).vcpu).serrorHasEsr, true);
      assert.equal(getVcpuEvents((await standing({ profile, host: { ras: false } })).vcpu).serrorHasEsr, false);
    });

    test(`sea §4 ${profile}: serror_pending of GET is HCR_EL2.VSE, serror_esr is VSESR where it is pending and has_esr`, async () => {
      const world = await standing({ profile });
      const none = { serrorPending: false, serrorHasEsr: true, extDabtPending: false, serrorEsr: 0n };
      assert.deepEqual(getVcpuEvents(world.vcpu), none);
      setVcpuEvents(world.vcpu, { serrorPending: true, serrorHasEsr: true, serrorEsr: 0x11n });
      assert.deepEqual(getVcpuEvents(world.vcpu), { ...none, serrorPending: true, serrorEsr: 0x11n });
      assert.equal((world.system('HCR_EL2') >> 8n) & 1n, 1n);
      const bare = await standing({ profile, host: { ras: false } });
      setVcpuEvents(bare.vcpu, { serrorPending: true });
      assert.deepEqual(getVcpuEvents(bare.vcpu), { ...none, serrorPending: true, serrorHasEsr: false });
    });

    test(`sea §4 ${profile}: an external abort is never reported`, async () => {
      const world = await standing({ profile });
      setVcpuEvents(world.vcpu, { extDabtPending: true });
      assert.equal(getVcpuEvents(world.vcpu).extDabtPending, false);
    });

    test(`sea §4 ${profile}: serror_pending 0 does not take a pending SError back`, async () => {
      const world = await standing({ profile });
      setVcpuEvents(world.vcpu, { serrorPending: true, serrorHasEsr: true, serrorEsr: 0x11n });
      setVcpuEvents(world.vcpu, { serrorPending: false, serrorHasEsr: true, serrorEsr: 0x22n });
      assert.deepEqual([getVcpuEvents(world.vcpu).serrorPending, getVcpuEvents(world.vcpu).serrorEsr], [true, 0x11n]);
    });

    test(`sea §4 ${profile}: serror_pending && has_esr && no RAS -> EINVAL`, async () => {
      const world = await standing({ profile, host: { ras: false } });
      const before = state(world);
      refused(world, { serrorPending: true, serrorHasEsr: true, serrorEsr: 0n });
      assert.deepEqual(state(world), before);
    });

    for (const esr of [1n << 25n, 1n << 26n, 1n << 32n, 1n << 63n])
      test(`sea §4 ${profile}: serror_esr with bit ${esr.toString(2).length - 1}, outside ISS[24:0] -> EINVAL`, async () => {
        const world = await standing({ profile });
        const before = state(world);
        refused(world, { serrorPending: true, serrorHasEsr: true, serrorEsr: esr | 0x11n });
        assert.deepEqual(state(world), before);
        assert.equal(getVcpuEvents(world.vcpu).serrorPending, false);
      });

    test(`sea §4 ${profile}: a bad syndrome that is not asked for is not looked at`, async () => {
      const world = await standing({ profile });
      setVcpuEvents(world.vcpu, { serrorHasEsr: true, serrorEsr: 1n << 30n });
      setVcpuEvents(world.vcpu, { serrorPending: true, serrorEsr: 1n << 30n });
      assert.equal(getVcpuEvents(world.vcpu).serrorEsr, 1n << 24n);
    });

    test(`sea §4 ${profile}: ext_dabt after an exit that was no MMIO: not refused; the address is what FAR_EL2 holds`, async () => {
      const world = await standing({ profile });
      world.setSystem('FAR_EL2', 0xabcd_1234n);
      setVcpuEvents(world.vcpu, { extDabtPending: true });
      world.enter(1);
      assert.equal(world.system('FAR_EL1'), 0xabcd_1234n);
    });

    test(`sea §4 ${profile}: after injection the trapped load is not completed, and PC has not moved`, async () => {
      const world = await BadMemory.run('mov x2, #7\nldr x5, =0x9000000\nadr x10, at\nat: ldr w2, [x5, #0x18]\n nop', { profile });
      world.exit();
      assert.equal(world.vcpu.run.exitReason, 6);
      world.vcpu.run.set(40, 8, 0x55n);
      setVcpuEvents(world.vcpu, { extDabtPending: true });
      world.enter(1);
      assert.deepEqual([world.x(2), world.system('ELR_EL1'), world.system('ESR_EL1')], [7n, world.x(10), 0x9600_0010n]);
      assert.equal(world.system('FAR_EL1'), 0x900_0018n);
    });

    test(`sea §4 ${profile}: an SError that stays pending leaves the load to be completed`, async () => {
      const world = await BadMemory.run('mov x2, #7\nldr x5, =0x9000000\n ldr w2, [x5, #0x18]\n b .', { profile });
      world.exit();
      world.vcpu.run.set(40, 8, 0x55n);
      setVcpuEvents(world.vcpu, { serrorPending: true });
      world.enter(2);
      assert.equal(world.x(2), 0x55n);
    });
  });

describe('sea §4: the bytes of struct kvm_vcpu_events', () => {
  for (const profile of profiles) {
    test(`sea §4 ${profile}: sizeof is 64; serror_pending 0, serror_has_esr 1, ext_dabt_pending 2, serror_esr 8`, () => {
      assert.equal(structs.vcpuEvents.size, 64);
      const bytes = new Uint8Array(64).fill(1, 0, 3).fill(0x11, 8, 9);
      const events = decodeEvents(structs.vcpuEvents.read(bytes), kernelProfiles[profile]);
      const { serrorPending, serrorHasEsr, extDabtPending, serrorEsr } = events;
      assert.deepEqual([serrorPending, serrorHasEsr, extDabtPending, serrorEsr], [true, true, true, 0x11n]);
    });
    test(`sea §4 ${profile}: any pad or reserved byte that is not zero -> EINVAL${profile === 'proposed' ? '; byte 3 is ext_iabt_pending' : ''}`, () => {
      for (let at = 3; at < 64; at++) {
        if (at >= 8 && at < 16) continue;
        const decode = (): VcpuEvents =>
          decodeEvents(structs.vcpuEvents.read(new Uint8Array(64).fill(1, at, at + 1)), kernelProfiles[profile]);
        if (profile === 'proposed' && at === 3) assert.equal(decode().extIabtPending, true);
        else assert.throws(decode, KvmError, `byte ${at}`);
      }
    });
  }
});

describe('sea §4: what the profiles do differently', () => {
  test('sea §4 merged: ext_iabt_pending is padding -> EINVAL before anything is done', async () => {
    const world = await standing();
    const before = state(world);
    refused(world, { extIabtPending: true, extDabtPending: true, serrorPending: true });
    assert.deepEqual(state(world), before);
  });

  test('sea §4 proposed: ext_iabt_pending: an instruction abort', async () => {
    const world = await standing({ profile: 'proposed' });
    setVcpuEvents(world.vcpu, { extIabtPending: true });
    world.enter(1);
    assert.equal(world.system('ESR_EL1'), 0x8600_0010n);
  });

  test('sea §4 proposed: ext_dabt && ext_iabt -> EINVAL, and the SError of the same call is pending already', async () => {
    const world = await standing({ profile: 'proposed' });
    const pc = world.pc;
    refused(world, { extIabtPending: true, extDabtPending: true, serrorPending: true });
    assert.equal(getVcpuEvents(world.vcpu).serrorPending, true);
    world.enter(1);
    assert.notEqual(world.pc & ~0x7ffn, VECTORS);
    assert.notEqual(world.pc, pc);
  });

  test('sea §4 proposed order: SError first: with a bad syndrome the abort is not injected', async () => {
    const world = await standing({ profile: 'proposed' });
    const before = state(world);
    refused(world, { extDabtPending: true, serrorPending: true, serrorHasEsr: true, serrorEsr: 1n << 25n });
    assert.deepEqual(state(world), before);
  });

  test('sea §4 merged order: the SEA first, committed at once: it has happened when the syndrome is refused', async () => {
    const world = await standing();
    world.setSystem('ESR_EL2', 0x9200_0010n);
    refused(world, { extDabtPending: true, serrorPending: true, serrorHasEsr: true, serrorEsr: 1n << 25n });
    assert.equal(world.pc, VECTORS + 0x200n);
    assert.equal(world.system('ESR_EL1'), 0x9600_0010n);
    assert.equal(getVcpuEvents(world.vcpu).serrorPending, false);
  });

  test('sea §4 merged order: SEA, then SError: masked by the entry, it stays pending', async () => {
    const world = await standing();
    world.pstate &= ~A;
    setVcpuEvents(world.vcpu, { extDabtPending: true, serrorPending: true, serrorHasEsr: true, serrorEsr: 0x11n });
    assert.equal(world.pc, VECTORS + 0x200n);
    assert.deepEqual([getVcpuEvents(world.vcpu).serrorPending, getVcpuEvents(world.vcpu).serrorEsr], [true, 0x11n]);
  });

  test('sea §4 merged: the guest is at its vector when the call returns', async () => {
    const world = await standing();
    const { pc } = world;
    setVcpuEvents(world.vcpu, { extDabtPending: true });
    assert.deepEqual([world.pc, world.system('ELR_EL1')], [VECTORS + 0x200n, pc]);
  });

  test('sea §4 proposed: ESR_EL1 and FAR_EL1 are written at once, the entry itself comes with KVM_RUN', async () => {
    const world = await standing({ profile: 'proposed' });
    const { pc, pstate } = world;
    setVcpuEvents(world.vcpu, { extDabtPending: true });
    assert.deepEqual([world.pc, world.pstate, world.system('ELR_EL1'), world.system('ESR_EL1')], [pc, pstate, 0n, 0x9600_0010n]);
    world.vcpu.run.immediateExit = true;
    assert.equal(world.enter(1).kind, 'interrupted');
    assert.deepEqual([world.pc, world.system('ELR_EL1')], [VECTORS + 0x200n, pc]);
  });

  test('sea §4: the bad page of the exit is answered with the abort, and the guest survives in its handler', async () => {
    const world = await BadMemory.run(LOAD);
    world.write(VECTORS + 0x200n, 0x9100_0421_d280_0041n); // mov x1, #2 ; add x1, x1, #1
    world.poison(DATA);
    world.exit();
    setVcpuEvents(world.vcpu, { extDabtPending: true });
    world.enter(2);
    assert.equal(world.x(1), 3n);
  });
});
