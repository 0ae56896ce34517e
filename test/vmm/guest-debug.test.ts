import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { systemRegisterSlot } from '../../emulator/isa/registers/index.ts';
import { KvmError } from '../../emulator/kvm/errno.ts';
import { decodeExit } from '../../emulator/kvm/exits/index.ts';
import { guestDebugControl } from '../../emulator/kvm/guest-debug.ts';
import type { GuestDebugRegisters } from '../../emulator/kvm/guest-debug-registers.ts';
import { filterAction } from '../../emulator/kvm/smccc-filter.ts';
import { getVcpuEvents, setVcpuEvents } from '../../emulator/kvm/vcpu-events.ts';
import { guest, pc, runAll, text, withVectors, x } from './guest.ts';

const { ENABLE, SINGLESTEP, USE_SW_BP, USE_HW } = guestDebugControl;

describe('KVM_SET_GUEST_DEBUG', () => {
  test('SINGLESTEP: KVM_RUN returns KVM_EXIT_DEBUG, EC 0x32, after each instruction', async () => {
    const machine = await guest('1: add x1, x1, #1\nb 1b');
    const [vcpu] = machine.vcpus;
    vcpu!.guestDebug.set(ENABLE | SINGLESTEP);
    for (const expected of [0x40080004n, 0x40080000n, 0x40080004n]) {
      assert.equal(vcpu!.enter(1000).kind, 'exit');
      assert.equal(pc(machine), expected);
      const { name, fields } = decodeExit(vcpu!.run);
      assert.equal(name, 'KVM_EXIT_DEBUG');
      assert.equal(Number(fields[0]!.value) >>> 26, 0x32);
    }
    assert.equal(x(machine, 1), 2n);
  });

  test('SINGLESTEP over an instruction that user space emulates', async () => {
    const machine = await guest('movz x9, #0x0900, lsl #16\nmov w1, #65\nstrb w1, [x9]\nnop');
    const [vcpu] = machine.vcpus;
    machine.run(2);
    vcpu!.guestDebug.set(ENABLE | SINGLESTEP);
    machine.hooks = { breakpoint: () => false, exception: () => false, exit: (_, name) => name === 'KVM_EXIT_DEBUG' };
    assert.equal(machine.run(100).kind, 'hook');
    assert.equal(pc(machine), 0x4008000cn);
    assert.equal(text(machine), 'A');
  });

  test('the guest does not see KVM’s step bits', async () => {
    const machine = await guest('mrs x1, mdscr_el1\nmrs x2, spsr_el1\nnop');
    const [vcpu] = machine.vcpus;
    vcpu!.guestDebug.set(ENABLE | SINGLESTEP);
    vcpu!.enter(100);
    vcpu!.enter(100);
    assert.equal(x(machine, 1), 0n);
  });

  test('USE_SW_BP: BRK comes to user space with PC at the BRK; off, it is the guest’s', async () => {
    const machine = await guest(withVectors('brk #7\nnop'));
    const [vcpu] = machine.vcpus;
    vcpu!.guestDebug.set(ENABLE | USE_SW_BP);
    const at = 0x4008000cn;
    assert.equal(vcpu!.enter(1000).kind, 'exit');
    assert.equal(pc(machine), at);
    assert.equal(vcpu!.run.getNumber(32, 4), 0xf2000007);
    vcpu!.guestDebug.set(0);
    assert.equal(runAll(machine).kind, 'power-off');
    assert.equal(x(machine, 20), 0xf2000007n);
    assert.equal(x(machine, 21), at);
  });

  const none = new Array<bigint>(16).fill(0n);
  const first = (value: bigint): bigint[] => [value, ...none.slice(1)];
  const registersOf = (given: Partial<GuestDebugRegisters>): GuestDebugRegisters => ({
    ...{ dbgBcr: none, dbgBvr: none, dbgWcr: none, dbgWvr: none },
    ...given,
  });

  test('exits §6: USE_HW: a breakpoint is EC 0x30 before its instruction; off, the guest has its own registers back', async () => {
    const machine = await guest('mov x1, #0x100\nmsr dbgbvr0_el1, x1\nadd x2, x2, #1\nmrs x3, dbgbvr0_el1\nwfi');
    const [vcpu] = machine.vcpus;
    vcpu!.guestDebug.set(ENABLE | USE_HW, registersOf({ dbgBcr: first(0x1e7n), dbgBvr: first(0x40080008n) }));
    assert.equal(vcpu!.enter(1000).kind, 'exit');
    assert.equal(decodeExit(vcpu!.run).name, 'KVM_EXIT_DEBUG');
    assert.deepEqual([vcpu!.run.getNumber(32, 4), pc(machine), x(machine, 2)], [0xc2000022, 0x40080008n, 0n]);
    vcpu!.guestDebug.set(0);
    vcpu!.enter(2);
    assert.deepEqual([x(machine, 2), x(machine, 3)], [1n, 0x100n]);
  });

  test('exits §6: USE_HW: a watchpoint is EC 0x34 with `far`, before the access; reads and writes as WCR.LSC says', async () => {
    const machine = await guest('adr x9, 1f\nldr x1, [x9]\nstr x9, [x9]\nwfi\n.balign 8\n1: .quad 5');
    const [vcpu] = machine.vcpus;
    const stores = 1n | (3n << 1n) | (2n << 3n) | (0xffn << 5n);
    vcpu!.guestDebug.set(ENABLE | USE_HW, registersOf({ dbgWcr: first(stores), dbgWvr: first(0x40080010n) }));
    assert.equal(vcpu!.enter(1000).kind, 'exit');
    assert.deepEqual([vcpu!.run.getNumber(32, 4), vcpu!.run.get(40, 8), pc(machine)], [0xd2000062, 0x40080010n, 0x40080008n]);
    assert.equal(x(machine, 1), 5n);
  });

  test('exits §6: whatever user space debugs, breakpoints of the guest itself are off', async () => {
    const machine = await guest('mov x1, #1\nmov x2, #2\nbrk #3');
    const [vcpu] = machine.vcpus;
    for (const [name, value] of [
      ['MDSCR_EL1', 0xa000n],
      ['DBGBCR0_EL1', 0x1e7n],
      ['DBGBVR0_EL1', 0x40080004n],
    ] as const)
      vcpu!.state.setSystem(systemRegisterSlot(name), value);
    vcpu!.guestDebug.set(ENABLE | USE_SW_BP);
    assert.equal(vcpu!.enter(1000).kind, 'exit');
    assert.deepEqual([vcpu!.run.getNumber(32, 4), x(machine, 2)], [0xf2000003, 2n]);
  });

  test('EINVAL for what is not valid', async () => {
    const machine = await guest('nop');
    for (const control of [1 << 2, ENABLE | (1 << 18)]) {
      assert.throws(
        () => machine.vcpus[0]!.guestDebug.set(control),
        (error: Error) => error instanceof KvmError && error.errno === 'EINVAL',
      );
    }
  });
});

