import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkExtension, enableCapability } from '../../../emulator/kvm/capabilities.ts';
import { exitDefinition } from '../../../emulator/kvm/exits/index.ts';
import { KvmRun } from '../../../emulator/kvm/exits/layout.ts';
import { handleGuestAbort } from '../../../emulator/kvm/guest-abort.ts';
import { kernelProfiles } from '../../../emulator/kvm/kernel-profile.ts';
import { handleGuestSea } from '../../../emulator/kvm/sea.ts';
import { getVcpuEvents } from '../../../emulator/kvm/vcpu-events.ts';
import { RESET_UNKNOWN } from '../../../emulator/kvm/vcpu-reset.ts';
import { guest } from '../../vmm/guest.ts';
import { BadMemory, DATA, DEEP_PAGE, DEEP_VA, deepDescriptor, type GuestOptions, repeating } from './bad-memory.ts';

const LOAD = repeating('ldr x2, [x1, #8]');
const profiles = ['merged', 'proposed'] as const;
const bad = async (body: string, options: GuestOptions = {}): Promise<BadMemory> => {
  const world = await BadMemory.run(body, options);
  world.poison(DATA);
  return world;
};

describe('sea §1: numbers and layouts', () => {
  const numbers = {
    merged: { exit: 41, toUser: 245, iabt: undefined, gva: undefined, gpa: 1n, at: { flags: 32, esr: 40, gva: 48, gpa: 56 } },
    proposed: { exit: 40, toUser: 240, iabt: 241, gva: 1n, gpa: 2n, at: { esr: 32, flags: 40, gva: 48, gpa: 56 } },
  } as const;
  for (const name of profiles) {
    const expected = numbers[name];
    const { armSea, capabilities } = kernelProfiles[name];
    test(`sea §1 ${name}: KVM_EXIT_ARM_SEA is ${expected.exit}`, () => {
      assert.equal(armSea.number, expected.exit);
      const run = new KvmRun(kernelProfiles[name]);
      run.begin(expected.exit);
      assert.equal(exitDefinition(run)!.name, 'KVM_EXIT_ARM_SEA');
    });
    test(`sea §1 ${name}: KVM_CAP_ARM_SEA_TO_USER is ${expected.toUser}, ext_iabt ${expected.iabt ?? 'absent'}, INJECT_EXT_DABT 178`, async () => {
      assert.deepEqual(
        [capabilities.ARM_SEA_TO_USER, capabilities.ARM_INJECT_EXT_IABT, kernelProfiles[name].vcpuEvents.extIabtPending],
        [expected.toUser, expected.iabt, expected.iabt !== undefined],
      );
      const { vm } = await guest('nop', { kernelProfile: name });
      assert.equal(checkExtension(vm, expected.toUser), 1);
      assert.equal(checkExtension(vm, 178), 1);
      if (expected.iabt) assert.equal(checkExtension(vm, expected.iabt), 1);
    });
    test(`sea §1 ${name}: offsets of the record, GVA_VALID ${expected.gva ?? 'none'}, GPA_VALID ${expected.gpa}`, () => {
      assert.deepEqual(armSea.at, expected.at);
      assert.deepEqual([armSea.gvaValid, armSea.gpaValid], [expected.gva, expected.gpa]);
    });
  }
  test('sea §1: exit 40 means nothing to the merged kernel, 41 nothing to the proposed one', () => {
    for (const [name, number] of [
      ['merged', 40],
      ['proposed', 41],
    ] as const) {
      const run = new KvmRun(kernelProfiles[name]);
      run.begin(number);
      assert.equal(exitDefinition(run), undefined);
    }
  });
  for (const profile of profiles)
    test(`sea §1 ${profile}: what is not valid reads 0, whatever the record held before`, async () => {
      const world = await BadMemory.run(LOAD, { profile });
      world.poison(DATA, 64, { addressKnown: false });
      world.enter(1);
      world.vcpu.run.bytes.fill(0xff, 32, 288);
      const { flags, gva, gpa } = world.exit().record;
      assert.deepEqual([flags, gva, gpa], [0n, 0n, 0n]);
    });
});

