import type { ExitDefinition } from './layout.ts';

const at = { hsr: 32, hsrHigh: 36, far: 40 } as const;
export const debugAt = at;

const classes: Readonly<Record<number, string>> = {
  48: 'hardware breakpoint',
  50: 'software step',
  52: 'watchpoint',
  56: 'BKPT',
  60: 'BRK',
};

/** KVM_EXIT_DEBUG: a debug exception that KVM_SET_GUEST_DEBUG asked for. */
export const debug: ExitDefinition = {
  name: 'KVM_EXIT_DEBUG',
  number: 4,
  title: 'debug exception taken for user space',
  fields: [
    { name: 'hsr', offset: at.hsr, size: 4, meaning: (v) => classes[Number(v >> 26n)] },
    { name: 'hsr_high', offset: at.hsrHigh, size: 4 },
    { name: 'far', offset: at.far, size: 8 },
  ],
  summary: (run) => classes[run.getNumber(at.hsr, 4) >>> 26] ?? `exception class 0x${(run.getNumber(at.hsr, 4) >>> 26).toString(16)}`,
};
