import { checkManualDirtyLog, manualDirtyLog } from './dirty-log.ts';
import { KvmError } from './errno.ts';
import { VALID_GUEST_DEBUG } from './guest-debug.ts';
import { GUEST_MEMFD_FLAGS } from './guest-memfd.ts';
import { type KernelProfile, type KernelProfileName, merged, proposed } from './kernel-profile.ts';
import { MAX_MEMSLOTS } from './memslots.ts';
import { BLOCK_BYTES, LARGE_BLOCK_BYTES, PAGE_BYTES } from './stage2-geometry.ts';
import { MAX_VCPUS } from './vcpu-init.ts';
import { type HostFeatures, ipaLimit, type Vm } from './vm.ts';
import { supportsCacheablePfnmap } from './vma-rules.ts';

/** What the answers depend on. */
export interface CapabilityScope {
  readonly features: HostFeatures;
  readonly kernel: KernelProfile;
  /** Absent for /dev/kvm. */
  readonly vm?: Vm;
}

/** A capability of KVM on arm64: what KVM_CHECK_EXTENSION answers and what KVM_ENABLE_CAP does. */
export interface Capability {
  readonly name: string;
  /** KVM_CAP_* number. */
  readonly number: number;
  readonly check: (scope: CapabilityScope) => number;
  /** Absent: cannot be enabled. `argument` is `args[0]`. */
  readonly enable?: (vm: Vm, argument: bigint) => void;
}

const always = (name: string, number: number, value = 1): Capability => ({ name, number, check: () => value });
const where = (name: string, number: number, feature: (features: HostFeatures) => number | boolean): Capability => ({
  ...{ name, number },
  check: ({ features }) => Number(feature(features)),
});
const enabling = (name: string, number: number, enable: Capability['enable'] & object): Capability => ({
  ...always(name, number),
  enable,
});

/** Asked of /dev/kvm, a question that only a VM can answer is an error. */
const ofVm = (name: string, number: number, check: (vm: Vm) => number): Capability => ({
  ...{ name, number },
  check: ({ vm }) => {
    if (!vm) throw new KvmError('EINVAL', `${name} of /dev/kvm`);
    return check(vm);
  },
});

/** Processors that the host has online. */
const HOST_CPUS = 8;
const BLOCK_SIZES = PAGE_BYTES | BLOCK_BYTES | LARGE_BLOCK_BYTES;

function enableEagerSplit(vm: Vm, argument: bigint): void {
  const size = Number(argument);
  const supported = size === 0 || [PAGE_BYTES, BLOCK_BYTES, LARGE_BLOCK_BYTES].includes(size);
  if (!supported || vm.memslots.all().length > 0) throw new KvmError('EINVAL', `KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE of ${argument} bytes`);
  vm.memory.eagerSplitChunkSize = size;
}

/**
 * What this KVM offers; every other number is answered with 0. Of what Linux offers on the same host, it has no coalesced MMIO, no interrupt routing, eventfds and ITS, no
 * AArch32 at EL1, PMU, SVE, MTE and nested virtualization, no dirty ring, no stolen time and no statistics.
 */
