import { plain } from '../protocol/plain.ts';
import { RequestError } from '../request-error.ts';
import type { SessionState } from '../session-state.ts';
import { linesText } from '../views/lines.ts';
import { translationTree } from '../views/translation.ts';
import { liveGuest, vcpuInFocus, vcpuOf } from './guest.ts';
import { accessOf, spacedAddress } from './translation-query.ts';

/** Arguments of `kvmArm64.translate`. */
export interface TranslateArguments {
  /** `va:…` or `ipa:…` and an expression; without a prefix it is virtual. */
  readonly address?: unknown;
  readonly access?: unknown;
  readonly el?: unknown;
  readonly threadId?: number;
  readonly frameId?: number;
}

/** What becomes of an address (a request of our own: `kvmArm64.translate`): every descriptor with its fields, what decided the outcome, and the whole of it as text. */
export async function translate(args: TranslateArguments, session: SessionState): Promise<unknown> {
  const guest = liveGuest(session);
  if (typeof args.address !== 'string') throw new RequestError('kvmArm64.translate: "address" must be a string such as "va:0x1000"');
  const vcpu = args.threadId === undefined ? vcpuInFocus(args.frameId, session) : vcpuOf(args.threadId, guest);
  const words = [...(args.access === undefined ? [] : [String(args.access)]), ...(args.el === undefined ? [] : [`el${String(args.el)}`])];
  const query = { ...(await spacedAddress(args.address, guest, vcpu)), ...accessOf(words) };
  const translation = await guest.machine.translate(vcpu, query);
  const tree = translationTree(translation);
  return { ...(plain(translation) as object), text: [tree.text, ...linesText(tree, true)].join('\n') };
}
