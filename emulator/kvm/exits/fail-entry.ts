import type { ExitDefinition, KvmRun } from './layout.ts';

const at = { reason: 32, cpu: 40 } as const;
export const failEntryAt = at;
export const FAIL_ENTRY_CPU_UNSUPPORTED = 1n;

/** KVM fills the reason only for a CPU that is not supported; an illegal exception return leaves it 0. */
function summary(run: KvmRun): string {
  const reason = run.get(at.reason, 8);
  if (reason === 0n) return 'the return to the guest was an illegal exception return';
  if (reason & FAIL_ENTRY_CPU_UNSUPPORTED) return `the vCPU may not run on physical CPU ${run.getNumber(at.cpu, 4)}`;
  return `entry failed: 0x${reason.toString(16)}`;
}

/** KVM_EXIT_FAIL_ENTRY: the vCPU could not be entered on this physical CPU. */
export const failEntry: ExitDefinition = {
  name: 'KVM_EXIT_FAIL_ENTRY',
  number: 9,
  title: 'the vCPU could not be entered',
  fields: [
    { name: 'hardware_entry_failure_reason', offset: at.reason, size: 8, meaning: (v) => (v & 1n ? 'CPU_UNSUPPORTED' : undefined) },
    { name: 'cpu', offset: at.cpu, size: 4 },
  ],
  summary,
};