export const capabilities: readonly Capability[] = [
  always('KVM_CAP_IRQCHIP', 0),
  always('KVM_CAP_USER_MEMORY', 3),
  always('KVM_CAP_NR_VCPUS', 9, HOST_CPUS),
  always('KVM_CAP_NR_MEMSLOTS', 10, MAX_MEMSLOTS),
  always('KVM_CAP_MP_STATE', 14),
  always('KVM_CAP_SYNC_MMU', 16),
  always('KVM_CAP_DESTROY_MEMORY_REGION_WORKS', 21),
  always('KVM_CAP_SET_GUEST_DEBUG', 23),
  always('KVM_CAP_JOIN_MEMORY_REGIONS_WORKS', 30),
  always('KVM_CAP_INTERNAL_ERROR_DATA', 40),
  always('KVM_CAP_VCPU_EVENTS', 41),
  always('KVM_CAP_MAX_VCPUS', 66, MAX_VCPUS),
  always('KVM_CAP_ONE_REG', 70),
  always('KVM_CAP_SIGNAL_MSI', 77),
  always('KVM_CAP_READONLY_MEM', 81),
  always('KVM_CAP_ARM_PSCI', 87),
  always('KVM_CAP_ARM_SET_DEVICE_ADDR', 88),
  always('KVM_CAP_DEVICE_CTRL', 89),
  always('KVM_CAP_ENABLE_CAP_VM', 98),
  always('KVM_CAP_ARM_PSCI_0_2', 102),
  always('KVM_CAP_CHECK_EXTENSION_VM', 105),
  where('KVM_CAP_GUEST_DEBUG_HW_BPS', 119, ({ breakpoints }) => breakpoints),
  where('KVM_CAP_GUEST_DEBUG_HW_WPS', 120, ({ watchpoints }) => watchpoints),
  always('KVM_CAP_VCPU_ATTRIBUTES', 127),
  always('KVM_CAP_MAX_VCPU_ID', 128, MAX_VCPUS),
  ofVm('KVM_CAP_MSI_DEVID', 131, () => 0),
  always('KVM_CAP_IMMEDIATE_EXIT', 136),
  always('KVM_CAP_ARM_USER_IRQ', 144),
  where('KVM_CAP_ARM_INJECT_SERROR_ESR', 158, ({ ras }) => ras),
  where('KVM_CAP_ARM_VM_IPA_SIZE', 165, ipaLimit),
  {
    ...always('KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2', 168, manualDirtyLog.PROTECT_ENABLE | manualDirtyLog.INITIALLY_SET),
    enable: (vm, argument) => {
      vm.memslots.manualDirtyLogProtect = checkManualDirtyLog(argument > 0xffn ? 0xff : Number(argument));
    },
  },
  where('KVM_CAP_ARM_PTRAUTH_ADDRESS', 171, ({ pauth }) => pauth),
  where('KVM_CAP_ARM_PTRAUTH_GENERIC', 172, ({ pauth }) => pauth),
  always('KVM_CAP_ARM_IRQ_LINE_LAYOUT_2', 174),
  enabling('KVM_CAP_ARM_NISV_TO_USER', 177, (vm) => {
    vm.nisvToUser = true;
  }),
  always('KVM_CAP_ARM_INJECT_EXT_DABT', 178),
  // Nothing polls here before a vCPU sleeps: any limit is kept.
  enabling('KVM_CAP_HALT_POLL', 182, (_, argument) => {
    if (argument >> 32n) throw new KvmError('EINVAL', `KVM_CAP_HALT_POLL of ${argument} ns`);
  }),
  always('KVM_CAP_SET_GUEST_DEBUG2', 195, VALID_GUEST_DEBUG),
  always('KVM_CAP_PTP_KVM', 198),
  always('KVM_CAP_SYSTEM_EVENT_DATA', 215),
  enabling('KVM_CAP_ARM_SYSTEM_SUSPEND', 216, (vm) => {
    vm.systemSuspend = true;
  }),
  always('KVM_CAP_COUNTER_OFFSET', 227),
  {
    ...{ name: 'KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE', number: 228 },
    check: ({ vm }) => vm?.memory.eagerSplitChunkSize ?? 0,
    enable: enableEagerSplit,
  },
  always('KVM_CAP_ARM_SUPPORTED_BLOCK_SIZES', 229, BLOCK_SIZES),
  always('KVM_CAP_ARM_SUPPORTED_REG_MASK_RANGES', 230, 1),
  always('KVM_CAP_USER_MEMORY2', 231),
  always('KVM_CAP_GUEST_MEMFD', 234),
  ofVm('KVM_CAP_ARM_CACHEABLE_PFNMAP_SUPPORTED', 243, (vm) => Number(supportsCacheablePfnmap(vm.vmaRules))),
  always('KVM_CAP_GUEST_MEMFD_FLAGS', 244, GUEST_MEMFD_FLAGS),
];

/** Those whose number is the kernel profile's, or that only one profile has. */
const profileCapabilities: Readonly<Record<KernelProfileName, readonly Capability[]>> = {
  merged: ofProfile(merged),
  proposed: ofProfile(proposed),
};

function ofProfile({ capabilities: { ARM_SEA_TO_USER, ARM_INJECT_EXT_IABT } }: KernelProfile): Capability[] {
  return [
    enabling('KVM_CAP_ARM_SEA_TO_USER', ARM_SEA_TO_USER, (vm) => {
      vm.seaToUser = true;
    }),
    ...(ARM_INJECT_EXT_IABT === undefined ? [] : [always('KVM_CAP_ARM_INJECT_EXT_IABT', ARM_INJECT_EXT_IABT)]),
  ];
}

const find = (kernel: KernelProfile, number: number): Capability | undefined =>
  profileCapabilities[kernel.name].find((c) => c.number === number) ?? capabilities.find((c) => c.number === number);

/** KVM_CHECK_EXTENSION of /dev/kvm. @throws KvmError EINVAL for what only a VM can answer. */
export const checkSystemExtension = (scope: Omit<CapabilityScope, 'vm'>, number: number): number =>
  find(scope.kernel, number)?.check(scope) ?? 0;

/** KVM_CHECK_EXTENSION of a VM. */
export const checkExtension = (vm: Vm, number: number): number =>
  find(vm.kernel, number)?.check({ features: vm.features, kernel: vm.kernel, vm }) ?? 0;

/**
 * KVM_ENABLE_CAP on the VM.
 * @throws KvmError EINVAL for non-zero flags, or a capability that is unknown or cannot be enabled in this way or any more.
 */
export function enableCapability(vm: Vm, number: number, flags = 0, argument = 0n): void {
  const capability = find(vm.kernel, number);
  if (flags !== 0 || !capability?.enable) throw new KvmError('EINVAL', `KVM_ENABLE_CAP of ${capability?.name ?? number}`);
  capability.enable(vm, argument);
}