describe('sea §2: which status codes are SEAs', () => {
  const seas = new Set([0x10, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f]);
  for (const ec of [0x20, 0x24])
    test(`sea §2: EC 0x${ec.toString(16)}: 0x10, 0x13 to 0x18, 0x1b to 0x1f, and not 0x11, 0x12, 0x19, 0x1a`, async () => {
      for (let fsc = 0x10; fsc < 0x20; fsc++) {
        const world = await BadMemory.run('b .');
        world.enter(60);
        world.setSystem('FAR_EL2', DATA);
        const result = handleGuestAbort(world.vcpu, (ec << 26) | (1 << 25) | fsc);
        assert.equal(result === 'exit' && world.vcpu.run.exitReason === 41, seas.has(fsc), `0x${fsc.toString(16)}: ${result}`);
      }
    });
  for (const [what, profile] of [
    ['with FEAT_RAS a parity error is reported as 0x10', 'proposed'],
    ['and on a walk as 0x17', 'proposed'],
  ] as const)
    test(`sea §2: ${what}`, async () => {
      const walk = what.includes('walk');
      const world = await BadMemory.run(repeating(walk ? 'ldr x2, [x9]' : 'ldr x2, [x1]'), { profile });
      world.poison(walk ? deepDescriptor[3] : DATA, 8, { parity: true });
      assert.equal(world.exit().record.esr & 0x3fn, walk ? 0x17n : 0x10n);
    });
  for (const [what, instruction, start, fsc] of [
    ['0x18 where there is no FEAT_RAS', 'ldr x2, [x1]', DATA, 0x18n],
    ['0x1d to 0x1f on a walk', 'ldr x2, [x9]', deepDescriptor[3], 0x1fn],
  ] as const)
    test(`sea §2: parity or ECC error: ${what}; HCR_EL2.TEA is RES0, EL1 takes it`, async () => {
      const world = await BadMemory.run(repeating(instruction), { host: { ras: false } });
      world.enter(300);
      world.poison(start, 8, { parity: true, severity: 'UC' });
      assert.equal(world.enter(100).kind, 'interrupted');
      assert.equal(world.system('ESR_EL1'), 0x9600_0000n | fsc);
      assert.equal(world.system('FAR_EL1'), fsc === 0x18n ? DATA : DEEP_VA);
    });
  test('sea §2: without FEAT_RAS an external abort is 0x10 without SET, taken to EL1', async () => {
    const world = await BadMemory.run(repeating('ldr x2, [x1]'), { host: { ras: false } });
    world.enter(300);
    world.poison(DATA, 8, { severity: 'UEO' });
    world.enter(100);
    assert.equal(world.system('ESR_EL1'), 0x9600_0010n);
  });
});