describe('SMCCC filter', () => {
  test('a forwarded call exits with KVM_EXIT_HYPERCALL; a denied one returns NOT_SUPPORTED', async () => {
    const machine = await guest('movz x0, #0xc300, lsl #16\nhvc #0\nmovz x0, #0xc400, lsl #16\nhvc #0\nb .');
    machine.vm.smcccFilter.add(0xc3000000, 1, filterAction.FWD_TO_USER, false);
    machine.vm.smcccFilter.add(0xc4000000, 32, filterAction.DENY, false);
    const [vcpu] = machine.vcpus;
    assert.equal(vcpu!.enter(1000).kind, 'exit');
    const { name, summary } = decodeExit(vcpu!.run);
    assert.deepEqual([name, summary], ['KVM_EXIT_HYPERCALL', 'HVC call 0xc3000000']);
    assert.equal(pc(machine), 0x40080008n);
    vcpu!.enter(100);
    assert.equal(x(machine, 0), 0xffffffffffffffffn);
  });
});

describe('KVM_SET_VCPU_EVENTS', () => {
  test('an SError is pending until PSTATE.A is clear, then taken once', async () => {
    const machine = await guest(withVectors('nop\nmsr daifclr, #4\nnop\nnop'));
    const [vcpu] = machine.vcpus;
    machine.run(3);
    setVcpuEvents(vcpu!, { serrorPending: true });
    assert.equal(getVcpuEvents(vcpu!).serrorPending, true);
    assert.equal(runAll(machine).kind, 'power-off');
    assert.equal(x(machine, 20) >> 26n, 0x2fn);
    assert.equal(getVcpuEvents(vcpu!).serrorPending, false);
  });

  test('with FEAT_RAS the syndrome given is the guest’s', async () => {
    const machine = await guest(withVectors('nop\nmsr daifclr, #4\nnop\nnop'), { cpu: 'neoverse-n1' });
    const [vcpu] = machine.vcpus;
    machine.run(3);
    if (!machine.vm.features.ras) return;
    setVcpuEvents(vcpu!, { serrorPending: true, serrorHasEsr: true, serrorEsr: 0x11n });
    assert.equal(runAll(machine).kind, 'power-off');
    assert.equal(x(machine, 20), 0xbe000011n);
  });

  test('EINVAL: a syndrome without FEAT_RAS, or beyond ISS', async () => {
    const machine = await guest('nop');
    const [vcpu] = machine.vcpus;
    const wrong = machine.vm.features.ras ? 1n << 25n : 0x11n;
    assert.throws(() => setVcpuEvents(vcpu!, { serrorPending: true, serrorHasEsr: true, serrorEsr: wrong }), KvmError);
  });
});
