import { findField, maskOf } from '../isa/registers/field-lookup.ts';
import { registerFields } from '../isa/registers/fields/index.ts';
import type { Field } from '../isa/registers/register.ts';

/** ESR_EL1 of an SError with an architected syndrome (IDS = 0): EC alone. */
const SERROR = 0x2fn << 26n;
/** What a person chooses in the syndrome of an SError (Arm ARM, ISS encoding for an SError). */
const chosen = ['AET', 'DFSC', 'EA', 'IESB'] as const;

/** A value of a field by the name that the Arm ARM gives it. */
export interface SErrorChoice {
  /** `UER`, or the whole meaning where it has no abbreviation. */
  readonly name: string;
  readonly meaning: string;
  readonly value: number;
}

/** A field of an SError's syndrome. */
export interface SErrorField {
  readonly name: string;
  readonly bits: number;
  /** Empty: a number is all there is to say. */
  readonly choices: readonly SErrorChoice[];
}

const fieldOf = (name: string): Field | undefined => findField(registerFields['ESR_EL1']!, SERROR, name);

/** The fields that make up the syndrome of an SError, with the names of their values. */
export const serrorFields: readonly SErrorField[] = chosen.map((name) => {
  const { high, low, meaning } = fieldOf(name)!;
  const named = typeof meaning === 'object' ? Object.entries(meaning) : [];
  const choices = named.map(([value, text]) => ({ name: /\((\w+)\)$/.exec(text)?.[1] ?? text, meaning: text, value: Number(value) }));
  return { name, bits: high - low + 1, choices: high === low ? [] : choices };
});

/**
 * ISS of an SError from its fields by name, each a number or the name of a value (`AET: 'UER'`).
 * @throws Error that names the field at fault and what it takes.
 */
export function serrorIss(fields: Readonly<Record<string, string>>): bigint {
  let iss = 0n;
  for (const [name, text] of Object.entries(fields)) {
    const known = serrorFields.find((field) => field.name === name.toUpperCase());
    if (!known) throw new Error(`an SError has no field "${name}" to choose: ${serrorFields.map((f) => f.name).join(', ')}`);
    const { low, high } = fieldOf(known.name)!;
    const value = choiceValue(known, text);
    iss |= (value << BigInt(low)) & maskOf({ name: known.name, high, low });
  }
  return iss;
}

function choiceValue({ name, bits, choices }: SErrorField, text: string): bigint {
  const choice = choices.find((c) => c.name.toLowerCase() === text.toLowerCase() || c.meaning.toLowerCase() === text.toLowerCase());
  if (choice) return BigInt(choice.value);
  const value = /^(0x[0-9a-f]+|[0-9]+)$/i.test(text) ? BigInt(text) : undefined;
  if (value !== undefined && value >> BigInt(bits) === 0n) return value;
  const names = choices.map((c) => c.name).join(', ');
  throw new Error(
    `${name} of an SError is a number of ${bits} ${bits === 1 ? 'bit' : 'bits'}${names ? ` or ${names}` : ''}, not "${text}"`,
  );
}

/**
 * ISS of an SError as one number.
 * @throws Error for what is no ISS.
 */
export function checkIss(iss: bigint): bigint {
  if (iss >> 25n !== 0n) throw new Error(`ISS has 25 bits: 0x${iss.toString(16)} does not fit`);
  return iss;
}
