import { type AnswerableExit, type AnswerKind, type ExitAnswer, exitAnswers } from './answer.ts';

/** What is done about every exit of a kind: an answer, or `stop` for whoever watches the machine to choose one. */
export type ExitPolicy = Exclude<AnswerKind, 'complete'> | 'stop';

export type ExitPolicies = Readonly<Partial<Record<AnswerableExit, ExitPolicy>>>;

/** The policies an exit can have; first the one it has where none was chosen. */
export const policiesOf = (exit: AnswerableExit): readonly ExitPolicy[] => [
  ...(exitAnswers[exit] as readonly AnswerKind[]).filter((kind): kind is Exclude<AnswerKind, 'complete'> => kind !== 'complete'),
  'stop',
];

/** What this VMM does by itself about an exit. After a stop that nobody used to answer, it does what it does where nothing was chosen. */
export function ownAnswer(exit: AnswerableExit, policies: ExitPolicies): ExitAnswer {
  const policy = policies[exit];
  return { kind: policy === undefined || policy === 'stop' ? (policiesOf(exit)[0] as Exclude<ExitPolicy, 'stop'>) : policy };
}

/** Names of the exits whose policy is to stop. */
export const stoppingExits = (policies: ExitPolicies = {}): ReadonlySet<string> =>
  new Set(Object.entries(policies).flatMap(([exit, policy]) => (policy === 'stop' ? [`KVM_EXIT_${exit}`] : [])));
