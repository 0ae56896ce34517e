import type { ExitDefinition } from './layout.ts';

/** Exits without a record of their own. */
const plain = (name: string, number: number, title: string): ExitDefinition => ({ name, number, title, fields: [], summary: () => title });

export const unknown: ExitDefinition = {
  name: 'KVM_EXIT_UNKNOWN',
  number: 0,
  title: 'no exit recorded',
  fields: [{ name: 'hardware_exit_reason', offset: 32, size: 8 }],
  summary: (run) => `hardware exit reason 0x${run.get(32, 8).toString(16)}`,
};
export const interrupted = plain('KVM_EXIT_INTR', 10, 'a signal ended KVM_RUN');
export const shutdown = plain('KVM_EXIT_SHUTDOWN', 8, 'the vCPU shut down');
export const dirtyRingFull = plain('KVM_EXIT_DIRTY_RING_FULL', 31, 'the dirty ring is full');
