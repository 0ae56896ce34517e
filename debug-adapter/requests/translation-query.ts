import { parseExpression } from '../../emulator/machine/expression/parser.ts';
import type { TranslationQuery } from '../../emulator/machine/memory-views.ts';
import { RequestError } from '../request-error.ts';
import type { Guest } from '../session-state.ts';

/** `va:sp + 8`, `ipa:0x40000000`, or an expression, which is virtual. Throws RequestError for a physical address: nothing translates it. */
export async function spacedAddress(text: string, guest: Guest, vcpu: number): Promise<Pick<TranslationQuery, 'space' | 'address'>> {
  const [, prefix = 'va', expression = ''] = /^\s*(?:(va|ipa|pa):)?(.*)$/is.exec(text) ?? [];
  const space = prefix.toLowerCase();
  if (space === 'pa') throw new RequestError('a physical address is not translated: give va:… or ipa:…');
  if (expression.trim() === '') throw new RequestError('there is no address to translate');
  const address = await guest.machine.evaluate(vcpu, parseExpression(expression, guest.names));
  return { space: space === 'ipa' ? 'ipa' : 'va', address };
}

/** An address in a given space: `ipa:` in front may be left out. Throws RequestError for another space. */
export async function addressIn(space: 'va' | 'ipa', text: string, guest: Guest, vcpu: number): Promise<bigint> {
  const given = await spacedAddress(/^\s*(va|ipa|pa):/i.test(text) ? text : `${space}:${text}`, guest, vcpu);
  if (given.space !== space) throw new RequestError(`the address must be one of the ${space}: space`);
  return given.address;
}

const kinds = new Set(['read', 'write', 'fetch']);

/** How it is accessed, from words: `el0 write`. */
export function accessOf(words: readonly string[]): Pick<TranslationQuery, 'kind' | 'el'> {
  const access: { kind?: NonNullable<TranslationQuery['kind']>; el?: 0 | 1 } = {};
  for (const word of words) {
    if (kinds.has(word)) access.kind = word as NonNullable<TranslationQuery['kind']>;
    else if (word === 'el0' || word === 'el1') access.el = word === 'el0' ? 0 : 1;
    else throw new RequestError(`an access is read, write or fetch, at el0 or el1, not "${word}"`);
  }
  return access;
}
