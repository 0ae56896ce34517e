/**
 * System registers that no vCPU here has, by name, so that firmware and newer code can be read and assembled: EL3, Secure, MPAM, AMU, RAS injection.
 * Registers that the machine has are in `registers/`.
 */
const named: Readonly<Record<string, string>> = {
  // The write side of DBGDTRRX_EL0 has a name of its own: see `writeNames`.
  erxpfgf_el1: '3 0 5 4 4',
  erxpfgctl_el1: '3 0 5 4 5',
  erxpfgcdn_el1: '3 0 5 4 6',
  mpamidr_el1: '3 0 10 4 4',
  mpam1_el1: '3 0 10 5 0',
  mpam0_el1: '3 0 10 5 1',
  mpamsm_el1: '3 0 10 5 3',
  mpamhcr_el2: '3 4 10 4 0',
  mpamvpmv_el2: '3 4 10 4 1',
  mpam2_el2: '3 4 10 5 0',
  mpam1_el12: '3 5 10 5 0',
  mpam3_el3: '3 6 10 5 0',
  icc_nmiar1_el1: '3 0 12 9 5',
  amcg1idr_el0: '3 3 13 2 6',
  sder32_el2: '3 4 1 3 1',
  vsttbr_el2: '3 4 2 6 0',
  vstcr_el2: '3 4 2 6 2',
  cnthvs_tval_el2: '3 4 14 4 0',
  cnthvs_ctl_el2: '3 4 14 4 1',
  cnthvs_cval_el2: '3 4 14 4 2',
  cnthps_tval_el2: '3 4 14 5 0',
  cnthps_ctl_el2: '3 4 14 5 1',
  cnthps_cval_el2: '3 4 14 5 2',
  sctlr_el3: '3 6 1 0 0',
  actlr_el3: '3 6 1 0 1',
  scr_el3: '3 6 1 1 0',
  sder32_el3: '3 6 1 1 1',
  cptr_el3: '3 6 1 1 2',
  zcr_el3: '3 6 1 2 0',
  smcr_el3: '3 6 1 2 6',
  mdcr_el3: '3 6 1 3 1',
  ttbr0_el3: '3 6 2 0 0',
  tcr_el3: '3 6 2 0 2',
  gptbr_el3: '3 6 2 1 4',
  gpccr_el3: '3 6 2 1 6',
  spsr_el3: '3 6 4 0 0',
  elr_el3: '3 6 4 0 1',
  afsr0_el3: '3 6 5 1 0',
  afsr1_el3: '3 6 5 1 1',
  esr_el3: '3 6 5 2 0',
  tfsr_el3: '3 6 5 6 0',
  far_el3: '3 6 6 0 0',
  mfar_el3: '3 6 6 0 5',
  mair_el3: '3 6 10 2 0',
  amair_el3: '3 6 10 3 0',
  vbar_el3: '3 6 12 0 0',
  rvbar_el3: '3 6 12 0 1',
  rmr_el3: '3 6 12 0 2',
  icc_ctlr_el3: '3 6 12 12 4',
  icc_sre_el3: '3 6 12 12 5',
  icc_igrpen1_el3: '3 6 12 12 7',
  tpidr_el3: '3 6 13 0 2',
  scxtnum_el3: '3 6 13 0 7',
};

/** Activity monitor registers: `count` of them from CRm, op2 = 0 on. */
const numbered: readonly (readonly [prefix: string, suffix: string, op1: number, CRn: number, CRm: number, count: number])[] = [
  ['amevtyper0', '_el0', 3, 13, 6, 4],
  ['amevcntr1', '_el0', 3, 13, 12, 16],
  ['amevtyper1', '_el0', 3, 13, 14, 16],
  ['amevcntvoff0', '_el2', 4, 13, 8, 16],
  ['amevcntvoff1', '_el2', 4, 13, 10, 16],
  ['mpamvpm', '_el2', 4, 10, 6, 8],
];

/** `op0 op1 CRn CRm op2` by name. */
const encodings = new Map<string, string>([
  ...Object.entries(named),
  ...numbered.flatMap(([prefix, suffix, op1, CRn, CRm, count]) =>
    Array.from({ length: count }, (_, n): [string, string] => [`${prefix}${n}${suffix}`, `3 ${op1} ${CRn} ${CRm + (n >> 3)} ${n & 7}`]),
  ),
]);
const names = new Map([...encodings].map(([name, encoding]) => [encoding, name]));

/** What writes of a register are called where its reads have another name. */
export const writeNames: Readonly<Record<string, string>> = { dbgdtrrx_el0: 'dbgdtrtx_el0' };

/** Name of an encoding, or undefined. */
export const otherRegisterName = (op0: number, op1: number, CRn: number, CRm: number, op2: number): string | undefined =>
  names.get(`${op0} ${op1} ${CRn} ${CRm} ${op2}`);

/** op0, op1, CRn, CRm and op2 of a name, or undefined. */
export function otherRegister(name: string): readonly [number, number, number, number, number] | undefined {
  const encoding = encodings.get(name.toLowerCase());
  return encoding === undefined ? undefined : (encoding.split(' ').map(Number) as [number, number, number, number, number]);
}
