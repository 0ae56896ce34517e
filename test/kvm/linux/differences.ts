/** Where the model may give something else than Linux under QEMU gave, and why. Everything else is the same to the byte. */

export interface Difference {
  /** Name of a file of cases. */
  readonly file: string;
  readonly cases: RegExp;
  /** Labels of results; left out: all of the case. */
  readonly labels?: RegExp;
  readonly why: string;
}

/** The processor and the machine that the model is, against those that QEMU 7.2 is: both are right. */
export const ofTheHost: readonly Difference[] = [
  {
    file: 'capabilities',
    cases: /^KVM_CHECK_EXTENSION/,
    labels: /^capability 9$/,
    why: 'KVM_CAP_NR_VCPUS: the recording host has one CPU',
  },
  {
    file: 'capabilities',
    cases: /^KVM_CHECK_EXTENSION/,
    labels: /^capability 165$/,
    why: 'KVM_CAP_ARM_VM_IPA_SIZE: QEMU has FEAT_LPA2, 52 bits; the model 48',
  },
  {
    file: 'capabilities',
    cases: /^calls of \/dev\/kvm$/,
    labels: /of type 0x3[14]$/,
    why: 'IPA sizes of 49 and 52 bits: QEMU has FEAT_LPA2',
  },
  {
    file: 'capabilities',
    cases: /^KVM_ARM_GET_REG_WRITABLE_MASKS$/,
    labels: /^masks$/,
    why: 'which fields of ID registers can be written is of the features that each processor has',
  },
  {
    file: 'mmio',
    cases: /^(ldur x1, \[x2, #3\]|stur x1, \[x2, #1\])/,
    why: 'QEMU 7.2 lets unaligned accesses to Device memory pass, which take an alignment fault',
  },
  { file: 'mmio', cases: /^dc zva, x2/, why: 'DC ZVA of Device memory takes an alignment fault; QEMU 7.2 performs it' },
  { file: 'mmio', cases: /^dc c?ivac, x2 of a read-only slot$/, why: 'QEMU performs no cache maintenance, so that it never faults' },
  { file: 'vcpus', cases: /^guest executes mrs x0, dbgauthstatus_el1$/, why: 'QEMU 7.2 has no DBGAUTHSTATUS_EL1; KVM reads it as zero' },
  { file: 'vcpus', cases: /^guest executes mrs x0, s3_0_c5_c4_1$/, why: 'QEMU 7.2 has no error records; KVM reads ERXCTLR_EL1 as zero' },
  { file: 'vcpus', cases: /^guest executes mrs x0, rndr$/, why: 'QEMU has FEAT_RNG' },
  {
    file: 'vcpus',
    cases: /^guest executes mrs x0, (zcr|smcr)_el1$/,
    why: 'QEMU has FEAT_SVE and FEAT_SME: CPACR_EL1 traps the access first',
  },
  { file: 'guest-debug', cases: /^single step: WFI$/, why: 'QEMU steps over WFI without executing it; KVM traps it and the vCPU waits' },
  { file: 'one-reg', cases: /^every register/, labels: /^c0(0[89a-f]|[123])/, why: 'identification registers are those of each processor' },
  { file: 'one-reg', cases: /^PSTATE$/, labels: /^(set 0x10|pstate #(9|10|11))$/, why: 'QEMU has AArch32 at EL0: its mode can be set' },
  { file: 'vgic', cases: /^CPU interface registers$/, labels: /ICC_CTLR_EL1/, why: 'QEMU has ICH_VTR_EL2.A3V: ICC_CTLR_EL1.A3V is 1' },
];

/** What Linux offers and the model does not. */
export const notOffered: readonly Difference[] = [
  {
    file: 'capabilities',
    cases: /^KVM_CHECK_EXTENSION/,
    labels: /^capability (15|25|32|36|82|93|122|126|162|170|187|203|223|225|239)$/,
    why: 'coalesced MMIO, irqfd and ioeventfd, AArch32 EL1, the PMU, SVE, stolen time, statistics and the dirty ring are not offered',
  },
  {
    file: 'capabilities',
    cases: /^KVM_ENABLE_CAP of a VM/,
    labels: /^capability (223|239)/,
    why: 'nor are the dirty ring and writable implementation registers',
  },
  { file: 'capabilities', cases: /^calls of other files$/, labels: /KVM_(IRQFD|SET_GSI_ROUTING)/, why: 'nor irqfd and its routing' },
  { file: 'vcpus', cases: /^KVM_ARM_VCPU_INIT: (EL1_32BIT|PMU_V3|SVE)/, why: 'AArch32 at EL1, the PMU and SVE are not offered' },
  { file: 'one-reg', cases: /32-bit vCPU/, why: 'AArch32 at EL1 is not offered' },
  { file: 'vgic', cases: /^KVM_CREATE_DEVICE$/, labels: /^test of type [48]$/, why: 'VFIO and the ITS are not offered' },
  { file: 'vgic', cases: /^vCPU attributes: (PMU|PV time)$/, why: 'the PMU and stolen time are not offered' },
];

/** Where the proposed kernel profile is not Linux 6.12, which is before the series that it is of. */
export const ofTheProposal: readonly Difference[] = [
  { file: 'injection', cases: /^KVM_SET_VCPU_EVENTS: (padding|each byte)/, why: 'byte 3 is ext_iabt_pending in the proposal' },
  {
    file: 'injection',
    cases: /before KVM_ARM_VCPU_INIT$/,
    why: 'the model refuses the events of a vCPU that is not initialized in either profile',
  },
];

/** What the model is to give too, and does not yet. */
export const missing: readonly Difference[] = [
  {
    file: 'one-reg',
    cases: /^changed by .*(CSV2|GIC|DebugVer|RNDR|CnP)$/,
    labels: /^before the first run$/,
    why: 'user space cannot give a guest less than the host has by its identification registers',
  },
  { file: 'one-reg', cases: /^PSTATE$/, labels: /^pstate #(15|17)$/, why: 'PSTATE above bit 31 is not kept' },
];
