import type { ExitDefinition } from './layout.ts';

const at = { reason: 32, cpu: 40 } as const;
export const failEntryAt = at;
export const FAIL_ENTRY_CPU_UNSUPPORTED = 1n;

/** KVM_EXIT_FAIL_ENTRY: the vCPU could not be entered on this physical CPU. */
export const failEntry: ExitDefinition = {
  name: 'KVM_EXIT_FAIL_ENTRY',
  number: 9,
  title: 'the vCPU could not be entered',
  fields: [
    { name: 'hardware_entry_failure_reason', offset: at.reason, size: 8, meaning: (v) => (v & 1n ? 'CPU_UNSUPPORTED' : undefined) },
    { name: 'cpu', offset: at.cpu, size: 4 },
  ],
  summary: (run) => `entry failed: 0x${run.get(at.reason, 8).toString(16)}`,
};
