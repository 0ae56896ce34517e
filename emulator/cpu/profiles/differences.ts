import type { Difference } from './profile.ts';

const field = (register: string, name: string, low: number, value: number, reason: string): Difference => ({
  register,
  field: name,
  high: low + 3,
  low,
  value,
  reason,
});

/** What every profile lacks. */
export const noAarch32: readonly Difference[] = [
  field('ID_AA64PFR0_EL1', 'EL0', 0, 1, 'AArch32 state is not implemented'),
  field('ID_AA64PFR0_EL1', 'EL1', 4, 1, 'AArch32 state is not implemented'),
];

/** The model's values are those of a processor whose EL2 is hidden; here EL2 is there, and KVM runs at it. */
export const hypervisor: readonly Difference[] = [field('ID_AA64PFR0_EL1', 'EL2', 8, 1, 'KVM plays EL2')];

export const noPerformanceMonitors: readonly Difference[] = [
  field('ID_AA64DFR0_EL1', 'PMUVer', 8, 0, 'cycle and event counts of hardware would not be real'),
];

export const littleEndianOnly: readonly Difference[] = [
  field('ID_AA64MMFR0_EL1', 'BigEnd', 8, 0, 'data is little-endian at every level'),
  field('ID_AA64MMFR0_EL1', 'BigEndEL0', 16, 0, 'data is little-endian at every level'),
];

export const noHostExtensions: readonly Difference[] = [
  field('ID_AA64MMFR1_EL1', 'VH', 8, 0, 'KVM at EL2 is not guest code, so it needs no FEAT_VHE'),
];
