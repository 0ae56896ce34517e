/** Numbers of the ABI, against the headers of arm64: requests, sizes, capabilities. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { capabilities, checkExtension } from '../../../emulator/kvm/capabilities.ts';
import { deviceOperations } from '../../../emulator/kvm/ioctl/device-calls.ts';
import { structs } from '../../../emulator/kvm/ioctl/structs.ts';
import { systemOperations } from '../../../emulator/kvm/ioctl/system-calls.ts';
import { vcpuOperations } from '../../../emulator/kvm/ioctl/vcpu-calls.ts';
import { vmOperations } from '../../../emulator/kvm/ioctl/vm-calls.ts';
import { guest } from '../../vmm/guest.ts';

const files = {
  kvm: systemOperations({} as never).calls,
  vm: vmOperations.calls,
  vcpu: vcpuOperations.calls,
  device: deviceOperations.calls,
} as const;

const attributes = [
  ['KVM_SET_DEVICE_ATTR', 0x4018aee1],
  ['KVM_GET_DEVICE_ATTR', 0x4018aee2],
  ['KVM_HAS_DEVICE_ATTR', 0x4018aee3],
] as const;

const requests: Readonly<Record<keyof typeof files, readonly (readonly [string, number])[]>> = {
  kvm: [
    ['KVM_GET_API_VERSION', 0xae00],
    ['KVM_CREATE_VM', 0xae01],
    ['KVM_CHECK_EXTENSION', 0xae03],
    ['KVM_GET_VCPU_MMAP_SIZE', 0xae04],
  ],
  vm: [
    ['KVM_CHECK_EXTENSION', 0xae03],
    ['KVM_CREATE_VCPU', 0xae41],
    ['KVM_GET_DIRTY_LOG', 0x4010ae42],
    ['KVM_SET_USER_MEMORY_REGION', 0x4020ae46],
    ['KVM_SET_USER_MEMORY_REGION2', 0x40a0ae49],
    ['KVM_CREATE_IRQCHIP', 0xae60],
    ['KVM_IRQ_LINE', 0x4008ae61],
    ['KVM_SIGNAL_MSI', 0x4020aea5],
    ['KVM_ENABLE_CAP', 0x4068aea3],
    ['KVM_ARM_SET_DEVICE_ADDR', 0x4010aeab],
    ['KVM_ARM_PREFERRED_TARGET', 0x8020aeaf],
    ['KVM_ARM_SET_COUNTER_OFFSET', 0x4010aeb5],
    ['KVM_ARM_GET_REG_WRITABLE_MASKS', 0x8040aeb6],
    ['KVM_CLEAR_DIRTY_LOG', 0xc018aec0],
    ['KVM_CREATE_GUEST_MEMFD', 0xc040aed4],
    ['KVM_CREATE_DEVICE', 0xc00caee0],
    ...attributes.filter(([name]) => name !== 'KVM_GET_DEVICE_ATTR'),
  ],
  vcpu: [
    ['KVM_RUN', 0xae80],
    ['KVM_SET_SIGNAL_MASK', 0x4004ae8b],
    ['KVM_GET_MP_STATE', 0x8004ae98],
    ['KVM_SET_MP_STATE', 0x4004ae99],
    ['KVM_SET_GUEST_DEBUG', 0x4208ae9b],
    ['KVM_GET_VCPU_EVENTS', 0x8040ae9f],
    ['KVM_SET_VCPU_EVENTS', 0x4040aea0],
    ['KVM_ENABLE_CAP', 0x4068aea3],
    ['KVM_GET_ONE_REG', 0x4010aeab],
    ['KVM_SET_ONE_REG', 0x4010aeac],
    ['KVM_ARM_VCPU_INIT', 0x4020aeae],
    ['KVM_GET_REG_LIST', 0xc008aeb0],
    ['KVM_ARM_VCPU_FINALIZE', 0x4004aec2],
    ...attributes,
  ],
  device: attributes,
};

describe('ioctl requests', () => {
  for (const [file, rows] of Object.entries(requests))
    for (const [name, value] of rows)
      test(`exits §3: ${file}: ${name} is 0x${value.toString(16)}`, () =>
        assert.equal(files[file as keyof typeof files].find((call) => call.name === name)?.request, value));

  const sizes = [
    ['kvm_enable_cap', structs.enableCap, 104],
    ['kvm_one_reg', structs.oneReg, 16],
    ['kvm_vcpu_init', structs.vcpuInit, 32],
    ['kvm_device_attr', structs.deviceAttr, 24],
    ['kvm_smccc_filter', structs.smcccFilter, 24],
    ['kvm_guest_debug', structs.guestDebug, 520],
    ['kvm_vcpu_events', structs.vcpuEvents, 64],
    ['kvm_userspace_memory_region', structs.memoryRegion, 32],
    ['kvm_userspace_memory_region2', structs.memoryRegion2, 160],
  ] as const;
  for (const [name, { size }, bytes] of sizes) test(`exits §3: struct ${name} has ${bytes} bytes`, () => assert.equal(size, bytes));
});

/** Offered, by number. */
const offered: readonly (readonly [string, number])[] = [
  ['IRQCHIP', 0],
  ['USER_MEMORY', 3],
  ['NR_VCPUS', 9],
  ['NR_MEMSLOTS', 10],
  ['MP_STATE', 14],
  ['SYNC_MMU', 16],
  ['DESTROY_MEMORY_REGION_WORKS', 21],
  ['SET_GUEST_DEBUG', 23],
  ['INTERNAL_ERROR_DATA', 40],
  ['VCPU_EVENTS', 41],
  ['MAX_VCPUS', 66],
  ['ONE_REG', 70],
  ['SIGNAL_MSI', 77],
  ['READONLY_MEM', 81],
  ['ARM_PSCI', 87],
  ['ARM_SET_DEVICE_ADDR', 88],
  ['DEVICE_CTRL', 89],
  ['ENABLE_CAP_VM', 98],
  ['ARM_PSCI_0_2', 102],
  ['CHECK_EXTENSION_VM', 105],
  ['VCPU_ATTRIBUTES', 127],
  ['MAX_VCPU_ID', 128],
  ['IMMEDIATE_EXIT', 136],
  ['ARM_USER_IRQ', 144],
  ['ARM_INJECT_SERROR_ESR', 158],
  ['ARM_VM_IPA_SIZE', 165],
  ['MANUAL_DIRTY_LOG_PROTECT2', 168],
  ['ARM_PTRAUTH_ADDRESS', 171],
  ['ARM_PTRAUTH_GENERIC', 172],
  ['ARM_IRQ_LINE_LAYOUT_2', 174],
  ['ARM_NISV_TO_USER', 177],
  ['ARM_INJECT_EXT_DABT', 178],
  ['HALT_POLL', 182],
  ['SET_GUEST_DEBUG2', 195],
  ['PTP_KVM', 198],
  ['SYSTEM_EVENT_DATA', 215],
  ['ARM_SYSTEM_SUSPEND', 216],
  ['COUNTER_OFFSET', 227],
  ['ARM_SUPPORTED_BLOCK_SIZES', 229],
  ['ARM_SUPPORTED_REG_MASK_RANGES', 230],
  ['USER_MEMORY2', 231],
  ['GUEST_MEMFD', 234],
  ['ARM_CACHEABLE_PFNMAP_SUPPORTED', 243],
  ['GUEST_MEMFD_FLAGS', 244],
  ['ARM_SEA_TO_USER', 245],
];
/** Not offered: what they are about is not part of this machine. */
const absent: readonly (readonly [string, number])[] = [
  // KVM of real Linux answers 0 too, and KVM_CAP_ENABLE_CAP_VM 1.
  ['ENABLE_CAP', 54],
  ['ARM_EL1_32BIT', 93],
  ['ARM_PMU_V3', 126],
  ['ARM_SVE', 170],
  ['STEAL_TIME', 187],
  ['DIRTY_LOG_RING', 192],
  ['EXIT_HYPERCALL', 201],
  ['BINARY_STATS_FD', 203],
  ['ARM_MTE', 205],
  ['DIRTY_LOG_RING_ACQ_REL', 223],
  ['DIRTY_LOG_RING_WITH_BITMAP', 225],
  ['MEMORY_ATTRIBUTES', 233],
  ['PRE_FAULT_MEMORY', 236],
  ['ARM_WRITABLE_IMP_ID_REGS', 239],
  ['ARM_EL2', 240],
  ['ARM_EL2_E2H0', 241],
  ['ARM_RMI', 247],
  ['ARM_SDEI', 214],
];

describe('capabilities', () => {
  const vm = guest('nop', { cpu: 'max', host: { fwb: true, dic: true } }).then((machine) => machine.vm);
  for (const [name, number] of offered)
    test(`exits §4: KVM_CAP_${name} is ${number}`, async () => {
      assert.ok(checkExtension(await vm, number) > 0);
      const known = capabilities.find((c) => c.number === number);
      if (known) assert.equal(known.name, `KVM_CAP_${name}`);
    });
  for (const [name, number] of absent)
    test(`exits §4: KVM_CAP_${name} (${number}) is 0: not offered`, async () => assert.equal(checkExtension(await vm, number), 0));
});
