import type { ExitDefinition } from './layout.ts';

const at = { suberror: 32, count: 36, data: 40 } as const;
export const internalErrorAt = at;

export const internalError = { EMULATION: 1, SIMUL_EX: 2, DELIVERY_EV: 3, UNEXPECTED_EXIT_REASON: 4 } as const;
const names: Readonly<Record<number, string>> = {
  1: 'KVM_INTERNAL_ERROR_EMULATION',
  2: 'KVM_INTERNAL_ERROR_SIMUL_EX',
  3: 'KVM_INTERNAL_ERROR_DELIVERY_EV',
  4: 'KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON',
};

/** KVM_EXIT_INTERNAL_ERROR: KVM cannot go on with this vCPU. */
export const internalErrorExit: ExitDefinition = {
  name: 'KVM_EXIT_INTERNAL_ERROR',
  number: 17,
  title: 'KVM cannot go on with this vCPU',
  fields: [
    { name: 'suberror', offset: at.suberror, size: 4, meaning: (v) => names[Number(v)] },
    { name: 'ndata', offset: at.count, size: 4 },
    { name: 'data', offset: at.data, size: 8, count: 16 },
  ],
  summary: (run) => names[run.getNumber(at.suberror, 4)] ?? `suberror ${run.getNumber(at.suberror, 4)}`,
};
