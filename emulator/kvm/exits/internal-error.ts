import type { ExitDefinition, KvmRun } from './layout.ts';

const at = { suberror: 32, count: 36, data: 40 } as const;
export const internalErrorAt = at;

export const internalError = { EMULATION: 1, SIMUL_EX: 2, DELIVERY_EV: 3, UNEXPECTED_EXIT_REASON: 4 } as const;
const names: Readonly<Record<number, string>> = {
  1: 'KVM_INTERNAL_ERROR_EMULATION',
  2: 'KVM_INTERNAL_ERROR_SIMUL_EX',
  3: 'KVM_INTERNAL_ERROR_DELIVERY_EV',
  4: 'KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON',
};

/** What `data` holds at an internal error of this KVM: where, and (`ndata` = 2) the instruction it is about. */
export const internalErrorData = { pc: at.data, instruction: at.data + 8 } as const;

function summary(run: KvmRun): string {
  const suberror = run.getNumber(at.suberror, 4);
  const name = names[suberror] ?? `suberror ${suberror}`;
  const count = run.getNumber(at.count, 4);
  const what = count < 2 ? '' : `: instruction 0x${run.get(internalErrorData.instruction, 8).toString(16).padStart(8, '0')}`;
  return count < 1 ? name : `${name}${what} at 0x${run.get(internalErrorData.pc, 8).toString(16)}`;
}

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
  summary,
};
