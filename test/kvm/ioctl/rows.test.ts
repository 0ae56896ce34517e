/** What the calls take besides their number: VM types, states, interrupt lines, attributes, vCPU features. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { structs } from '../../../emulator/kvm/ioctl/structs.ts';
import { ARENA, outcome, startProgram } from './program.ts';

const at = (n: number): bigint => BigInt(ARENA + n);
const request = {
  createVm: 0xae01,
  createVcpu: 0xae41,
  irqLine: 0x4008ae61,
  run: 0xae80,
  getMpState: 0x8004ae98,
  setMpState: 0x4004ae99,
  vcpuInit: 0x4020aeae,
  createDevice: 0xc00caee0,
  setAttr: 0x4018aee1,
  getAttr: 0x4018aee2,
  hasAttr: 0x4018aee3,
} as const;

/** A VM with one vCPU, and its calls in words. */
async function world({ init = true } = {}) {
  const { kvm, memory } = await startProgram();
  kvm.patience = 1000;
  const system = kvm.open();
  const vm = kvm.ioctl(system, request.createVm);
  const vcpu = kvm.ioctl(vm, request.createVcpu);
  const call = (fd: number, number: number, bytes: Uint8Array): number | string => {
    memory.write(at(0x100), bytes);
    return outcome(kvm.ioctl(fd, number, at(0x100)));
  };
  const initialize = (features: number, target = 5) =>
    call(vcpu, request.vcpuInit, structs.vcpuInit.write({ target, features: [features] }));
  if (init) initialize(4);
  const read32 = (): number => structs.u32.read(memory.read(at(0x100), 4)!).value;
  const attribute = (fd: number, number: number, group: number, attr: number, value?: bigint) => {
    if (value !== undefined) memory.write(at(0x200), structs.u64.write({ value }));
    return call(fd, number, structs.deviceAttr.write({ group, attr: BigInt(attr), addr: at(0x200) }));
  };
  const device = (type: number, flags = 0): number | string => {
    const result = call(vm, request.createDevice, structs.createDevice.write({ type, flags }));
    return result === 0 && flags === 0 ? structs.createDevice.read(memory.read(at(0x100), 12)!).fd : result;
  };
  return { kvm, memory, system, vm, vcpu, call, initialize, read32, attribute, device };
}

describe('VMs and vCPUs', () => {
  for (const [type, result] of [
    [0n, 'a VM'],
    [40n, 'a VM'],
    [32n, 'a VM'],
    [31n, 'EINVAL'],
    [60n, 'EINVAL'],
    [1n << 8n, 'EINVAL'],
    [1n << 31n, 'EINVAL'],
  ] as const)
    test(`exits §3: KVM_CREATE_VM of type 0x${type.toString(16)}: ${result}`, async () => {
      const { kvm, system } = await world();
      const made = outcome(kvm.ioctl(system, request.createVm, type));
      assert.equal(typeof made === 'number' ? 'a VM' : made, result);
    });

  for (const [target, features, result] of [
    [5, 1 << 2, 0],
    [5, 1 << 0, 0],
    [5, 1 << 1, 'EINVAL'],
    [5, 1 << 3, 'EINVAL'],
    [5, 1 << 4, 'EINVAL'],
    [5, 1 << 7, 'EINVAL'],
    [6, 0, 'EINVAL'],
  ] as const)
    test(`exits §3: KVM_ARM_VCPU_INIT of target ${target}, features 0x${features.toString(16)}: ${result}`, async () =>
      assert.equal((await world({ init: false })).initialize(features, target), result));

  for (const [state, result] of [
    [0, 0],
    [5, 0],
    [10, 0],
    [1, 'EINVAL'],
    [4, 'EINVAL'],
    [11, 'EINVAL'],
  ] as const)
    test(`exits §3: KVM_SET_MP_STATE ${state}: ${result}`, async () => {
      const { vcpu, call, read32 } = await world();
      assert.equal(call(vcpu, request.setMpState, structs.mpState.write({ mpState: state })), result);
      call(vcpu, request.getMpState, new Uint8Array(4));
      assert.equal(read32(), result === 0 ? state : 0);
    });

  test('exits §1: immediate_exit: KVM_RUN is -EINTR', async () => {
    const { kvm, vcpu } = await world();
    kvm.run(vcpu)[1] = 1;
    assert.equal(outcome(kvm.ioctl(vcpu, request.run)), 'EINTR');
  });
});

