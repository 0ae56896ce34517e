import type { ExitDefinition } from './layout.ts';

const at = { esrIss: 32, faultIpa: 40 } as const;
export const armNisvAt = at;

const fields: ExitDefinition['fields'] = [
  { name: 'esr_iss', offset: at.esrIss, size: 8 },
  { name: 'fault_ipa', offset: at.faultIpa, size: 8 },
];

/** KVM_EXIT_ARM_NISV: an access without a memslot by an instruction that the syndrome does not describe (pair, writeback, exclusive, SIMD …). Needs KVM_CAP_ARM_NISV_TO_USER. */
export const armNisv: ExitDefinition = {
  name: 'KVM_EXIT_ARM_NISV',
  number: 28,
  title: 'data abort without valid instruction syndrome, outside the memslots',
  fields,
  summary: (run) =>
    `${run.get(at.esrIss, 8) & 0x40n ? 'write' : 'read'} at 0x${run.get(at.faultIpa, 8).toString(16)} by an instruction that the syndrome does not describe`,
};

/** KVM_EXIT_ARM_LDST64B: a 64-byte load or store outside the memslots; the record is that of KVM_EXIT_ARM_NISV. */
export const armLdst64b: ExitDefinition = {
  name: 'KVM_EXIT_ARM_LDST64B',
  number: 42,
  title: '64-byte load or store outside the memslots',
  fields,
  summary: (run) => `64-byte access at 0x${run.get(at.faultIpa, 8).toString(16)}`,
};
