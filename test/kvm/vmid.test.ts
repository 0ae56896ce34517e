import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { systemRegisterSlot } from '../../emulator/isa/registers/index.ts';
import { startLevel, startTables, vtcr } from '../../emulator/kvm/stage2-geometry.ts';
import { VmidAllocator, type VmidHolder } from '../../emulator/kvm/vmid.ts';
import { GPA, World } from './stage2-world.ts';

const vm = (): VmidHolder => ({ vmid: 0, generation: 0 });

describe('stage2 §8: VMIDs', () => {
  for (const bits of [8, 16] as const) {
    test(`stage2 §8: ${bits} bits: VMID 0 is never given to a guest, all others are, then the generation rolls over with a TLBI of everything`, () => {
      let invalidated = 0;
      const vmids = new VmidAllocator(bits, () => invalidated++);
      const vms = Array.from({ length: 2 ** bits - 1 }, vm);
      const numbers = new Set(vms.map((holder) => vmids.update(holder)));
      assert.deepEqual([numbers.size, numbers.has(0), vmids.generation, invalidated], [2 ** bits - 1, false, 1, 0]);
      assert.equal(vmids.update(vm()), 1);
      assert.deepEqual([vmids.generation, vmids.rollovers, invalidated], [2, 1, 1]);
    });
  }
  test('stage2 §8: a VM that runs while the generation rolls over keeps its VMID, and nobody else gets it', () => {
    const vmids = new VmidAllocator(8);
    const running = vm();
    assert.equal(vmids.update(running, 1), 1);
    for (let n = 0; n < 254; n++) vmids.update(vm());
    const late = vm();
    assert.equal(vmids.update(late, 0), 2);
    assert.equal(vmids.update(running, 1), 1);
    assert.equal(vmids.generation, 2);
  });
  test('stage2 §8: a VM keeps its number in a new generation while that is free', () => {
    const vmids = new VmidAllocator(8);
    const vms = Array.from({ length: 255 }, vm);
    for (const holder of vms) vmids.update(holder);
    vmids.update(vm());
    assert.equal(vmids.update(vms[99]!), 100);
    assert.equal(vmids.rollovers, 1);
  });
  test('stage2 §8: the VMID is in VTTBR_EL2[63:48], 16 bits wide with VTCR_EL2.VS', async () => {
    const { vm: machine } = await World.create({ cpu: 'max' });
    const { state } = machine.vcpus[0]!;
    assert.equal(state.system(systemRegisterSlot('VTTBR_EL2')) >> 48n, BigInt(machine.vmid));
    assert.equal((state.system(systemRegisterSlot('VTCR_EL2')) >> 19n) & 1n, machine.features.vmid16 ? 1n : 0n);
  });
  test('stage2 §8: after a rollover VTTBR_EL2 has the new VMID when the guest is next entered', async () => {
    const vmids = new VmidAllocator(8);
    const others = Array.from({ length: 300 }, vm);
    const world = await World.create({ vmids });
    world.slot();
    world.access('read', GPA);
    const before = world.vm.vmid;
    vmids.clearActive(0);
    for (const holder of others) vmids.update(holder);
    vmids.clearActive(0);
    world.access('read', GPA);
    assert.notEqual(world.vm.vmid, before);
    assert.equal(world.vm.vcpus[0]!.state.system(systemRegisterSlot('VTTBR_EL2')) >> 48n, BigInt(world.vm.vmid));
  });
});

describe('stage2 §1: what KVM puts into VTCR_EL2', () => {
  const rows: readonly [number, number, number, bigint][] = [
    [32, 2, 4, 0n],
    [34, 2, 16, 0n],
    [35, 1, 1, 1n],
    [39, 1, 1, 1n],
    [40, 1, 2, 1n],
    [43, 1, 16, 1n],
    [44, 0, 1, 2n],
    [48, 0, 1, 2n],
  ];
  for (const [ipaBits, level, tables, sl0] of rows) {
    test(`stage2 §1: ${ipaBits}-bit IPA: start level ${level}, SL0 ${sl0}, ${tables} concatenated start tables`, () => {
      assert.deepEqual([startLevel(ipaBits), startTables(ipaBits)], [level, tables]);
      const value = vtcr(5, false, ipaBits);
      assert.deepEqual([value & 0x3fn, (value >> 6n) & 3n], [BigInt(64 - ipaBits), sl0]);
    });
  }
  for (const ipaBits of [32, 36, 40, 44, 48]) {
    test(`stage2 §1: a guest runs on the tables of a ${ipaBits}-bit IPA`, async () => {
      const world = await World.create({ cpu: 'max', ipaBits });
      world.slot();
      assert.equal(world.access('write', GPA).kind, 'interrupted');
      assert.match(world.mapped(), /^2M normal rw/);
    });
  }
});
