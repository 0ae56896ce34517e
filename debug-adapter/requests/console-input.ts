import { RequestError } from '../request-error.ts';
import type { SessionState } from '../session-state.ts';
import { liveGuest } from './guest.ts';

/** Keystrokes for the guest's console (a request of our own: `kvmArm64.input`). */
export async function consoleInput(args: { readonly text?: unknown } | undefined, session: SessionState): Promise<void> {
  if (typeof args?.text !== 'string') throw new RequestError('kvmArm64.input: "text" must be a string');
  await liveGuest(session).machine.consoleInput(new TextEncoder().encode(args.text));
}