describe('sea §3: decision flow', () => {
  for (const profile of profiles) {
    test(`sea §3 ${profile} step 1: APEI claims the error: the guest goes on, no event`, async () => {
      const world = await bad(LOAD, { profile, host: { apei: 'claims' } });
      assert.equal(world.enter(600).kind, 'interrupted');
      assert.equal(getVcpuEvents(world.vcpu).serrorPending, false);
      assert.equal(world.system('ESR_EL1'), RESET_UNKNOWN);
      assert.equal(world.machine.silicon.memory.poison.empty, true);
    });
    test(`sea §3 ${profile} step 1: APEI claims a range, and not what lies beside it`, async () => {
      const claimed = await bad(LOAD, { profile, host: { apei: [`ipa:0x${DATA.toString(16)}+64`] } });
      assert.equal(claimed.enter(600).kind, 'interrupted');
      const beside = await bad(LOAD, { profile, host: { apei: [`ipa:0x${(DATA + 64n).toString(16)}+64`] } });
      beside.exit();
    });
    test(`sea §3 ${profile} step 2: capability not enabled: asynchronous SError, ISS = IDS alone`, async () => {
      const world = await bad(`adr x10, at\n msr daifclr, #4\n${LOAD}`, { profile, toUser: false });
      assert.equal(world.enter(600).kind, 'interrupted');
      assert.equal(world.system('ESR_EL1'), 0xbf00_0000n);
      assert.equal(world.pc & 0xfffn, 0x380n);
      assert.equal(world.system('ELR_EL1'), world.x(10), 'the load itself');
    });
    test(`sea §3 ${profile} step 2: a guest that masks SErrors consumes the error for ever, and time goes on`, async () => {
      const world = await bad(LOAD, { profile, toUser: false });
      assert.equal(world.enter(600).kind, 'interrupted');
      assert.deepEqual(getVcpuEvents(world.vcpu), {
        ...{ serrorPending: true, serrorHasEsr: true, extDabtPending: false },
        serrorEsr: 1n << 24n,
      });
      const { instructions } = world.machine.silicon.clock;
      assert.equal(world.enter(600).kind, 'interrupted');
      assert.ok(world.machine.silicon.clock.instructions >= instructions + 600);
    });
    test(`sea §3 ${profile} step 3: KVM_EXIT_ARM_SEA`, async () => {
      const world = await bad(LOAD, { profile });
      const { esr, gva, gpa, flags } = world.exit().record;
      assert.deepEqual([esr, gva, gpa], [0x9200_0010n, DATA + 8n, DATA]);
      assert.equal(flags, profile === 'merged' ? 1n : 3n);
    });
    test(`sea §3 ${profile}: user space that does nothing gets the exit again`, async () => {
      const world = await bad(LOAD, { profile });
      world.exit();
      const { pc } = world;
      world.exit();
      assert.equal(world.pc, pc);
    });
    test(`sea §3 ${profile}: KVM_ENABLE_CAP takes no flags, and may be repeated with vCPUs there`, async () => {
      const { vm } = await guest('nop', { kernelProfile: profile, capabilities: [] });
      const number = kernelProfiles[profile].capabilities.ARM_SEA_TO_USER;
      assert.throws(() => enableCapability(vm, number, 1), /ARM_SEA_TO_USER/);
      enableCapability(vm, number);
      enableCapability(vm, number);
      assert.equal(vm.seaToUser, true);
      assert.equal(checkExtension(vm, number), 1);
    });
  }

  /** An abort that KVM is handed as if the processor had raised it. */
  const handed = async (esr: number, options: GuestOptions = {}): Promise<BadMemory & { readonly result: string }> => {
    const world = await BadMemory.run('b .', options);
    world.enter(60);
    world.setSystem('FAR_EL2', DEEP_VA);
    world.vcpu.faultIpa = undefined;
    return Object.assign(world, { result: handleGuestSea(world.vcpu, esr) });
  };
  for (const fsc of [0x13, 0x14, 0x15, 0x16, 0x17]) {
    const esr = 0x9200_0080 | fsc;
    test(`sea §3 merged host_owns_sea: FSC 0x${fsc.toString(16)} with S1PTW: SError`, async () => {
      const { result, vcpu } = await handed(esr);
      assert.deepEqual([result, getVcpuEvents(vcpu).serrorPending], ['resume', true]);
    });
    test(`sea §3 proposed: FSC 0x${fsc.toString(16)} with S1PTW goes to user space`, async () =>
      assert.equal((await handed(esr, { profile: 'proposed' })).result, 'exit'));
    test(`sea §3 merged host_owns_sea: FSC 0x${fsc.toString(16)} without S1PTW is the guest's`, async () =>
      assert.equal((await handed(esr & ~0x80)).result, 'exit'));
  }
  test('sea §3 merged host_owns_sea: SECC_TTW codes with S1PTW are not in that test', async () =>
    assert.equal((await handed(0x9200_009d)).result, 'exit'));
  test('sea §3 merged host_owns_sea: no FEAT_RAS', async () => {
    const { result, vcpu } = await handed(0x9200_0010, { host: { ras: false } });
    assert.deepEqual([result, getVcpuEvents(vcpu).serrorPending], ['resume', true]);
  });
  test('sea §3 proposed without FEAT_RAS: user space gets it', async () =>
    assert.equal((await handed(0x9200_0010, { profile: 'proposed', host: { ras: false } })).result, 'exit'));

  const EVERYTHING = 0x93ff_ffff & ~0x3f;
  test('sea §3 merged: the record keeps EC, IL, SET, FnV, EA, CM, WnR and FSC of ESR_EL2', async () => {
    const world = await handed((EVERYTHING & ~(1 << 10)) | 0x10);
    assert.equal(world.record.esr, 0x9200_1b50n);
    assert.equal((await handed(EVERYTHING | 0x10)).record.esr, 0x9200_1f50n);
  });
  test('sea §3 proposed: the record has ESR_EL2 as it is', async () =>
    assert.equal((await handed(EVERYTHING | 0x10, { profile: 'proposed' })).record.esr, BigInt((EVERYTHING | 0x10) >>> 0)));

  for (const profile of profiles) {
    const flags = (gva: boolean, gpa: boolean): bigint =>
      (profile === 'proposed' && gva ? 1n : 0n) | (gpa ? (profile === 'proposed' ? 2n : 1n) : 0n);
    test(`sea §3 ${profile}: FSC 0x10, FnV 0: gva is FAR_EL2, gpa the page`, async () => {
      const world = await BadMemory.run(repeating('ldr x2, [x9, #0x120]'), { profile });
      world.poison(DEEP_PAGE + 0x100n, 64);
      assert.deepEqual(world.exit().record, { flags: flags(true, true), esr: 0x9200_0010n, gva: DEEP_VA + 0x120n, gpa: DEEP_PAGE });
    });
    test(`sea §3 ${profile}: FnV 1: neither gva nor gpa, and both read 0`, async () => {
      const world = await BadMemory.run(LOAD, { profile });
      world.poison(DATA, 64, { addressKnown: false });
      const { gva, gpa, flags: seen } = world.exit().record;
      assert.deepEqual([seen, gva, gpa], [0n, 0n, 0n]);
    });
    test(`sea §3 ${profile}: a SEA on a walk: gva, no gpa`, async () => {
      const world = await BadMemory.run(repeating('ldr x2, [x9]'), { profile });
      world.poison(deepDescriptor[2], 8);
      const { gva, gpa, flags: seen } = world.exit().record;
      assert.deepEqual([seen, gva, gpa], [flags(true, false), DEEP_VA, 0n]);
    });
    test(`sea §3 ${profile}: instruction SEA: EC 0x20, gva and gpa of the instruction`, async () => {
      const world = await BadMemory.run(repeating('nop'), { profile });
      world.enter(300);
      world.poison(world.pc & ~63n, 64, { consumers: ['instruction'] });
      const { esr, gva, gpa } = world.exit().record;
      assert.deepEqual([esr, gva, gpa], [0x8200_0010n, world.pc, world.pc & ~0xfffn]);
    });
    test(`sea §3 ${profile}: the address does not translate any more: the guest is entered again, and nothing has happened`, async () => {
      const world = await BadMemory.run('b .', { profile });
      world.enter(60);
      const { pc } = world;
      for (const esr of [0x9200_0010, 0x9200_0018, 0x8200_0010]) {
        world.setSystem('FAR_EL2', 0x5_0000_0000n);
        assert.equal(handleGuestAbort(world.vcpu, esr), 'resume');
      }
      assert.deepEqual([world.pc, world.vcpu.run.exitReason, getVcpuEvents(world.vcpu).serrorPending], [pc, 0, false]);
    });
  }

  test('sea §3: an error in a stage-2 table is the host’s: SError', async () => {
    const world = await BadMemory.run(repeating('ldr x2, [x9]'));
    world.enter(300);
    const vttbr = world.system('VTTBR_EL2') & 0xffff_ffff_f000n;
    world.poison(vttbr, 64, { space: 'pa', consumers: ['walk'], once: true });
    assert.equal(world.enter(100).kind, 'interrupted');
    assert.equal(getVcpuEvents(world.vcpu).serrorPending, true);
    assert.equal(Number(world.system('ESR_EL2') & 0x3fn) & ~3, 0x14);
  });
  test('sea §3: on a stage-2 walk for a stage-1 walk: S1PTW', async () => {
    const world = await BadMemory.run(repeating('ldr x2, [x9]'), { profile: 'proposed' });
    world.enter(300);
    const vttbr = world.system('VTTBR_EL2') & 0xffff_ffff_f000n;
    world.poison(vttbr, 64, { space: 'pa', consumers: ['walk'], once: true });
    const { esr, gpa } = world.exit().record;
    assert.deepEqual([esr & 0xbfn, gpa], [0x95n, 0n]);
  });
});
