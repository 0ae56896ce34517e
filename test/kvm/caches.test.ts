import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { structs } from '../../emulator/kvm/ioctl/structs.ts';
import { memslotFlag } from '../../emulator/kvm/memslots.ts';
import { ARENA, outcome, startProgram } from './ioctl/program.ts';
import { GPA, World } from './stage2-world.ts';

const HCR_TVM = 1n << 26n;
const CACHES_ON = 0x30d0_1805n;

const trapsVmRegisters = (world: World): boolean => (world.system('HCR_EL2') & HCR_TVM) !== 0n;

describe('stage2 §5: caches', () => {
  test('stage2 §5: no FWB: HCR_EL2.TVM until the guest has M and C set, then all of its memory is cleaned', async () => {
    const world = await World.create({ cpu: 'max', fwb: false });
    assert.equal(trapsVmRegisters(world), true);
    world.slot();
    world.access('write', GPA);
    world.setX(2, CACHES_ON & ~1n);
    world.execute('msr sctlr_el1, x2', 0);
    assert.deepEqual([trapsVmRegisters(world), world.vm.maintenance.wholeVm], [true, 0]);
    world.setX(2, CACHES_ON);
    world.execute('msr sctlr_el1, x2', 0);
    assert.deepEqual([trapsVmRegisters(world), world.vm.maintenance.wholeVm], [false, 1]);
  });
  test('stage2 §5: no FWB: DC by set and way cleans all memory and watches the caches again', async () => {
    for (const operation of ['dc isw, x2', 'dc csw, x2', 'dc cisw, x2']) {
      const world = await World.create({ cpu: 'max', fwb: false });
      world.execute(operation, 0);
      assert.equal(world.vm.maintenance.wholeVm, 0, 'the guest has its caches off: they are watched');
      world.setSystem('HCR_EL2', world.system('HCR_EL2') & ~HCR_TVM);
      world.execute(operation, 0);
      assert.deepEqual([trapsVmRegisters(world), world.vm.maintenance.wholeVm], [true, 1]);
    }
  });
  test('stage2 §5: FWB: no data cache maintenance, VM registers are not trapped', async () => {
    const world = await World.create({ cpu: 'max', fwb: true });
    assert.equal(trapsVmRegisters(world), false);
    world.slot();
    world.access('write', GPA);
    world.execute('dc cisw, x2', 0);
    assert.deepEqual([trapsVmRegisters(world), world.vm.maintenance.wholeVm, world.vm.maintenance.cleaned], [false, 0, 0]);
  });
});

describe('stage2 §6: by the ABI', () => {
  test('stage2 §6: KVM_CAP_ARM_CACHEABLE_PFNMAP_SUPPORTED on /dev/kvm is -EINVAL, on a VM 0 or 1; nothing to enable', async () => {
    const { kvm, memory } = await startProgram();
    const system = kvm.open();
    const vm = kvm.ioctl(system, 0xae01, 0n);
    assert.equal(outcome(kvm.ioctl(system, 0xae03, 243n)), 'EINVAL');
    assert.equal(outcome(kvm.ioctl(vm, 0xae03, 243n)), 0);
    memory.write(BigInt(ARENA), Uint8Array.of(243, ...new Array(103).fill(0)));
    assert.equal(outcome(kvm.ioctl(vm, 0x4068aea3, BigInt(ARENA))), 'EINVAL');
  });
  test('stage2 §7: struct kvm_userspace_memory_region2 has 160 bytes: guest_memfd_offset@32, guest_memfd@40', () => {
    const bytes = structs.memoryRegion2.write({ guestMemfdOffset: 5n, guestMemfd: 6 });
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    assert.deepEqual([bytes.length, view.getBigUint64(32, true), view.getUint32(40, true)], [160, 5n, 6]);
  });
  test('stage2 §7: struct kvm_userspace_memory_region has 32 bytes: slot@0 flags@4 gpa@8 size@16 uaddr@24', async () => {
    const bytes = structs.memoryRegion.write({
      slot: 1,
      flags: memslotFlag.READONLY,
      guestPhysAddr: 2n,
      memorySize: 3n,
      userspaceAddr: 4n,
    });
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    assert.equal(bytes.length, 32);
    assert.deepEqual([view.getUint32(0, true), view.getUint32(4, true)], [1, 2]);
    assert.deepEqual(
      [8, 16, 24].map((at) => view.getBigUint64(at, true)),
      [2n, 3n, 4n],
    );
  });
});
