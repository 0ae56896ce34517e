/** Numbers of KVM's calls, as a program for arm64 Linux compiles them in (include/uapi/linux/kvm.h). Not the model's own: the recording shows that these are Linux's. */
export const calls = {
  KVM_GET_API_VERSION: 0xae00,
  KVM_CREATE_VM: 0xae01,
  KVM_CHECK_EXTENSION: 0xae03,
  KVM_GET_VCPU_MMAP_SIZE: 0xae04,
  KVM_CREATE_VCPU: 0xae41,
  KVM_GET_DIRTY_LOG: 0x4010_ae42,
  KVM_SET_USER_MEMORY_REGION: 0x4020_ae46,
  KVM_SET_USER_MEMORY_REGION2: 0x40a0_ae49,
  KVM_CREATE_IRQCHIP: 0xae60,
  KVM_IRQ_LINE: 0x4008_ae61,
  KVM_SET_GSI_ROUTING: 0x4008_ae6a,
  KVM_IRQFD: 0x4020_ae76,
  KVM_IOEVENTFD: 0x4040_ae79,
  KVM_RUN: 0xae80,
  KVM_SET_SIGNAL_MASK: 0x4004_ae8b,
  KVM_GET_MP_STATE: 0x8004_ae98,
  KVM_SET_MP_STATE: 0x4004_ae99,
  KVM_SET_GUEST_DEBUG: 0x4208_ae9b,
  KVM_GET_VCPU_EVENTS: 0x8040_ae9f,
  KVM_SET_VCPU_EVENTS: 0x4040_aea0,
  KVM_ENABLE_CAP: 0x4068_aea3,
  KVM_SIGNAL_MSI: 0x4020_aea5,
  KVM_GET_ONE_REG: 0x4010_aeab,
  KVM_SET_ONE_REG: 0x4010_aeac,
  KVM_ARM_SET_DEVICE_ADDR: 0x4010_aeab,
  KVM_ARM_VCPU_INIT: 0x4020_aeae,
  KVM_ARM_PREFERRED_TARGET: 0x8020_aeaf,
  KVM_GET_REG_LIST: 0xc008_aeb0,
  KVM_ARM_MTE_COPY_TAGS: 0x8030_aeb4,
  KVM_ARM_SET_COUNTER_OFFSET: 0x4010_aeb5,
  KVM_ARM_GET_REG_WRITABLE_MASKS: 0x8040_aeb6,
  KVM_CLEAR_DIRTY_LOG: 0xc018_aec0,
  KVM_ARM_VCPU_FINALIZE: 0x4004_aec2,
  KVM_SET_MEMORY_ATTRIBUTES: 0x4020_aed2,
  KVM_CREATE_GUEST_MEMFD: 0xc040_aed4,
  KVM_PRE_FAULT_MEMORY: 0xc040_aed5,
  KVM_CREATE_DEVICE: 0xc00c_aee0,
  KVM_SET_DEVICE_ATTR: 0x4018_aee1,
  KVM_GET_DEVICE_ATTR: 0x4018_aee2,
  KVM_HAS_DEVICE_ATTR: 0x4018_aee3,
} as const;

export type CallName = keyof typeof calls;

/** KVM_ARM_VCPU_INIT features. */
export const feature = {
  POWER_OFF: 0,
  EL1_32BIT: 1,
  PSCI_0_2: 2,
  PMU_V3: 3,
  SVE: 4,
  PTRAUTH_ADDRESS: 5,
  PTRAUTH_GENERIC: 6,
  HAS_EL2: 7,
  HAS_EL2_E2H0: 8,
} as const;

const sysreg = (op0: number, op1: number, crn: number, crm: number, op2: number): bigint =>
  0x6030_0000_0013_0000n | BigInt((op0 << 14) | (op1 << 11) | (crn << 7) | (crm << 3) | op2);

/** Identifiers of KVM_GET_ONE_REG (arch/arm64/include/uapi/asm/kvm.h). */
export const registerId = {
  sp: 0x6030_0000_0010_003en,
  pc: 0x6030_0000_0010_0040n,
  pstate: 0x6030_0000_0010_0042n,
  sp_el1: 0x6030_0000_0010_0044n,
  elr_el1: 0x6030_0000_0010_0046n,
  spsr_el1: 0x6030_0000_0010_0048n,
  sctlr_el1: sysreg(3, 0, 1, 0, 0),
  esr_el1: sysreg(3, 0, 5, 2, 0),
  far_el1: sysreg(3, 0, 6, 0, 0),
  vbar_el1: sysreg(3, 0, 12, 0, 0),
  disr_el1: sysreg(3, 0, 12, 1, 1),
  mpidr_el1: sysreg(3, 0, 0, 0, 5),
  par_el1: sysreg(3, 0, 7, 4, 0),
  psci_version: 0x6030_0000_0014_0000n,
  std_bitmap: 0x6030_0000_0016_0000n,
} as const;

export type RegisterName = keyof typeof registerId | `x${number}`;

export const idOf = (name: RegisterName): bigint =>
  name in registerId ? registerId[name as keyof typeof registerId] : 0x6030_0000_0010_0000n + BigInt(Number(name.slice(1)) * 2);
