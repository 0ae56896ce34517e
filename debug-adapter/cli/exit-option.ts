import { type AnswerableExit, exitAnswers } from '../../emulator/vmm/exits/answer.ts';
import { type ExitPolicies, type ExitPolicy, policiesOf } from '../../emulator/vmm/exits/policy.ts';
import { CliError } from './exit-status.ts';

/** Reads `--on-exit ARM_SEA=resume`. @throws CliError */
export function parsePolicies(options: readonly string[]): ExitPolicies {
  const policies: Partial<Record<AnswerableExit, ExitPolicy>> = {};
  for (const option of options) {
    const [, name = '', policy] = /^(?:KVM_EXIT_)?(\w+)=([\w-]+)$/.exec(option) ?? [];
    if (!Object.hasOwn(exitAnswers, name))
      throw new CliError(`--on-exit: "${option}" is not understood: write ${Object.keys(exitAnswers).join(', ')} and = what to do.`);
    const exit = name as AnswerableExit;
    // Nobody is there to stop for.
    const known = policiesOf(exit).filter((p) => p !== 'stop');
    if (!(known as readonly string[]).includes(policy!))
      throw new CliError(`--on-exit: ${name} can be ${known.join(', ')}, not ${policy}.`);
    policies[exit] = policy as ExitPolicy;
  }
  return policies;
}
