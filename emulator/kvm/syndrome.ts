/** Exception classes that reach KVM (ESR_EL2.EC). */
export const exceptionClass = {
  UNKNOWN: 0x00,
  WFX: 0x01,
  FP_ASIMD: 0x07,
  PAC: 0x09,
  ILLEGAL: 0x0e,
  SVC64: 0x15,
  HVC64: 0x16,
  SMC64: 0x17,
  SYS64: 0x18,
  SVE: 0x19,
  IABT_LOW: 0x20,
  IABT_CUR: 0x21,
  PC_ALIGN: 0x22,
  DABT_LOW: 0x24,
  DABT_CUR: 0x25,
  SERROR: 0x2f,
  BREAKPT_LOW: 0x30,
  SOFTSTP_LOW: 0x32,
  WATCHPT_LOW: 0x34,
  BKPT32: 0x38,
  BRK64: 0x3c,
} as const;

/** Names as the kvm_exit trace event prints them. */
export const exceptionClassNames: Readonly<Record<number, string>> = {
  0: 'UNKNOWN',
  1: 'WFx',
  7: 'FP_ASIMD',
  9: 'PAC',
  14: 'ILL',
  21: 'SVC64',
  22: 'HVC64',
  23: 'SMC64',
  24: 'SYS64',
  25: 'SVE',
  32: 'IABT_LOW',
  33: 'IABT_CUR',
  34: 'PC_ALIGN',
  36: 'DABT_LOW',
  37: 'DABT_CUR',
  38: 'SP_ALIGN',
  47: 'SERROR',
  48: 'BREAKPT_LOW',
  50: 'SOFTSTP_LOW',
  52: 'WATCHPT_LOW',
  56: 'BKPT32',
  60: 'BRK64',
};

export const EC_SHIFT = 26;
export const IL = 1 << 25;

/** Bits of an abort's ISS that KVM reads. */
export const abort = {
  ISV: 1 << 24,
  SAS_SHIFT: 22,
  SSE: 1 << 21,
  SRT_SHIFT: 16,
  SF: 1 << 15,
  LST: 3 << 11,
  FNV: 1 << 10,
  CM: 1 << 8,
  S1PTW: 1 << 7,
  WNR: 1 << 6,
  FSC: 0x3f,
} as const;

/** Fault status code without its level. */
export const faultType = { ADDRESS_SIZE: 0x00, TRANSLATION: 0x04, ACCESS: 0x08, PERMISSION: 0x0c } as const;
export const FSC_TYPE = 0x3c;
/** Synchronous external abort, not on a table walk. */
export const FSC_EXTERNAL = 0x10;
/** The same on a walk, level 0. */
export const FSC_EXTERNAL_ON_WALK = 0x14;
export const FSC_ALIGNMENT = 0x21;
/** Unsupported exclusive or atomic access. */
export const FSC_EXCLUSIVE_OR_ATOMIC = 0x35;

/** Fault status codes that KVM takes for a synchronous external abort (`kvm_vcpu_abt_issea`). */
export function isExternalAbort(fsc: number): boolean {
  return fsc === 0x10 || (fsc >= 0x13 && fsc <= 0x18) || (fsc >= 0x1b && fsc <= 0x1f);
}
