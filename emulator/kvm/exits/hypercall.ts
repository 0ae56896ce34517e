import type { ExitDefinition } from './layout.ts';

const at = { nr: 32, args: 40, ret: 88, flags: 96 } as const;
export const hypercallAt = at;
export const HYPERCALL_EXIT_SMC = 1n;
/** Size of the record. */
export const HYPERCALL_EXIT_BYTES = 72;

/** KVM_EXIT_HYPERCALL: an SMCCC call that the VM's filter forwards to user space. The arguments are in the guest's registers. */
export const hypercall: ExitDefinition = {
  name: 'KVM_EXIT_HYPERCALL',
  number: 3,
  title: 'SMCCC call forwarded to user space by the SMCCC filter',
  fields: [
    { name: 'nr', offset: at.nr, size: 8 },
    { name: 'args', offset: at.args, size: 8, count: 6 },
    { name: 'ret', offset: at.ret, size: 8 },
    { name: 'flags', offset: at.flags, size: 8, meaning: (v) => (v & HYPERCALL_EXIT_SMC ? 'by SMC' : 'by HVC') },
  ],
  summary: (run) => `${run.get(at.flags, 8) & HYPERCALL_EXIT_SMC ? 'SMC' : 'HVC'} call 0x${run.get(at.nr, 8).toString(16)}`,
};
