import { parseExpression } from '../../emulator/machine/expression/parser.ts';
import type { PoisonIntervention } from '../../emulator/machine/intervention.ts';
import type { AddressSpace } from '../../emulator/machine/machine.ts';
import { parseAddressRange } from '../../emulator/vmm/address-range.ts';
import { imagePlace } from '../breakpoints/place.ts';
import { RequestError } from '../request-error.ts';
import type { NamedGuest } from '../session-state.ts';

type How = { -readonly [K in keyof Omit<PoisonIntervention, 'kind' | 'space' | 'address'>]?: PoisonIntervention[K] };

/** What follows the address, in any order. */
export const poisonWords = ['data', 'instruction', 'walk', 'once', 'UER', 'UEO', 'UC', 'CE', 'parity', 'noaddress', 'bytes='] as const;

/** What `poison ADDRESS …` asks for. Throws RequestError or ExpressionError. */
export function poisonOf(text: string, guest: NamedGuest): PoisonIntervention {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const how: How = {};
  while (words.length > 0 && take(words.at(-1)!, how)) words.pop();
  const place = words.join(' ');
  if (place === '') throw new RequestError('poison what? An address, for example ipa:0x48000000+64, sp or a symbol');
  const { space, address, bytes } = placeOf(place, guest);
  return { kind: 'poison', ...how, space, address, bytes: how.bytes ?? bytes };
}

/** True: the word says how. */
function take(word: string, how: How): boolean {
  const [, bytes] = /^bytes=(0x[0-9a-f]+|[0-9]+)$/i.exec(word) ?? [];
  if (bytes !== undefined) how.bytes = Number(bytes);
  else if (word === 'data' || word === 'instruction' || word === 'walk') how.consumers = [word, ...(how.consumers ?? [])];
  else if (word === 'once') how.once = true;
  else if (/^(uer|ueo|uc|ce)$/i.test(word)) how.severity = word.toUpperCase() as NonNullable<How['severity']>;
  else if (word === 'parity') how.parity = true;
  else if (word === 'noaddress') how.addressKnown = false;
  else return false;
  return true;
}

/** `ipa:0x…+64` with a length; or an expression, virtual unless a space is in front. What is in the kernel image is where it was loaded, MMU on or off. */
function placeOf(text: string, guest: NamedGuest): Pick<PoisonIntervention, 'space' | 'address' | 'bytes'> {
  if (/^(va|ipa|pa):(0x)?[0-9a-f]+(\+(0x)?[0-9a-f]+)?$/i.test(text)) {
    const { space, start, bytes } = parseAddressRange(text, 'poison');
    return { space, address: { kind: 'number', value: start }, bytes };
  }
  const [, space, expression] = /^(?:(va|ipa|pa):)?(.*)$/is.exec(text)!;
  const symbol = space === undefined ? guest.symbols.find(text) : undefined;
  const image = symbol && imagePlace(symbol.address, guest);
  if (image) return { space: image.space, address: { kind: 'number', value: image.address }, bytes: symbol.size || 1 };
  return { space: (space?.toLowerCase() ?? 'va') as AddressSpace, address: parseExpression(expression!, guest.names), bytes: 1 };
}
