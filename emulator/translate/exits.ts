import type { ExitName } from '../isa/builder.ts';

/**
 * Why generated code stopped, by number (`slots.exitCode`). Beside the exits that operations name: the budget is used up, a memory access or fetch did
 * not complete (the processor has noted why), and a combination of statics that no decoded word has was reached.
 */
export const exitNames = [
  'budget',
  'fault',
  'undefined',
  'unimplemented',
  'breakpoint',
  'svc',
  'hvc',
  'smc',
  'brk',
  'hlt',
  'dcps',
  'drps',
  'udf',
  'eret',
  'wfi',
  'wfe',
  'sev',
  'yield',
  'system',
  'resynchronise',
  'fp-trap',
  'pc-alignment',
  'sp-alignment',
  'pac-failure',
  'branch-target',
  'illegal-state',
  'interrupts',
] as const satisfies readonly (ExitName | 'budget' | 'fault')[];

export type InterpreterExit = (typeof exitNames)[number];

/** Exits behind the instruction: it completed, and PC is the next one. */
export const completedExits: readonly InterpreterExit[] = ['resynchronise', 'interrupts'];

/** Number of an exit. */
export function exitCode(name: InterpreterExit): number {
  return exitNames.indexOf(name);
}