describe('interrupt lines', () => {
  const line = (type: number, number: number, vcpu = 0, vcpu2 = 0): number => ((vcpu2 << 28) | (type << 24) | (vcpu << 16) | number) >>> 0;
  const rows: readonly (readonly [string, number, boolean, number | string])[] = [
    ['CPU, IRQ', line(0, 0), false, 0],
    ['CPU, FIQ', line(0, 1), false, 0],
    ['CPU, no such line', line(0, 2), false, 'EINVAL'],
    ['CPU, no such vCPU', line(0, 0, 9), false, 'EINVAL'],
    ['CPU, vCPU of the upper field', line(0, 0, 0, 1), false, 'EINVAL'],
    ['CPU with a vGIC', line(0, 0), true, 'ENXIO'],
    ['SPI without a vGIC', line(1, 40), false, 'ENXIO'],
    ['SPI before the vGIC is initialized', line(1, 40), true, 'EBUSY'],
    ['SPI below 32', line(1, 31), true, 'EINVAL'],
    ['PPI below 16', line(2, 15), true, 'EINVAL'],
    ['PPI above 31', line(2, 32), true, 'EINVAL'],
    ['no such type', line(3, 40), true, 'EINVAL'],
  ];
  for (const [what, irq, gic, result] of rows)
    test(`exits §3: KVM_IRQ_LINE: ${what}: ${result}`, async () => {
      const { vm, call, device } = await world();
      if (gic) device(7);
      assert.equal(call(vm, request.irqLine, structs.irqLevel.write({ irq, level: 1 })), result);
    });
});

describe('devices and attributes', () => {
  for (const [type, result] of [
    [7, 0],
    [5, 'ENODEV'],
    [8, 'ENODEV'],
    [10, 'ENODEV'],
    [16, 'ENODEV'],
  ] as const)
    test(`exits §3: KVM_CREATE_DEVICE of type ${type}: ${result}`, async () => assert.equal((await world()).device(type, 1), result));

  for (const [what, group, attr] of [
    ['distributor', 0, 2],
    ['redistributors', 0, 3],
    ['redistributor region', 0, 5],
    ['NR_IRQS', 3, 0],
    ['CTRL_INIT', 4, 0],
    ['SAVE_PENDING_TABLES', 4, 3],
    ['DIST_REGS: GICD_CTLR', 1, 0],
    ['LEVEL_INFO', 7, 32],
  ] as const)
    test(`exits §3: vGICv3: group ${group} attribute ${attr}: ${what}`, async () => {
      const { device, attribute } = await world();
      assert.equal(attribute(device(7) as number, request.hasAttr, group, attr), 0);
    });
  for (const [group, attr] of [
    [0, 4],
    [4, 1],
    [4, 4],
    [10, 0],
  ] as const)
    test(`exits §3: vGICv3: group ${group} attribute ${attr}: ENXIO`, async () => {
      const { device, attribute } = await world();
      assert.equal(attribute(device(7) as number, request.hasAttr, group, attr), 'ENXIO');
    });

  for (const timer of [0, 1, 2, 3])
    test(`exits §3: vCPU group 1 attribute ${timer}: the interrupt of a timer, 16 to 31`, async () => {
      const { vcpu, device, attribute } = await world();
      assert.equal(attribute(vcpu, request.setAttr, 1, timer, 20n), 'EINVAL', 'without an interrupt controller');
      device(7);
      for (const [irq, result] of [
        [15n, 'EINVAL'],
        [32n, 'EINVAL'],
        [20n + BigInt(timer), 0],
      ] as const)
        assert.equal(attribute(vcpu, request.setAttr, 1, timer, irq), result);
    });
  for (const [what, group] of [
    ['PMU_V3', 0],
    ['PVTIME', 2],
  ] as const)
    test(`exits §3: vCPU group ${group}: ${what} is not offered: ENXIO`, async () => {
      const { vcpu, attribute } = await world();
      assert.equal(attribute(vcpu, request.hasAttr, group, 0), 'ENXIO');
    });
});
