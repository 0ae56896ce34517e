/** PSTATE fields at the positions SPSR_ELx gives them (Arm ARM C5.2, SPSR_EL1 for AArch64 state). */
export const PSTATE = {
  /** M[3:0]: EL in bits 3:2, SP in bit 0. */
  mode: 0xf,
  SP: 1,
  elShift: 2,
  nRW: 1 << 4,
  F: 1 << 6,
  I: 1 << 7,
  A: 1 << 8,
  D: 1 << 9,
  DAIF: 0xf << 6,
  BTYPE: 3 << 10,
  btypeShift: 10,
  SSBS: 1 << 12,
  IL: 1 << 20,
  SS: 1 << 21,
  PAN: 1 << 22,
  UAO: 1 << 23,
  DIT: 1 << 24,
  TCO: 1 << 25,
  NZCV: 0xf << 28,
} as const;

/** Exception level in a PSTATE or SPSR word. */
export const levelOf = (pstate: number): number => (pstate >>> PSTATE.elShift) & 3;
