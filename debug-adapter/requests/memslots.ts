import { plain } from '../protocol/plain.ts';
import type { SessionState } from '../session-state.ts';
import { linesText } from '../views/lines.ts';
import { memslotLine } from '../views/translation.ts';
import { liveGuest } from './guest.ts';

/** The memory slots of the VM, each with its backing and the rules that apply (a request of our own: `kvmArm64.memslots`). */
export async function memslots(_: unknown, session: SessionState): Promise<unknown> {
  const slots = await liveGuest(session).machine.memslots();
  const text = slots.map(memslotLine).flatMap((line) => [`${line.name}: ${line.text}`, ...linesText(line)]);
  return { memslots: plain(slots), text: text.join('\n') };
}
