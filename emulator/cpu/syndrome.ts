/** Exception classes, ESR_ELx.EC (Arm ARM D24.2.40). */
export const EC = {
  unknown: 0x00,
  wfx: 0x01,
  fpAccess: 0x07,
  pointerAuthentication: 0x09,
  branchTarget: 0x0d,
  illegalState: 0x0e,
  svc: 0x15,
  hvc: 0x16,
  smc: 0x17,
  system: 0x18,
  pacFailure: 0x1c,
  instructionAbortLower: 0x20,
  instructionAbortSame: 0x21,
  pcAlignment: 0x22,
  dataAbortLower: 0x24,
  dataAbortSame: 0x25,
  spAlignment: 0x26,
  serror: 0x2f,
  breakpointLower: 0x30,
  stepLower: 0x32,
  watchpointLower: 0x34,
  brk: 0x3c,
} as const;

/** ESR_ELx.IL: 1 for every exception from AArch64 state. */
export const IL = 1 << 25;

/** ESR_ELx of an exception from AArch64 state. */
export const syndrome = (ec: number, iss: number): bigint => BigInt(((ec << 26) | IL | iss) >>> 0);

/** ISS of a trapped MSR, MRS or SYS (EC 0x18) from the instruction word. */
export function systemSyndrome(word: number): number {
  const [op0, op1, CRn, CRm, op2] = [(word >>> 19) & 3, (word >>> 16) & 7, (word >>> 12) & 15, (word >>> 8) & 15, (word >>> 5) & 7];
  return (op0 << 20) | (op2 << 17) | (op1 << 14) | (CRn << 10) | ((word & 31) << 5) | (CRm << 1) | ((word >>> 21) & 1);
}

/** CV = 1, COND = 0b1110: what A64 reports in the syndromes that AArch32 conditions share. */
export const unconditional = (1 << 24) | (0xe << 20);
