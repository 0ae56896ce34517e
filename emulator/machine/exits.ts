import { exitDefinitions } from '../kvm/exits/index.ts';

export { answersTo as exitAnswers, answerTitles } from '../vmm/exits/answer.ts';

/** Exits that a debugger never shows: what ends KVM_RUN for a signal, and the record before the first exit. */
const hidden: ReadonlySet<string> = new Set(['KVM_EXIT_UNKNOWN', 'KVM_EXIT_INTR']);

/** KVM exits a debugger can stop at, by number. */
export const debuggableExits = exitDefinitions
  .filter((e) => !hidden.has(e.name))
  .map(({ name, number, title }) => ({ name, reason: number, title }))
  .sort((a, b) => a.reason - b.reason);

/** Field names of the exit records, for expressions. */
export const exitFieldNames: readonly string[] = [...new Set(exitDefinitions.flatMap((e) => e.fields.map((f) => f.name)))];
