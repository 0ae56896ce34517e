import { type KernelProfile, type KernelProfileName, merged, proposed } from '../kernel-profile.ts';
import type { ExitDefinition } from './layout.ts';

/**
 * KVM_EXIT_ARM_SEA: the guest consumed a memory error that the host did not claim (synchronous external abort at EL2). Needs KVM_CAP_ARM_SEA_TO_USER. Its number and its record
 * are the kernel profile's.
 */
function definition({ armSea }: KernelProfile): ExitDefinition {
  const { at, gvaValid, gpaValid } = armSea;
  const flags = (value: bigint): string | undefined => {
    const names = [...(gvaValid !== undefined && value & gvaValid ? ['GVA_VALID'] : []), ...(value & gpaValid ? ['GPA_VALID'] : [])];
    return names.length > 0 ? names.join(', ') : undefined;
  };
  const fields: ExitDefinition['fields'] = [
    { name: 'flags', offset: at.flags, size: 8, meaning: flags },
    { name: 'esr', offset: at.esr, size: 8 },
    { name: 'gva', offset: at.gva, size: 8 },
    { name: 'gpa', offset: at.gpa, size: 8 },
  ];
  return {
    name: 'KVM_EXIT_ARM_SEA',
    number: armSea.number,
    title: 'synchronous external abort that the host does not own',
    fields: [...fields].sort((a, b) => a.offset - b.offset),
    summary: (run) => {
      const hex = (offset: number): string => `0x${run.get(offset, 8).toString(16)}`;
      const flagged = run.get(at.flags, 8);
      const gva = gvaValid === undefined ? (run.get(at.esr, 8) & FNV) === 0n : (flagged & gvaValid) !== 0n;
      const where = [...(gva ? [`gva ${hex(at.gva)}`] : []), ...(flagged & gpaValid ? [`gpa ${hex(at.gpa)}`] : [])];
      return `external abort, ESR ${hex(at.esr)}, ${where.length > 0 ? where.join(', ') : 'address not known'}`;
    },
  };
}

/** Size of the record. */
export const ARM_SEA_BYTES = 32;

const FNV = 1n << 10n;

export const armSea: Readonly<Record<KernelProfileName, ExitDefinition>> = {
  merged: definition(merged),
  proposed: definition(proposed),
};
