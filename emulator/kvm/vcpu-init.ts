import { KvmError } from './errno.ts';
import type { Vcpu } from './vcpu.ts';
import type { HostFeatures, Vm } from './vm.ts';

/** KVM_CAP_MAX_VCPUS and KVM_CAP_MAX_VCPU_ID with a GICv3. */
export const MAX_VCPUS = 512;

/** KVM_ARM_TARGET_GENERIC_V8. */
export const TARGET_GENERIC_V8 = 5;

/** KVM_ARM_VCPU_*: bits of `features[0]` of KVM_ARM_VCPU_INIT. */
export const vcpuFeature = {
  POWER_OFF: 1 << 0,
  EL1_32BIT: 1 << 1,
  PSCI_0_2: 1 << 2,
  PMU_V3: 1 << 3,
  SVE: 1 << 4,
  PTRAUTH_ADDRESS: 1 << 5,
  PTRAUTH_GENERIC: 1 << 6,
  HAS_EL2: 1 << 7,
  HAS_EL2_E2H0: 1 << 8,
} as const;

const KNOWN = Object.values(vcpuFeature).reduce((all, bit) => all | bit, 0);
const POINTER_AUTHENTICATION = vcpuFeature.PTRAUTH_ADDRESS | vcpuFeature.PTRAUTH_GENERIC;
/** KVM_ARM_VCPU_FINALIZE takes the numbers of features. */
const SVE_NUMBER = 4;

/** `struct kvm_vcpu_init`. */
export interface VcpuInit {
  readonly target: number;
  /** 7 words. */
  readonly features: readonly number[];
}

/** The features that this host can give a vCPU: no AArch32 at EL1, PMU, SVE or EL2. The bit that only qualifies HAS_EL2 is taken as Linux takes it. */
const offered = ({ pauth }: HostFeatures): number =>
  vcpuFeature.POWER_OFF | vcpuFeature.PSCI_0_2 | vcpuFeature.HAS_EL2_E2H0 | (pauth ? POINTER_AUTHENTICATION : 0);

/** @throws KvmError as KVM_CREATE_VCPU (`kvm_vm_ioctl_create_vcpu`). */
export function checkVcpuId(vm: Vm, id: number): void {
  const what = `KVM_CREATE_VCPU of vCPU ${id}`;
  if (id >= MAX_VCPUS || vm.vcpus.length >= MAX_VCPUS) throw new KvmError('EINVAL', what);
  if (vm.irqchip?.initialized) throw new KvmError('EBUSY', what);
  if (vm.vcpus.some((vcpu) => vcpu.id === id)) throw new KvmError('EEXIST', what);
}

/**
 * KVM_ARM_VCPU_INIT: from now on the vCPU can run. Every vCPU of a VM has the same features; POWER_OFF is of this call only.
 * @throws KvmError ENOENT for a feature that no KVM knows; EINVAL for another target, for features that the host lacks or that do not go together, and for others than
 * those that this VM has.
 */
export function initVcpu(vcpu: Vcpu, { target, features }: VcpuInit): void {
  const { vm } = vcpu;
  const what = 'KVM_ARM_VCPU_INIT';
  const wanted = features[0]! & ~vcpuFeature.POWER_OFF;
  if (target !== TARGET_GENERIC_V8) throw new KvmError('EINVAL', `${what} of target ${target}`);
  if (wanted & ~KNOWN || features.slice(1).some((word) => word !== 0)) throw new KvmError('ENOENT', `${what} of an unknown feature`);
  if (wanted & ~offered(vm.features)) throw new KvmError('EINVAL', `${what} of a feature that the host lacks`);
  const authentication = wanted & POINTER_AUTHENTICATION;
  if (authentication !== 0 && authentication !== POINTER_AUTHENTICATION)
    throw new KvmError('EINVAL', `${what} of one kind of pointer authentication only`);
  if (vm.vcpuFeatures !== undefined && vm.vcpuFeatures !== wanted) throw new KvmError('EINVAL', `${what} of other features than before`);
  vm.vcpuFeatures = wanted;
  vcpu.features = wanted;
  // The guest begins again with its MMU off: what it has in memory must be found by uncached accesses.
  if (vcpu.hasRun && !vm.features.fwb) vm.memory.unmapAll();
  vcpu.reset((features[0]! & vcpuFeature.POWER_OFF) !== 0);
}

/**
 * KVM_ARM_VCPU_FINALIZE of a feature, by its number.
 * @throws KvmError ENOEXEC before KVM_ARM_VCPU_INIT; EINVAL for every feature that the vCPU lacks or that is not to be finalized.
 */
export function finalizeVcpu(vcpu: Vcpu, feature: number): void {
  requireInitialized(vcpu, 'KVM_ARM_VCPU_FINALIZE');
  throw new KvmError('EINVAL', `KVM_ARM_VCPU_FINALIZE of ${feature === SVE_NUMBER ? 'SVE, which the vCPU lacks' : `feature ${feature}`}`);
}

/** @throws KvmError ENOEXEC before KVM_ARM_VCPU_INIT. */
export function requireInitialized(vcpu: Vcpu, what: string): void {
  if (vcpu.features === undefined) throw new KvmError('ENOEXEC', `${what} before KVM_ARM_VCPU_INIT`);
}

/** Without KVM_ARM_VCPU_PTRAUTH_* the guest finds none. */
export const hasPointerAuthentication = ({ features = 0 }: Vcpu): boolean => (features & vcpuFeature.PTRAUTH_ADDRESS) !== 0;

/** What the machine gives its vCPUs: PSCI, and pointer authentication where the processor has it. */
export const usualFeatures = ({ pauth }: HostFeatures): number => vcpuFeature.PSCI_0_2 | (pauth ? POINTER_AUTHENTICATION : 0);
