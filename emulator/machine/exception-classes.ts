/** A class of exceptions a guest takes, as a debugger filters them. */
export interface GuestExceptionClass {
  readonly key: string;
  readonly label: string;
  readonly description: string;
  /** ESR_EL1.EC values; absent for interrupts, which have no syndrome. */
  readonly classes?: readonly number[];
}

/** Exceptions to EL1, by ESR_EL1.EC (Arm ARM, ESR_EL1) and the interrupts. */
export const guestExceptionClasses: readonly GuestExceptionClass[] = [
  { key: 'unknown', label: 'Undefined instruction', description: 'EC 0x00: unknown reason, an UNDEFINED instruction', classes: [0x00] },
  { key: 'wfx', label: 'WFI/WFE trap', description: 'EC 0x01: WFI or WFE trapped by SCTLR_EL1.nTWI, nTWE', classes: [0x01] },
  { key: 'fp-access', label: 'FP/SIMD access trap', description: 'EC 0x07: access trapped by CPACR_EL1.FPEN', classes: [0x07] },
  { key: 'branch-target', label: 'Branch target exception', description: 'EC 0x0d: BTI', classes: [0x0d] },
  { key: 'illegal-state', label: 'Illegal execution state', description: 'EC 0x0e: PSTATE.IL is 1', classes: [0x0e] },
  { key: 'svc', label: 'SVC', description: 'EC 0x15: system call', classes: [0x15] },
  {
    key: 'system',
    label: 'System instruction trap',
    description: 'EC 0x18: MSR, MRS or system instruction trapped to EL1',
    classes: [0x18],
  },
  { key: 'pac', label: 'Pointer authentication failure', description: 'EC 0x1c: FPAC', classes: [0x1c] },
  { key: 'instruction-abort', label: 'Instruction abort', description: 'EC 0x20, 0x21', classes: [0x20, 0x21] },
  { key: 'pc-alignment', label: 'PC alignment fault', description: 'EC 0x22', classes: [0x22] },
  { key: 'data-abort', label: 'Data abort', description: 'EC 0x24, 0x25', classes: [0x24, 0x25] },
  { key: 'sp-alignment', label: 'SP alignment fault', description: 'EC 0x26', classes: [0x26] },
  { key: 'fp-exception', label: 'Trapped floating-point exception', description: 'EC 0x2c', classes: [0x2c] },
  { key: 'serror', label: 'SError', description: 'EC 0x2f: asynchronous external abort', classes: [0x2f] },
  { key: 'breakpoint', label: 'Hardware breakpoint', description: 'EC 0x30, 0x31: self-hosted debug', classes: [0x30, 0x31] },
  { key: 'software-step', label: 'Software step', description: 'EC 0x32, 0x33: self-hosted debug', classes: [0x32, 0x33] },
  { key: 'watchpoint', label: 'Watchpoint', description: 'EC 0x34, 0x35: self-hosted debug', classes: [0x34, 0x35] },
  { key: 'brk', label: 'BRK', description: 'EC 0x3c: BRK instruction', classes: [0x3c] },
  { key: 'irq', label: 'IRQ', description: 'Interrupt taken to EL1' },
  { key: 'fiq', label: 'FIQ', description: 'Fast interrupt taken to EL1' },
  { key: 'other', label: 'Other synchronous exception', description: 'Any other class' },
];

const byClass = new Map(guestExceptionClasses.flatMap((c) => (c.classes ?? []).map((ec) => [ec, c.key] as const)));

/** Key of the class of a synchronous exception (or SError) by its syndrome. */
export function exceptionClassOf(esr: bigint): string {
  return byClass.get(Number((esr >> 26n) & 0x3fn)) ?? 'other';
}
