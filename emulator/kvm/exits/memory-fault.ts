import type { ExitDefinition } from './layout.ts';

const at = { flags: 32, gpa: 40, size: 48 } as const;
export const memoryFaultAt = at;
/** KVM_MEMORY_EXIT_FLAG_PRIVATE. */
export const MEMORY_FAULT_PRIVATE = 8n;

/** KVM_EXIT_MEMORY_FAULT: the page behind a guest physical address could not be had; KVM_RUN fails with EFAULT or EHWPOISON. */
export const memoryFault: ExitDefinition = {
  name: 'KVM_EXIT_MEMORY_FAULT',
  number: 39,
  title: 'the page behind a guest physical address could not be had',
  fields: [
    { name: 'flags', offset: at.flags, size: 8, meaning: (v) => (v & MEMORY_FAULT_PRIVATE ? 'private' : undefined) },
    { name: 'gpa', offset: at.gpa, size: 8 },
    { name: 'size', offset: at.size, size: 8 },
  ],
  summary: (run) => `no page for 0x${run.get(at.gpa, 8).toString(16)}`,
};
