/**
 * The caches that KVM shows its guests (`reset_clidr`, `get_ccsidr`): not the processor's, which differ from CPU to CPU, but the fewest that are true of what CTR_EL0 says
 * about maintenance.
 */

const DIC = 1n << 29n;
const IDC = 1n << 28n;
/** CLIDR_EL1.Ctype. */
const INSTRUCTION = 1n;
const DATA = 2n;
const UNIFIED = 4n;
const LOC = 24n;
const LOUU = 27n;
const LOUIS = 21n;
const LOC_MASK = 7n << LOC;
const POU_MASK = (7n << LOUU) | (7n << LOUIS);

/**
 * CTR_EL0 as the kernel takes it (`read_cpuid_effective_cachetype`): a CLIDR_EL1 without levels to clean to the PoU says the same as IDC.
 * @param clidr The processor's, or what KVM shows.
 */
export function effectiveCacheType(ctr: bigint, clidr: bigint): bigint {
  return (clidr & LOC_MASK) === 0n || (clidr & POU_MASK) === 0n ? ctr | IDC : ctr;
}

/** CLIDR_EL1 of a host with this CTR_EL0. */
export function clidrOf(ctr: bigint): bigint {
  const instruction = ctr & DIC ? 0n : INSTRUCTION;
  // No clean to the PoU is needed: one unified cache, behind an instruction cache where there is one.
  if (ctr & IDC) return ctr & DIC ? UNIFIED | (1n << LOC) : (UNIFIED << 3n) | (2n << LOC) | instruction;
  return DATA | instruction | (1n << LOC) | (1n << LOUU) | (1n << LOUIS);
}

/** CLIDR_EL1[63:47]. */
const CLIDR_RES0 = ~0n << 47n;

/** Whether user space may give a guest this CLIDR_EL1 (`set_clidr`): none that lets it do without maintenance that the host needs. */
export function isValidClidr(ctr: bigint, clidr: bigint): boolean {
  const withoutMaintenance = (clidr & LOC_MASK) === 0n || (clidr & POU_MASK) === 0n;
  return (BigInt.asUintN(64, CLIDR_RES0) & clidr) === 0n && !((ctr & IDC) === 0n && withoutMaintenance);
}

/** Whether user space may give a guest this CCSIDR_EL1 (`set_ccsidr`): none of shorter lines than the host has. */
export const isValidCcsidr = (ctr: bigint, selector: number, ccsidr: bigint): boolean => (ccsidr & 7n) >= (ccsidrOf(ctr, selector) & 7n);

/** Caches that CSSELR_EL1 can name. */
export const CACHES = 14;
const IND = 1;

/** CCSIDR_EL1 of a cache by its CSSELR_EL1: one set of one way, with lines as short as CTR_EL0 has them anywhere. */
export function ccsidrOf(ctr: bigint, selector: number): bigint {
  const lineWords = selector & IND ? ctr & 0xfn : (ctr >> 16n) & 0xfn;
  return BigInt.asUintN(32, lineWords - 2n);
}
