import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { capabilities, checkExtension, enableCapability } from '../../emulator/kvm/capabilities.ts';
import { KvmError } from '../../emulator/kvm/errno.ts';
import { getOneReg, setOneReg } from '../../emulator/kvm/one-reg/index.ts';
import { guest, runAll, x } from '../vmm/guest.ts';

const failing = (errno: string, act: () => void): void =>
  assert.throws(act, (error: Error) => error instanceof KvmError && error.errno === errno);

describe('KVM_GET_ONE_REG and KVM_SET_ONE_REG', () => {
  test('core registers by their identifiers', async () => {
    const machine = await guest('nop');
    const [vcpu] = machine.vcpus;
    for (const [id, value] of [
      [0x6030000000100000n, 1n],
      [0x603000000010003cn, 2n],
      [0x603000000010003en, 3n],
      [0x6030000000100040n, 0x40080010n],
      [0x6030000000100044n, 5n],
      [0x6030000000100046n, 6n],
      [0x6030000000100048n, 0x3c5n],
      [0x6040000000100054n, (7n << 64n) | 8n],
      [0x60400000001000d0n, 9n],
      [0x60200000001000d4n, 0x10n],
      [0x60200000001000d5n, 0x3000000n],
    ] as const) {
      setOneReg(vcpu!, id, value);
      assert.equal(getOneReg(vcpu!, id), value, id.toString(16));
    }
    assert.equal(x(machine, 30), 2n);
    assert.equal(vcpu!.state.x(31), 5n, 'EL1h uses SP_EL1');
  });

  test('system registers by encoding', async () => {
    const [vcpu] = (await guest('nop')).vcpus;
    for (const [low, name] of [
      [0xc080, 'SCTLR_EL1'],
      [0xc100, 'TTBR0_EL1'],
      [0xc102, 'TCR_EL1'],
      [0xc290, 'ESR_EL1'],
      [0xc300, 'FAR_EL1'],
      [0xc510, 'MAIR_EL1'],
      [0xc600, 'VBAR_EL1'],
      [0xdf19, 'CNTV_CTL_EL0'],
      [0xdf12, 'CNTP_CVAL_EL0'],
    ] as const) {
      const id = 0x6030000000130000n | BigInt(low);
      vcpu!.state.setNamed(name, 0x1234n);
      assert.equal(getOneReg(vcpu!, id), 0x1234n, name);
    }
  });

  test('the virtual timer’s CVAL and CNT have each other’s identifiers', async () => {
    const machine = await guest('b .');
    const [vcpu] = machine.vcpus;
    setOneReg(vcpu!, 0x603000000013df02n, 0x7777n);
    assert.equal(vcpu!.state.named('CNTV_CVAL_EL0'), 0x7777n);
    machine.run(1600);
    assert.equal(getOneReg(vcpu!, 0x603000000013df1an), 100n);
    setOneReg(vcpu!, 0x603000000013df1an, 5000n);
    machine.run(1600);
    assert.equal(getOneReg(vcpu!, 0x603000000013df1an), 5100n);
  });

  test('ID registers read as the guest sees them and cannot be changed', async () => {
    const [vcpu] = (await guest('nop')).vcpus;
    const pfr0 = 0x603000000013c020n;
    const value = getOneReg(vcpu!, pfr0);
    assert.equal((value >> 24n) & 15n, 1n);
    setOneReg(vcpu!, pfr0, value);
    failing('EINVAL', () => setOneReg(vcpu!, pfr0, 0n));
  });

  test('PSCI version', async () => {
    const machine = await guest('movz x0, #0x8400, lsl #16\nhvc #0\nb .');
    const [vcpu] = machine.vcpus;
    const id = 0x6030000000140000n;
    assert.equal(getOneReg(vcpu!, id), 0x10003n);
    setOneReg(vcpu!, id, 2n);
    runAll(machine, 100);
    assert.equal(x(machine, 0), 2n);
    failing('EINVAL', () => setOneReg(vcpu!, id, 0x20000n));
  });

  test('ENOENT: unknown; EINVAL: another architecture, a core register of another place or size', async () => {
    const [vcpu] = (await guest('nop')).vcpus;
    for (const id of [0x60300000001300ffn, 0x6030000000990000n, 0x602000000013c080n]) failing('ENOENT', () => getOneReg(vcpu!, id));
    for (const id of [0x6030000000100001n, 0x6020000000100000n, 0x4030000000100000n]) failing('EINVAL', () => getOneReg(vcpu!, id));
  });
});

describe('capabilities', () => {
  test('what is offered, and zero for the rest', async () => {
    const { vm } = await guest('nop');
    assert.equal(checkExtension(vm, 165), 44);
    assert.equal(checkExtension(vm, 195), 0x30003);
    assert.equal(checkExtension(vm, 245), 1, 'ARM_SEA_TO_USER');
    assert.equal(checkExtension(vm, 12345), 0);
    assert.equal(new Set(capabilities.map((c) => c.number)).size, capabilities.length);
  });
  test('KVM_ENABLE_CAP', async () => {
    const { vm } = await guest('nop');
    enableCapability(vm, 216);
    assert.equal(vm.systemSuspend, true);
    failing('EINVAL', () => enableCapability(vm, 216, 1));
    failing('EINVAL', () => enableCapability(vm, 3));
    failing('EINVAL', () => enableCapability(vm, 178));
  });
});
