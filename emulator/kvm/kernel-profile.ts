/**
 * Which Linux plays the host: what user space sees of memory errors differs between the series as it was proposed (first version, on a 6.15 kernel) and as it was
 * merged. All the differences are here, as data; the code that acts on them reads a field.
 */
export interface KernelProfile {
  readonly name: KernelProfileName;
  /** One line for people. */
  readonly title: string;
  /** KVM_EXIT_ARM_SEA. */
  readonly armSea: ArmSeaLayout;
  /** KVM_CAP_* numbers; undefined: the kernel has none such. */
  readonly capabilities: {
    readonly ARM_SEA_TO_USER: number;
    readonly ARM_INJECT_EXT_IABT: number | undefined;
  };
  /** `struct kvm_vcpu_events`, exception members. */
  readonly vcpuEvents: {
    /** Byte 3 is `ext_iabt_pending`; otherwise it is padding. */
    readonly extIabtPending: boolean;
    /** Which half of KVM_SET_VCPU_EVENTS comes first: what it has done stays done where the other half is refused. */
    readonly first: 'external abort' | 'serror';
  };
  /** Errors that the host does not leave to the guest go no further than KVM (`host_owns_sea`): no FEAT_RAS, stage-2 walks. */
  readonly hostOwnsSea: boolean;
  /** An SError that nothing masks is taken at once; otherwise every SError is left pending in HCR_EL2.VSE for the processor to deliver. */
  readonly serrorTakenAtOnce: boolean;
  /** Injected exceptions have ESR_EL1.IL = 1; otherwise IL is that of the last exception to KVM, and 0 before the first. */
  readonly ilAlways: boolean;
  /** An abort injected after a fault on a stage-1 walk says at which level of the guest's tables. */
  readonly tableAborts: boolean;
  /** Guests are offered FEAT_DoubleFault2 where the host has it, and KVM minds SCTLR2_EL1.EASE and NMEA. */
  readonly doubleFault2: boolean;
  /** KVM_EXIT_ARM_LDST64B (42). */
  readonly ldst64bExit: boolean;
}

export type KernelProfileName = 'merged' | 'proposed';

/** The record of KVM_EXIT_ARM_SEA: byte offsets in `struct kvm_run`. */
export interface ArmSeaLayout {
  readonly number: number;
  readonly at: { readonly flags: number; readonly esr: number; readonly gva: number; readonly gpa: number };
  /** Bit of `flags` that says that `gva` means something; undefined: ESR.FnV says so. */
  readonly gvaValid: bigint | undefined;
  readonly gpaValid: bigint;
  /** Bits of ESR_EL2 that user space is shown. */
  readonly esrMask: number;
  /** ESR_ELx.SET is shown too where the VM has FEAT_RAS. */
  readonly set: number;
}

/** ESR_ELx: EC, IL, FnV, EA, CM, WnR, FSC. */
const SHOWN = (0x3f << 26) | (1 << 25) | (1 << 10) | (1 << 9) | (1 << 8) | (1 << 6) | 0x3f;
const SET = 3 << 11;

export const merged: KernelProfile = {
  name: 'merged',
  title: 'Linux with the SEA series as merged (6.19 and later)',
  armSea: { number: 41, at: { flags: 32, esr: 40, gva: 48, gpa: 56 }, gvaValid: undefined, gpaValid: 1n, esrMask: SHOWN, set: SET },
  capabilities: { ARM_SEA_TO_USER: 245, ARM_INJECT_EXT_IABT: undefined },
  vcpuEvents: { extIabtPending: false, first: 'external abort' },
  hostOwnsSea: true,
  serrorTakenAtOnce: true,
  ilAlways: true,
  tableAborts: true,
  doubleFault2: true,
  ldst64bExit: true,
};

export const proposed: KernelProfile = {
  name: 'proposed',
  title: 'Linux 6.15 with the SEA series as first proposed (v1, May 2025)',
  armSea: { number: 40, at: { esr: 32, flags: 40, gva: 48, gpa: 56 }, gvaValid: 1n, gpaValid: 2n, esrMask: -1, set: SET },
  capabilities: { ARM_SEA_TO_USER: 240, ARM_INJECT_EXT_IABT: 241 },
  vcpuEvents: { extIabtPending: true, first: 'serror' },
  hostOwnsSea: false,
  serrorTakenAtOnce: false,
  ilAlways: false,
  tableAborts: false,
  doubleFault2: false,
  ldst64bExit: false,
};

export const kernelProfiles: Readonly<Record<KernelProfileName, KernelProfile>> = { merged, proposed };
