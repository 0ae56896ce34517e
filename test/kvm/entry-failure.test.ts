import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { vector } from '../../emulator/cpu/core.ts';
import { type Errno, KvmError } from '../../emulator/kvm/errno.ts';
import { decodeExit } from '../../emulator/kvm/exits/index.ts';
import { setOneReg } from '../../emulator/kvm/one-reg/index.ts';
import type { VirtMachine } from '../../emulator/vmm/virt-machine.ts';
import { guest, pc, runAll, withVectors, x } from '../vmm/guest.ts';

const PSTATE = 0x6030000000100042n;
const failing = (errno: Errno, act: () => unknown): void =>
  assert.throws(act, (error: Error) => error instanceof KvmError && error.errno === errno);

const record = (machine: VirtMachine) => {
  const { name, fields, summary } = decodeExit(machine.vcpus[0]!.run);
  return { name, fields: Object.fromEntries(fields.map((f) => [f.name, f.value])), summary };
};

/** PSTATE that user space wrote, how messages name its mode, and PSTATE after the failed entry. */
const illegal: readonly (readonly [number, string, number])[] = [
  [0x3c9, 'EL2h', 0x100009],
  [0x600003c8, 'EL2t', 0x100009],
  [0x3cd, 'EL3h', 0x100009],
  [0x3c7, 'reserved', 0x1003c9],
  [0x600003c1, 'reserved', 0x601003c9],
  [0x3ca, 'reserved', 0x100009],
  [0x1d0, 'AArch32', 0x1001c9],
  [0x1d3, 'AArch32', 0x1001c9],
];

describe('KVM_EXIT_FAIL_ENTRY', () => {
  for (const [pstate, mode, after] of illegal) {
    test(`-EINVAL: PSTATE 0x${pstate.toString(16)} (${mode}) is an illegal exception return`, async () => {
      const machine = await guest('mov x1, #1\nb .');
      const [vcpu] = machine.vcpus;
      vcpu!.processor.pstate = pstate;
      const outcome = vcpu!.enter(100);
      assert.ok(outcome.kind === 'error');
      assert.equal(outcome.errno, 'EINVAL');
      assert.match(outcome.message, new RegExp(`0x${pstate.toString(16)} .*${mode}`));
      assert.deepEqual(record(machine), {
        name: 'KVM_EXIT_FAIL_ENTRY',
        fields: { hardware_entry_failure_reason: 0n, cpu: 0n },
        summary: 'the return to the guest was an illegal exception return',
      });
      assert.equal(vcpu!.processor.pstate, after);
      assert.deepEqual([pc(machine), x(machine, 1), vcpu!.instructions], [0x40080000n, 0n, 0]);
    });
  }

  test('the vCPU runs again once PSTATE is one it can have', async () => {
    const machine = await guest('mov x1, #1\nb .');
    const [vcpu] = machine.vcpus;
    vcpu!.processor.pstate = 0x3c9;
    assert.equal(vcpu!.enter(100).kind, 'error');
    assert.equal(vcpu!.enter(100).kind, 'error');
    setOneReg(vcpu!, PSTATE, 0x3c5n);
    assert.equal(vcpu!.enter(100).kind, 'interrupted');
    assert.equal(x(machine, 1), 1n);
  });

  test('PSTATE.IL with a mode the vCPU has is the guest’s own exception', async () => {
    const machine = await guest(withVectors('nop\nnop'));
    machine.run(3);
    machine.vcpus[0]!.processor.pstate = 0x1003c5;
    assert.equal(runAll(machine).kind, 'power-off');
    assert.deepEqual([x(machine, 20), x(machine, 21)], [0x3a000000n, 0x4008000cn]);
  });

  test('KVM_SET_ONE_REG of PSTATE: -EINVAL for every mode but EL0t, EL1t and EL1h', async () => {
    const [vcpu] = (await guest('nop')).vcpus;
    for (let mode = 0n; mode < 32n; mode++) {
      if (mode === 0n || mode === 4n || mode === 5n) setOneReg(vcpu!, PSTATE, mode);
      else failing('EINVAL', () => setOneReg(vcpu!, PSTATE, mode));
    }
  });

  test('CPU_UNSUPPORTED: KVM_RUN returns 0 with the CPU', async () => {
    const machine = await guest('nop\nb .', { cpus: 2 });
    const [, second] = machine.vcpus;
    second!.start(0x40080000n, 0n);
    machine.vm.supportedCpus = 0b01;
    assert.equal(second!.enter(100).kind, 'exit');
    const { name, fields, summary } = decodeExit(second!.run);
    assert.equal(name, 'KVM_EXIT_FAIL_ENTRY');
    assert.deepEqual(
      fields.map((f) => [f.value, f.meaning]),
      [
        [1n, 'CPU_UNSUPPORTED'],
        [1n, undefined],
      ],
    );
    assert.equal(summary, 'the vCPU may not run on physical CPU 1');
    assert.equal(machine.vcpus[0]!.enter(100).kind, 'interrupted');
  });

  test('the VMM stops, and says what for', async () => {
    const machine = await guest('nop');
    machine.vcpus[0]!.processor.pstate = 0x3c9;
    assert.deepEqual(runAll(machine), {
      kind: 'fatal',
      vcpu: 0,
      message: 'KVM_RUN failed with -EINVAL: PSTATE 0x3c9 is an illegal exception return: the vCPU has no mode M = 0b01001 (EL2h)',
    });
    assert.equal(machine.exitCounts.KVM_EXIT_FAIL_ENTRY, 1);
  });
});

