import { instructions } from '../instruction.ts';

/** Hints: whatever is not offered is a NOP, so each hint of a feature falls back to HINT where a vCPU lacks it. */
export const hints = instructions('Hints', {
  NOP: { encoding: '1 1 0 1 0 1 0 1 0 0 0 0 0 0 1 1 0 0 1 0 0 0 0 0 0 0 0 1 1 1 1 1', assembly: 'nop', operation: () => {} },
});
