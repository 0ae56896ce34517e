import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeExit } from '../../emulator/kvm/exits/index.ts';
import { mmioAt } from '../../emulator/kvm/exits/mmio.ts';
import { proposed } from '../../emulator/kvm/kernel-profile.ts';
import { memslotFlag } from '../../emulator/kvm/memslots.ts';
import { GPA, PAGE, World, type WorldOptions } from './stage2-world.ts';

/** No slot is here. */
const NOWHERE = 0x9000_0000;

const create = (options: WorldOptions = {}): Promise<World> => World.create({ cpu: 'max', ...options });

const exitOf = (world: World): Readonly<Record<string, bigint | string>> => {
  const { name, fields } = decodeExit(world.vm.vcpus[0]!.run);
  return { name, ...Object.fromEntries(fields.map((f) => [f.name, f.value])) };
};

/** Goes on after an MMIO exit with the bytes that user space read, no further than the instruction itself. */
function answer(world: World, data: bigint): void {
  const vcpu = world.vm.vcpus[0]!;
  vcpu.run.set(mmioAt.data, 8, data);
  vcpu.run.immediateExit = true;
  assert.equal(vcpu.enter(1).kind, 'interrupted');
  vcpu.run.immediateExit = false;
}

describe('sea §6: MMIO and NISV, in the order of the checks', () => {
  test('sea §6 row 1: IPA >= VM IPA limit but < PARange: SEA, FSC 0x10; FAR_EL1 is the guest physical address', async () => {
    const world = await create({ ipaBits: 36 });
    world.access('read', 2 ** 37 + 0x128);
    assert.deepEqual([world.esr, world.system('FAR_EL1')], [0x96000010, BigInt(2 ** 37 + 0x128)]);
    world.access('fetch', 2 ** 37);
    assert.equal(world.esr, 0x86000010);
    assert.equal(world.abort(0x92000006, 2 ** 37, 0xffff_0000_1234_5678n), 'resume');
    assert.equal(world.system('FAR_EL1'), BigInt(2 ** 37 + 0x678));
  });
  test('sea §6 row 1b: IPA >= sanitised PARange: address size fault level 0 (FSC 0x00)', async () => {
    const world = await create();
    assert.equal(world.abort(0x92000004, 2 ** 48, 0x7000n), 'resume');
    assert.deepEqual([world.esr, world.system('FAR_EL1')], [0x96000000, BigInt(2 ** 48)]);
    assert.equal(world.abort(0x82000004, 2 ** 48 + 0x1000, 0x7abcn), 'resume');
    assert.deepEqual([world.esr, world.system('FAR_EL1')], [0x86000000, BigInt(2 ** 48 + 0x1abc)]);
  });
  test('sea §6 row 2: an instruction abort on no slot: instruction SEA at the instruction', async () => {
    const world = await create();
    world.access('fetch', NOWHERE);
    assert.deepEqual([world.esr, world.system('FAR_EL1'), world.system('ELR_EL1')], [0x86000010, BigInt(NOWHERE), BigInt(NOWHERE)]);
  });
  test('sea §6 row 3: S1PTW: data SEA, before CM and ISV are looked at', async () => {
    const world = await create({ profile: proposed });
    for (const esr of [0x92000086, 0x92000186]) {
      assert.equal(world.abort(esr, NOWHERE, 0x1234n), 'resume');
      assert.equal(world.esr >>> 26, 0x25);
    }
  });
  for (const operation of ['dc civac, x1', 'dc cvac, x1', 'dc cvau, x1', 'dc ivac, x1', 'ic ivau, x1']) {
    test(`sea §6 row 4: CM = 1 (${operation}) on no slot: the instruction is skipped`, async () => {
      const world = await create();
      assert.equal(world.execute(operation, NOWHERE).kind, 'interrupted');
      assert.equal(world.pc, world.instruction + 4n);
    });
  }
  test('sea §6 row 4: on a READONLY slot it is no such operation: no syndrome', async () => {
    const world = await create();
    world.slot({ flags: memslotFlag.READONLY });
    const outcome = world.execute('dc civac, x1', GPA);
    assert.equal(outcome.kind === 'error' && outcome.errno, 'ENOSYS');
  });

  const withoutSyndrome = [
    ...['ldp x2, x3, [x1]', 'stp x2, x3, [x1]', 'ldr x2, [x1], #8', 'str x2, [x1, #8]!', 'ldr q0, [x1]', 'str d0, [x1]'],
    ...['ldxr x2, [x1]', 'ldadd x2, x3, [x1]', 'ldaxp x2, x3, [x1]'],
  ];
  for (const instruction of withoutSyndrome) {
    test(`sea §6 row 5: ISV = 0 (${instruction}): KVM_RUN is -ENOSYS, with the capability KVM_EXIT_ARM_NISV`, async () => {
      const without = await create();
      const outcome = without.execute(instruction, NOWHERE);
      assert.equal(outcome.kind === 'error' && outcome.errno, 'ENOSYS');
      assert.equal(without.pc, without.instruction);
      const world = await create({ nisv: true });
      assert.equal(world.execute(instruction, NOWHERE).kind, 'exit');
      const { name, fault_ipa } = exitOf(world);
      const esrIss = exitOf(world)['esr_iss'] as bigint;
      assert.deepEqual([name, Number(fault_ipa) - (Number(fault_ipa) % 16)], ['KVM_EXIT_ARM_NISV', NOWHERE]);
      assert.equal(esrIss & ~0x17fn, 0n, 'only CM, WnR and FSC are kept');
      assert.equal(esrIss & 0x3cn, 4n);
    });
  }
  test('sea §6 row 6: LST and a processor with LD64B: KVM_EXIT_ARM_LDST64B with ESR without FSC; without FEAT_LS64 it is an access like any other', async () => {
    const world = await create({ nisv: true, ls64: true });
    assert.equal(world.abort(0x92000806, NOWHERE, 0x40n), 'exit');
    assert.deepEqual(exitOf(world), { name: 'KVM_EXIT_ARM_LDST64B', esr_iss: 0x800n, fault_ipa: BigInt(NOWHERE + 0x40) });
    const plain = await create({ nisv: true });
    assert.equal(plain.abort(0x92000806, NOWHERE, 0x40n), 'exit');
    assert.equal(exitOf(plain)['name'], 'KVM_EXIT_ARM_NISV');
  });
  test('sea §6 row 7: a device in the kernel claims the access: it is done, PC += 4', async () => {
    const world = await create();
    const written: bigint[] = [];
    world.vm.addKernelDevice({
      ...{ base: NOWHERE, size: PAGE },
      ...{ read: (offset) => BigInt(offset) + 0x80n, write: (_offset, _length, value) => void written.push(value) },
    });
    assert.equal(world.execute('ldrsb x2, [x1, #4]', NOWHERE).kind, 'interrupted');
    assert.deepEqual([world.x(2), world.pc], [0xffff_ffff_ffff_ff84n, world.instruction + 4n]);
    world.setX(2, 0x1234_5678n);
    world.execute('strh w2, [x1]', NOWHERE);
    assert.deepEqual(written, [0x5678n]);
  });
  test('sea §6 row 8: else KVM_EXIT_MMIO; fault_ipa is the page of HPFAR and FAR[11:0]', async () => {
    const world = await create();
    world.setX(2, 0x1122_3344_5566_7788n);
    assert.equal(world.execute('str x2, [x1, #0x128]', NOWHERE).kind, 'exit');
    const { name, phys_addr, len, is_write } = exitOf(world);
    assert.deepEqual([name, phys_addr, len, is_write], ['KVM_EXIT_MMIO', BigInt(NOWHERE + 0x128), 8n, 1n]);
    assert.equal(world.vm.vcpus[0]!.run.get(mmioAt.data, 8), 0x1122_3344_5566_7788n);
  });
});

