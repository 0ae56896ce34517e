/** ICH_LR<n>_EL2: fields in the high word (bits 63:32); the low word is the virtual INTID. */
export const listRegister = {
  pending: 1 << 30,
  active: 1 << 31,
  hardware: 1 << 29,
  group1: 1 << 28,
  priorityShift: 16,
  /** Raises a maintenance interrupt when the guest deactivates it (HW = 0). */
  eoi: 1 << 9,
} as const;

/** ICH_HCR_EL2 bits. */
export const hypControl = {
  enable: 1 << 0,
  /** Underflow: a maintenance interrupt when none or one list register is in use. */
  underflow: 1 << 1,
} as const;

/** Where the virtual CPU interface of one vCPU keeps what KVM writes and reads: its ICH_* registers. */
export interface VirtualInterface {
  /** Number of list registers. */
  readonly listRegisters: number;
  readListLow(index: number): number;
  readListHigh(index: number): number;
  writeList(index: number, low: number, high: number): void;
  /** ICH_HCR_EL2. */
  writeControl(value: number): void;
  /** ICH_VMCR_EL2.VPMR: the guest's priority mask. */
  priorityMask(): number;
}
