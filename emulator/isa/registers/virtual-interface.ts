/** The virtual CPU interface as ICH_VTR_EL2 describes it, and its ICH_* registers (GIC architecture IHI 0069, chapter 12.3). */

/** List registers there are: what KVM reads from ICH_VTR_EL2.ListRegs. */
export const LIST_REGISTERS = 4;
/** Priority bits and preemption bits implemented: 32 levels. */
export const PRIORITY_BITS = 5;
export const PREEMPTION_BITS = 5;
/** Smallest legal binary point for group 0; one more for group 1. */
export const MINIMUM_BPR = 7 - PREEMPTION_BITS;
export const PRIORITY_MASK = (0xff << (8 - PRIORITY_BITS)) & 0xff;
/** No interrupt: read from IAR and HPPIR. */
export const SPURIOUS = 1023;
export const IDLE_PRIORITY = 0xff;

/** ICH_VTR_EL2: PRIbits, PREbits (minus one), 24 INTID bits, A3V, nV4, TDS, ListRegs (minus one). */
export const ICH_VTR =
  (((PRIORITY_BITS - 1) << 29) | ((PREEMPTION_BITS - 1) << 26) | (1 << 23) | (1 << 21) | (1 << 20) | (1 << 19) | (LIST_REGISTERS - 1)) >>>
  0;

/** ICH_HCR_EL2. */
export const ICH_HCR = {
  En: 1 << 0,
  UIE: 1 << 1,
  LRENPIE: 1 << 2,
  NPIE: 1 << 3,
  VGrp0EIE: 1 << 4,
  VGrp0DIE: 1 << 5,
  VGrp1EIE: 1 << 6,
  VGrp1DIE: 1 << 7,
  TC: 1 << 10,
  TALL0: 1 << 11,
  TALL1: 1 << 12,
  TDIR: 1 << 14,
  eoiCountShift: 27,
} as const;

/** ICH_VMCR_EL2. */
export const ICH_VMCR = {
  VENG0: 1 << 0,
  VENG1: 1 << 1,
  VCBPR: 1 << 4,
  VEOIM: 1 << 9,
  vbpr1Shift: 18,
  vbpr0Shift: 21,
  vpmrShift: 24,
} as const;

/** High word of ICH_LR<n>_EL2. */
export const LR = { PENDING: 1 << 30, ACTIVE: 1 << 31, HW: 1 << 29, GROUP1: 1 << 28, EOI: 1 << 9, priorityShift: 16 } as const;
