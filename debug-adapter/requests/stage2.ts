import { RequestError } from '../request-error.ts';
import type { SessionState } from '../session-state.ts';
import { type TranslateArguments, translate } from './translate.ts';

/** An intermediate physical address through stage 2 (a request of our own: `kvmArm64.stage2`). */
export function stage2(
  { ipa, ...rest }: Omit<TranslateArguments, 'address' | 'el'> & { readonly ipa?: unknown },
  session: SessionState,
): Promise<unknown> {
  if (typeof ipa !== 'string') throw new RequestError('kvmArm64.stage2: "ipa" must be a string such as "0x40000000"');
  return translate({ ...rest, address: `ipa:${ipa.replace(/^\s*ipa:/i, '')}` }, session);
}
