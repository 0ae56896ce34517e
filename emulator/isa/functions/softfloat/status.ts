/** FPSR cumulative exception bits (Arm ARM, FPSR). */
export const fpsrBits = {
  IOC: 1 << 0,
  DZC: 1 << 1,
  OFC: 1 << 2,
  UFC: 1 << 3,
  IXC: 1 << 4,
  IDC: 1 << 7,
  /** Cumulative saturation of the Advanced SIMD integer instructions. */
  QC: 1 << 27,
} as const;

/** Flags raised since they were last taken. One guest thread computes at a time, and takes them right after each call. */
let raised = 0;

/** FPProcessException() with the trap disabled, and SatQ()'s effect on FPSR.QC: notes the flag. */
export function raise(flag: number): void {
  raised |= flag;
}

/** Flags raised since the last call, as FPSR bits; clears them. */
export function takeRaised(): number {
  const flags = raised;
  raised = 0;
  return flags;
}
