/** What KVM does at an exception to EL2, by ESR_EL2.EC. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { handleTrap } from '../../emulator/kvm/exit-handlers.ts';
import { slots } from '../../emulator/translate/layout.ts';
import { World } from './stage2-world.ts';

const create = (): Promise<World> => World.create({ cpu: 'max' });
/** What KVM has a handler for: WFx, HVC, SMC, MSR and MRS, aborts, debug exceptions. */
const handled = new Set([0x01, 0x16, 0x17, 0x18, 0x20, 0x24, 0x30, 0x32, 0x34, 0x38, 0x3c]);
const others = Array.from({ length: 64 }, (_, ec) => ec).filter((ec) => !handled.has(ec));

describe('esr §6: KVM exit handlers', () => {
  test('esr §6: 0x01 WFI: the vCPU waits behind the instruction; WFE: the others have a turn', async () => {
    const world = await create();
    world.execute('wfi', 0);
    assert.deepEqual([world.vm.vcpus[0]!.isWaiting, world.pc], [true, world.instruction + 4n]);
    world.vm.vcpus[0]!.stopWaiting();
    // With one vCPU KVM does not trap WFE.
    world.execute('nop', 0);
    world.vm.vcpus[0]!.state.set(slots.pc, world.instruction);
    assert.equal(handleTrap(world.vm.vcpus[0]!, 0x07e0_0001), 'yield');
    assert.deepEqual([world.vm.vcpus[0]!.isWaiting, world.pc], [false, world.instruction + 4n]);
  });

  test('esr §6: 0x18 MRS and MSR: what KVM emulates is done, PC += 4; what it does not is UNDEF', async () => {
    const world = await create();
    world.execute('mrs x3, id_aa64pfr0_el1', 0);
    assert.deepEqual([world.x(3) & 0xffn, world.pc], [0x11n, world.instruction + 4n]);
    world.execute('msr id_aa64pfr0_el1, x3', 0);
    assert.deepEqual([world.esr, world.system('ELR_EL1')], [0x0200_0000, world.instruction]);
  });

  test('esr §6: 0x07, 0x09, 0x0a, 0x19 and any other EC: UNDEF (ESR 0x02000000) at the instruction', async () => {
    const world = await create();
    const [vcpu] = world.vm.vcpus;
    for (const ec of others) {
      world.execute('nop', 0);
      const pc = world.pc;
      assert.equal(handleTrap(vcpu!, (ec << 26) | (1 << 25) | 0x1234), 'resume');
      vcpu!.commitException();
      assert.deepEqual([world.esr, world.system('ELR_EL1')], [0x0200_0000, pc], `EC 0x${ec.toString(16)}`);
    }
  });
});