describe('KVM_EXIT_INTERNAL_ERROR', () => {
  test('a configuration that is not supported: PC', async () => {
    const machine = await guest('nop\nmov x1, #1\nb .');
    const [vcpu] = machine.vcpus;
    machine.run(1);
    vcpu!.state.setNamed('HCR_EL2', vcpu!.state.named('HCR_EL2') | (1n << 30n));
    const message = 'HCR_EL2.TRVM = 1 (trapping reads of virtual memory registers) is not supported';
    assert.deepEqual(vcpu!.enter(100), { kind: 'fatal', message });
    const { name, fields, summary } = record(machine);
    assert.equal(name, 'KVM_EXIT_INTERNAL_ERROR');
    assert.deepEqual([fields.suberror, fields.ndata, fields['data[0]'], fields['data[1]']], [1n, 1n, 0x40080004n, 0n]);
    assert.equal(summary, 'KVM_INTERNAL_ERROR_EMULATION at 0x40080004');
    assert.deepEqual(runAll(machine), { kind: 'fatal', vcpu: 0, message });
    assert.equal(machine.exitCounts.KVM_EXIT_INTERNAL_ERROR, 1);
  });

  test('an instruction that is offered and not implemented: PC, and the instruction', async () => {
    const machine = await guest('nop\nmov x1, #1\nb .');
    const [vcpu] = machine.vcpus;
    // No profile offers such an instruction: the processor says what it would.
    vcpu!.processor.run = () => ({ kind: 'stop', message: 'MOPS is offered but not implemented', word: 0x19010440 });
    assert.deepEqual(vcpu!.enter(100), { kind: 'fatal', message: 'MOPS is offered but not implemented' });
    const { fields, summary } = record(machine);
    assert.deepEqual([fields.ndata, fields['data[0]'], fields['data[1]']], [2n, 0x40080000n, 0x19010440n]);
    assert.equal(summary, 'KVM_INTERNAL_ERROR_EMULATION: instruction 0x19010440 at 0x40080000');
  });

  test('UNEXPECTED_EXIT_REASON: an exception to EL2 by a vector without a handler', async () => {
    const machine = await guest('nop\nb .');
    const { processor } = machine.vcpus[0]!;
    processor.run = () => {
      processor.hypervisorVector = vector.fiq;
      return { kind: 'trap' };
    };
    const outcome = machine.vcpus[0]!.enter(100);
    assert.ok(outcome.kind === 'fatal');
    assert.match(outcome.message, /vector 0x100/);
    const { name, fields } = record(machine);
    assert.deepEqual([name, fields.suberror, fields['data[0]']], ['KVM_EXIT_INTERNAL_ERROR', 4n, 0x40080000n]);
  });
});
