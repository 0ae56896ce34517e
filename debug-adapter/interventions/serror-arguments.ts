import { checkIss, serrorIss } from '../../emulator/machine/serror.ts';
import { RequestError } from '../request-error.ts';

/**
 * ISS that the words behind `inject serror` ask for: nothing (KVM then says IDS alone), `iss=0x…`, or fields by name (`aet=UER dfsc=0x11 ea=1`).
 * Throws RequestError naming the word at fault.
 */
export function serrorSyndrome(words: readonly string[]): bigint | undefined {
  const fields: Record<string, string> = {};
  for (const word of words) {
    const [, name, value] = /^(\w+)=(.+)$/.exec(word) ?? [];
    if (name === undefined) throw new RequestError(`"${word}" is no field of an SError: write aet=UER, dfsc=0x11, ea=1, iesb=1 or iss=0x…`);
    fields[name.toLowerCase()] = value!;
  }
  const { iss, ...named } = fields;
  try {
    if (iss === undefined) return words.length === 0 ? undefined : serrorIss(named);
    if (Object.keys(named).length > 0) throw new Error('iss= is the whole syndrome: leave the fields out');
    if (!/^(0x[0-9a-f]+|[0-9]+)$/i.test(iss)) throw new Error(`iss is a number, not "${iss}"`);
    return checkIss(BigInt(iss));
  } catch (error) {
    throw new RequestError((error as Error).message);
  }
}
