import { answerTitles, exitAnswers } from '../../emulator/machine/exits.ts';
import type { Intervention } from '../../emulator/machine/intervention.ts';
import { parseIntervention } from '../interventions/command.ts';
import { RequestError } from '../request-error.ts';
import type { SessionState } from '../session-state.ts';
import { stateChanged } from './changes.ts';
import { liveGuest, vcpuInFocus, vcpuOf } from './guest.ts';

/** Does one thing to the machine by hand (a request of our own: `kvmArm64.intervene`), in the words of the Debug Console. */
export async function intervene(
  args: { readonly command?: unknown; readonly threadId?: number } | undefined,
  session: SessionState,
): Promise<{ readonly account: string }> {
  const guest = liveGuest(session);
  if (typeof args?.command !== 'string')
    throw new RequestError('kvmArm64.intervene: "command" must be a string, for example "inject dabt"');
  const vcpu = args.threadId === undefined ? vcpuInFocus(undefined, session) : vcpuOf(args.threadId, guest);
  const intervention = parseIntervention(args.command, guest);
  if (!intervention) throw new RequestError(`kvmArm64.intervene: "${args.command}" is no command: "help" in the Debug Console lists them`);
  const account = await performed(intervention, vcpu, session);
  session.output(`${account}\n`);
  return { account };
}

/** Does it; what came of it. The client is told that what it shows is out of date. */
export async function performed(intervention: Intervention, vcpu: number, session: SessionState): Promise<string> {
  const account = await liveGuest(session).machine.intervene(vcpu, intervention);
  stateChanged(session);
  return account;
}

/** What can be done about the exit a vCPU stands at (a request of our own: `kvmArm64.exitAnswers`). No exit: an empty list. */
export async function exitAnswersRequest(
  args: { readonly threadId?: number } | undefined,
  session: SessionState,
): Promise<{ readonly exit?: string; readonly summary?: string; readonly write?: boolean; readonly answers: readonly object[] }> {
  const guest = liveGuest(session);
  const vcpu = args?.threadId === undefined ? vcpuInFocus(undefined, session) : vcpuOf(args.threadId, guest);
  const cause = guest.stop?.vcpu === vcpu ? guest.stop.cause : undefined;
  if (cause?.kind !== 'exit') return { answers: [] };
  const exit = (await guest.machine.exitRecord(vcpu)) ?? cause.exit;
  const kinds = exit.answer === undefined ? exitAnswers(exit.name) : [];
  return {
    exit: exit.name,
    summary: exit.summary,
    write: exit.fields.some(({ name, value }) => name === 'is_write' && value !== 0n),
    answers: kinds.map((answer) => ({ answer, title: answerTitles[answer] })),
  };
}
