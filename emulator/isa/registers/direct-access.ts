/**
 * Accesses of the processor's that generated code performs itself while no control traps them: as written in assembly. The processor says which, in
 * `slots.direct` of the vCPU block, a bit for each list here: the same controls decide about all accesses of a list, and all of them have to let it through.
 */
const lists: readonly (readonly string[])[] = [
  ['MRS CTR_EL0'],
  ['MRS CNTVCT_EL0'],
  ['DC CVAC'],
  ['DC CVAU'],
  ['DC CIVAC'],
  ['IC IVAU'],
  ['TLBI VAE1'],
  ['TLBI VAAE1'],
  ['TLBI VALE1'],
  ['TLBI VAALE1'],
  ['TLBI VAE1IS'],
  ['TLBI VAAE1IS'],
  ['TLBI VALE1IS'],
  ['TLBI VAALE1IS'],
  ['MRS CNTPCT_EL0'],
  ['MRS CNTFRQ_EL0'],
  timerAccesses('CNTV'),
  timerAccesses('CNTP'),
  ['MSR CONTEXTIDR_EL1'],
  ['MRS ICC_IAR1_EL1', 'MSR ICC_EOIR1_EL1'],
  ['MRS ICC_PMR_EL1', 'MSR ICC_PMR_EL1', 'MRS ICC_RPR_EL1'],
  keyAccesses(),
];

function timerAccesses(timer: string): readonly string[] {
  return ['CTL', 'CVAL', 'TVAL'].flatMap((name) => [`MRS ${timer}_${name}_EL0`, `MSR ${timer}_${name}_EL0`]);
}

function keyAccesses(): readonly string[] {
  const keys = ['APIA', 'APIB', 'APDA', 'APDB', 'APGA'];
  return keys.flatMap((key) => ['Lo', 'Hi'].flatMap((half) => [`MRS ${key}Key${half}_EL1`, `MSR ${key}Key${half}_EL1`]));
}

/** Every access of the lists. */
export const directAccesses: readonly string[] = lists.flat();

const bits = new Map(lists.flatMap((list, place) => list.map((access) => [access, 1 << place] as const)));

/** Bit of an access in `slots.direct`; 0 where only the processor performs it. */
export function directBit(access: string): number {
  return bits.get(access) ?? 0;
}