describe('sea §6: read completion', () => {
  const rows: readonly [instruction: string, data: bigint, result: bigint, length: bigint][] = [
    ['ldrb w2, [x1]', 0xffff_ffff_ffff_ff80n, 0x80n, 1n],
    ['ldrh w2, [x1]', 0xffff_ffff_ffff_8001n, 0x8001n, 2n],
    ['ldr w2, [x1]', 0xffff_ffff_8000_0001n, 0x8000_0001n, 4n],
    ['ldr x2, [x1]', 0x8000_0000_0000_0001n, 0x8000_0000_0000_0001n, 8n],
    ['ldrsb w2, [x1]', 0x80n, 0xffff_ff80n, 1n],
    ['ldrsb x2, [x1]', 0x80n, 0xffff_ffff_ffff_ff80n, 1n],
    ['ldrsh w2, [x1]', 0x8000n, 0xffff_8000n, 2n],
    ['ldrsh x2, [x1]', 0x8000n, 0xffff_ffff_ffff_8000n, 2n],
    ['ldrsw x2, [x1]', 0x8000_0000n, 0xffff_ffff_8000_0000n, 4n],
    ['ldrsb x2, [x1]', 0x7fn, 0x7fn, 1n],
    ['ldar w2, [x1]', 0x8000_0001n, 0x8000_0001n, 4n],
    ['ldtr x2, [x1]', 0x1_0000_0002n, 0x1_0000_0002n, 8n],
  ];
  for (const [instruction, data, result, length] of rows) {
    test(`sea §6: ${instruction}: len ${length}, 0x${data.toString(16)} completes as 0x${result.toString(16)}, PC += 4`, async () => {
      const world = await create();
      world.setX(2, 0xdead_beef_dead_beefn);
      assert.equal(world.execute(instruction, NOWHERE).kind, 'exit');
      assert.equal(exitOf(world)['len'], length);
      answer(world, data);
      assert.deepEqual([world.x(2), world.pc], [result, world.instruction + 4n]);
    });
  }
  test('sea §6: SRT 31 is the zero register: the data is discarded', async () => {
    const world = await create();
    world.execute('ldr xzr, [x1]', NOWHERE);
    const before = Array.from({ length: 31 }, (_, n) => world.x(n));
    answer(world, -1n);
    assert.deepEqual(
      Array.from({ length: 31 }, (_, n) => world.x(n)),
      before,
    );
    assert.equal(world.pc, world.instruction + 4n);
  });
  test('sea §6: an external abort injected between exit and re-entry: the completion is skipped', async () => {
    const world = await create();
    world.setX(2, 5n);
    world.execute('ldr x2, [x1]', NOWHERE);
    const vcpu = world.vm.vcpus[0]!;
    const { setVcpuEvents } = await import('../../emulator/kvm/vcpu-events.ts');
    setVcpuEvents(vcpu, { extDabtPending: true });
    answer(world, 7n);
    assert.deepEqual([world.x(2), world.esr, world.system('ELR_EL1')], [5n, 0x96000010, world.instruction]);
  });
  test('sea §6: KVM_RUN with immediate_exit still performs the completion', async () => {
    const world = await create();
    world.execute('ldr x2, [x1]', NOWHERE);
    answer(world, 9n);
    assert.equal(world.x(2), 9n);
  });
  test('sea §6: a store is complete at the next KVM_RUN: PC += 4', async () => {
    const world = await create();
    world.execute('strb w2, [x1]', NOWHERE);
    assert.equal(world.pc, world.instruction);
    answer(world, 0n);
    assert.equal(world.pc, world.instruction + 4n);
  });
});
