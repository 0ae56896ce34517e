import type { ExitDefinition } from './layout.ts';

const at = { type: 32, count: 36, data: 40 } as const;
export const systemEventAt = at;
/** Size of the record. */
export const SYSTEM_EVENT_BYTES = 136;

export const systemEvent = { SHUTDOWN: 1, RESET: 2, CRASH: 3, WAKEUP: 4, SUSPEND: 5 } as const;

const names: Readonly<Record<number, string>> = {
  1: 'KVM_SYSTEM_EVENT_SHUTDOWN',
  2: 'KVM_SYSTEM_EVENT_RESET',
  3: 'KVM_SYSTEM_EVENT_CRASH',
  4: 'KVM_SYSTEM_EVENT_WAKEUP',
  5: 'KVM_SYSTEM_EVENT_SUSPEND',
  6: 'KVM_SYSTEM_EVENT_SEV_TERM',
  7: 'KVM_SYSTEM_EVENT_TDX_FATAL',
};

/** KVM_EXIT_SYSTEM_EVENT: the guest asked PSCI to power the system off, to reset or to suspend it. */
export const systemEventExit: ExitDefinition = {
  name: 'KVM_EXIT_SYSTEM_EVENT',
  number: 24,
  title: 'system-wide request of the guest (PSCI)',
  fields: [
    { name: 'type', offset: at.type, size: 4, meaning: (v) => names[Number(v)] },
    { name: 'ndata', offset: at.count, size: 4 },
    { name: 'data', offset: at.data, size: 8, count: 16 },
  ],
  summary: (run) => names[run.getNumber(at.type, 4)] ?? `system event ${run.getNumber(at.type, 4)}`,
};
