import type { ExitDefinition } from './layout.ts';

const at = { flags: 32, esr: 40, gva: 48, gpa: 56 } as const;
export const armSeaAt = at;
export const ARM_SEA_GPA_VALID = 1n;

/** KVM_EXIT_ARM_SEA: the guest consumed a memory error that the host did not claim (synchronous external abort at EL2). Needs KVM_CAP_ARM_SEA_TO_USER. */
export const armSea: ExitDefinition = {
  name: 'KVM_EXIT_ARM_SEA',
  number: 41,
  title: 'synchronous external abort that the host does not own',
  fields: [
    { name: 'flags', offset: at.flags, size: 8, meaning: (v) => (v & ARM_SEA_GPA_VALID ? 'GPA_VALID' : undefined) },
    { name: 'esr', offset: at.esr, size: 8 },
    { name: 'gva', offset: at.gva, size: 8 },
    { name: 'gpa', offset: at.gpa, size: 8 },
  ],
  summary: (run) => `external abort, ESR 0x${run.get(at.esr, 8).toString(16)}, gva 0x${run.get(at.gva, 8).toString(16)}`,
};
