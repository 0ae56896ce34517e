import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { slots } from '../../emulator/translate/layout.ts';
import { QUANTUM } from '../../emulator/vmm/scheduler.ts';
import { guest, runAll, x } from './guest.ts';

/** Registers of a vCPU before its first instruction. */
async function entry(cpu: string, cpus = 1) {
  const machine = await guest('nop', { cpu, cpus });
  const { state, processor } = machine.vcpus[0]!;
  const read = (name: string): bigint => state.named(name);
  return { machine, state, processor, read };
}

describe('entry state (booting.rst; KVM_ARM_VCPU_INIT)', () => {
  test('EL1h with D, A, I, F masked; PC is the entry point; X0 the device tree, all else zero', async () => {
    const { machine, state, processor } = await entry('cortex-a57');
    assert.equal(processor.pstate, 0x3c5);
    assert.equal(state.get(slots.pc), 0x40080000n);
    assert.equal(state.get(0), BigInt(machine.layout.deviceTree));
    assert.equal(machine.layout.deviceTree % 8, 0);
    for (let n = 1; n < 31; n++) assert.equal(state.get(n), 0n, `X${n}`);
  });
  test('MMU and caches off, SCTLR_EL1 as KVM resets it', async () => {
    const { read } = await entry('cortex-a57');
    assert.equal(read('SCTLR_EL1'), 0xc50078n);
  });
  test('the virtual counter starts at the physical one', async () => {
    const { read } = await entry('cortex-a57');
    assert.equal(read('CNTVOFF_EL2'), 0n);
    assert.equal(read('CNTHCTL_EL2') & 3n, 3n);
  });
  test('the device tree is there', async () => {
    const { machine } = await entry('cortex-a57');
    const at = machine.hostAddress(machine.layout.deviceTree);
    assert.deepEqual([...machine.silicon.memory.bytes.subarray(at, at + 4)], [0xd0, 0x0d, 0xfe, 0xed]);
  });
});

/** Bits of HCR_EL2 by name. */
const HCR = {
  VM: 0,
  SWIO: 1,
  PTW: 2,
  FMO: 3,
  IMO: 4,
  AMO: 5,
  TWI: 13,
  TWE: 14,
  TID3: 18,
  TSC: 19,
  TVM: 26,
  RW: 31,
  TERR: 36,
  TEA: 37,
  FWB: 46,
} as const;

describe('EL2 as KVM sets it for a guest', () => {
  const bit = (hcr: bigint, name: keyof typeof HCR): boolean => ((hcr >> BigInt(HCR[name])) & 1n) === 1n;

  test('stage 2 on, interrupts virtual, WFI, SMC and ID registers trapped, EL1 is AArch64', async () => {
    const { read } = await entry('cortex-a57');
    for (const name of ['VM', 'SWIO', 'PTW', 'FMO', 'IMO', 'AMO', 'TWI', 'TID3', 'TSC', 'RW'] as const)
      assert.ok(bit(read('HCR_EL2'), name), name);
  });
  test('WFE is trapped only where another vCPU could run', async () => {
    assert.equal(bit((await entry('cortex-a57', 1)).read('HCR_EL2'), 'TWE'), false);
    assert.equal(bit((await entry('cortex-a57', 2)).read('HCR_EL2'), 'TWE'), true);
  });
  test('without FEAT_S2FWB writes of translation registers are trapped until the guest has its caches on', async () => {
    const { read } = await entry('cortex-a57');
    assert.equal(bit(read('HCR_EL2'), 'FWB'), false);
    assert.equal(bit(read('HCR_EL2'), 'TVM'), true);
    const machine = await guest(
      'mrs x1, sctlr_el1\nmov x2, #4\norr x1, x1, x2\norr x1, x1, #1\nbic x1, x1, #1\nmsr sctlr_el1, x1\nisb\nb .',
    );
    runAll(machine, 100);
    assert.equal(bit(machine.vcpus[0]!.state.named('HCR_EL2'), 'TVM'), true, 'M is still 0');
    assert.equal(x(machine, 2), 4n);
  });
  test('with FEAT_RAS external aborts and SErrors come to KVM', async () => {
    for (const cpu of ['cortex-a57', 'neoverse-n1', 'max']) {
      const { machine, read } = await entry(cpu);
      assert.equal(bit(read('HCR_EL2'), 'TEA'), machine.vm.features.ras, cpu);
      assert.equal(bit(read('HCR_EL2'), 'TERR'), machine.vm.features.ras, cpu);
    }
  });
  test('VTTBR_EL2 has a VMID, never 0, and the tables', async () => {
    const { machine, read } = await entry('cortex-a57');
    assert.equal(read('VTTBR_EL2'), machine.vm.stage2.vttbr(1));
  });
  test('VMPIDR_EL2 numbers the vCPUs', async () => {
    const { machine } = await entry('cortex-a57', 3);
    assert.deepEqual(
      machine.vcpus.map(({ state }) => state.named('VMPIDR_EL2')),
      [0x80000000n, 0x80000001n, 0x80000002n],
    );
  });
});

describe('PSCI CPU_ON', () => {
  test('starts at the entry point with the context in X0, MMU off, whatever was there before', async () => {
    const machine = await guest(
      `
        movz    x0, #0xc400, lsl #16
        movk    x0, #3
        mov     x1, #1
        adr     x2, secondary
        mov     x3, #0x55
        hvc     #0
        b       .
secondary:
        mov     x19, x0
        mrs     x20, sctlr_el1
        mrs     x21, mpidr_el1
        b       .`,
      { cpus: 2 },
    );
    machine.vcpus[1]!.state.set(5, 99n);
    machine.run(QUANTUM + 100);
    assert.deepEqual([x(machine, 19, 1), x(machine, 20, 1), x(machine, 21, 1), x(machine, 5, 1)], [0x55n, 0xc50078n, 0x80000001n, 0n]);
    assert.equal(machine.vcpus[1]!.processor.pstate & 0x3df, 0x3c5);
  });
});
