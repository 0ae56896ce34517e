/**
 * Accesses of the processor's that generated code performs itself while no control traps them: as written in assembly. The processor says which, in
 * `slots.direct` of the vCPU block, by their places here.
 */
export const directAccesses = [
  'MRS CTR_EL0',
  'MRS CNTVCT_EL0',
  'DC CVAC',
  'DC CVAU',
  'DC CIVAC',
  'IC IVAU',
  'TLBI VAE1',
  'TLBI VAAE1',
  'TLBI VALE1',
  'TLBI VAALE1',
  'TLBI VAE1IS',
  'TLBI VAAE1IS',
  'TLBI VALE1IS',
  'TLBI VAALE1IS',
] as const;

export type DirectAccess = (typeof directAccesses)[number];

/** Bit of an access in `slots.direct`; 0 where only the processor performs it. */
export function directBit(access: string): number {
  const place = (directAccesses as readonly string[]).indexOf(access);
  return place < 0 ? 0 : 1 << place;
}
