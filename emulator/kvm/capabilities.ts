import { KvmError } from './errno.ts';
import { guestDebugControl } from './guest-debug.ts';
import { GUEST_MEMFD_FLAGS } from './guest-memfd.ts';
import { type KernelProfile, type KernelProfileName, merged, proposed } from './kernel-profile.ts';
import { MAX_MEMSLOTS } from './memslots.ts';
import type { Vm } from './vm.ts';
import { supportsCacheablePfnmap } from './vma-rules.ts';

/** A capability of KVM on arm64: what KVM_CHECK_EXTENSION answers and what KVM_ENABLE_CAP does. */
export interface Capability {
  readonly name: string;
  /** KVM_CAP_* number. */
  readonly number: number;
  readonly check: (vm: Vm) => number;
  /** Absent: cannot be enabled. */
  readonly enable?: (vm: Vm) => void;
}

const always = (name: string, number: number, value = 1): Capability => ({ name, number, check: () => value });

/** What this KVM offers; every other number is answered with 0. */
export const capabilities: readonly Capability[] = [
  always('KVM_CAP_IRQCHIP', 0),
  always('KVM_CAP_USER_MEMORY', 3),
  always('KVM_CAP_NR_VCPUS', 9, 8),
  always('KVM_CAP_NR_MEMSLOTS', 10, MAX_MEMSLOTS),
  always('KVM_CAP_MP_STATE', 14),
  always('KVM_CAP_SYNC_MMU', 16),
  always('KVM_CAP_DESTROY_MEMORY_REGION_WORKS', 21),
  always('KVM_CAP_SET_GUEST_DEBUG', 23),
  always('KVM_CAP_VCPU_EVENTS', 41),
  always('KVM_CAP_ENABLE_CAP', 54),
  always('KVM_CAP_MAX_VCPUS', 66, 8),
  always('KVM_CAP_ONE_REG', 70),
  always('KVM_CAP_READONLY_MEM', 81),
  always('KVM_CAP_ARM_PSCI', 87),
  always('KVM_CAP_DEVICE_CTRL', 89),
  always('KVM_CAP_ENABLE_CAP_VM', 98),
  always('KVM_CAP_ARM_PSCI_0_2', 102),
  always('KVM_CAP_CHECK_EXTENSION_VM', 105),
  always('KVM_CAP_MAX_VCPU_ID', 128, 8),
  always('KVM_CAP_IMMEDIATE_EXIT', 136),
  { name: 'KVM_CAP_ARM_INJECT_SERROR_ESR', number: 158, check: (vm) => Number(vm.features.ras) },
  { name: 'KVM_CAP_ARM_VM_IPA_SIZE', number: 165, check: (vm) => vm.physicalAddressBits },
  { name: 'KVM_CAP_ARM_PTRAUTH_ADDRESS', number: 171, check: (vm) => Number(vm.features.pauth) },
  { name: 'KVM_CAP_ARM_PTRAUTH_GENERIC', number: 172, check: (vm) => Number(vm.features.pauth) },
  always('KVM_CAP_ARM_IRQ_LINE_LAYOUT_2', 174),
  {
    name: 'KVM_CAP_ARM_NISV_TO_USER',
    number: 177,
    check: () => 1,
    enable: (vm) => {
      vm.nisvToUser = true;
    },
  },
  always('KVM_CAP_ARM_INJECT_EXT_DABT', 178),
  always('KVM_CAP_SET_GUEST_DEBUG2', 195, guestDebugControl.ENABLE | guestDebugControl.SINGLESTEP | guestDebugControl.USE_SW_BP),
  always('KVM_CAP_PTP_KVM', 198),
  { name: 'KVM_CAP_VM_GPA_BITS', number: 207, check: (vm) => vm.physicalAddressBits },
  always('KVM_CAP_SYSTEM_EVENT_DATA', 215),
  {
    name: 'KVM_CAP_ARM_SYSTEM_SUSPEND',
    number: 216,
    check: () => 1,
    enable: (vm) => {
      vm.systemSuspend = true;
    },
  },
  always('KVM_CAP_USER_MEMORY2', 231),
  always('KVM_CAP_MEMORY_FAULT_INFO', 232),
  always('KVM_CAP_GUEST_MEMFD', 234),
  { name: 'KVM_CAP_ARM_CACHEABLE_PFNMAP_SUPPORTED', number: 243, check: (vm) => Number(supportsCacheablePfnmap(vm.vmaRules)) },
  always('KVM_CAP_GUEST_MEMFD_FLAGS', 244, GUEST_MEMFD_FLAGS),
];

/** Those whose number is the kernel profile's, or that only one profile has. */
const profileCapabilities: Readonly<Record<KernelProfileName, readonly Capability[]>> = {
  merged: ofProfile(merged),
  proposed: ofProfile(proposed),
};

function ofProfile({ capabilities: { ARM_SEA_TO_USER, ARM_INJECT_EXT_IABT } }: KernelProfile): Capability[] {
  return [
    {
      name: 'KVM_CAP_ARM_SEA_TO_USER',
      number: ARM_SEA_TO_USER,
      check: () => 1,
      enable: (vm) => {
        vm.seaToUser = true;
      },
    },
    ...(ARM_INJECT_EXT_IABT === undefined ? [] : [always('KVM_CAP_ARM_INJECT_EXT_IABT', ARM_INJECT_EXT_IABT)]),
  ];
}

const find = (vm: Vm, number: number): Capability | undefined =>
  profileCapabilities[vm.kernel.name].find((c) => c.number === number) ?? capabilities.find((c) => c.number === number);

/** KVM_CHECK_EXTENSION. */
export const checkExtension = (vm: Vm, number: number): number => find(vm, number)?.check(vm) ?? 0;

/**
 * KVM_ENABLE_CAP on the VM.
 * @throws KvmError EINVAL for non-zero flags, or a capability that is unknown or cannot be enabled.
 */
export function enableCapability(vm: Vm, number: number, flags = 0): void {
  const capability = find(vm, number);
  if (flags !== 0 || !capability?.enable || capability.check(vm) === 0)
    throw new KvmError('EINVAL', `KVM_ENABLE_CAP of ${capability?.name ?? number}`);
  capability.enable(vm);
}
