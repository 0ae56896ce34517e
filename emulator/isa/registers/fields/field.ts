import type { Field, FieldMeaning } from '../register.ts';

/** A field as its row of the Arm ARM: `bits('SAS 23:22', meanings)`, `bits('IL 25')`. Throws for text of another form. */
export function bits(text: string, meaning?: FieldMeaning, variant?: Field['variant']): Field {
  const match = /^(\S+) (\d+)(?::(\d+))?$/.exec(text);
  if (!match) throw new Error(`'${text}' is not 'NAME high:low'`);
  const high = Number(match[2]);
  return {
    name: match[1]!,
    high,
    low: match[3] === undefined ? high : Number(match[3]),
    ...(meaning ? { meaning } : {}),
    ...(variant ? { variant } : {}),
  };
}

/** Bits whose layout depends on another field and that have no name of their own: `alternatives('23:14', …)`. */
export function alternatives(range: string, variant: NonNullable<Field['variant']>): Field {
  return { ...bits(`(${range}) ${range}`, undefined, variant), unnamed: true };
}

/** Several fields that need no more than a name. */
export const plain = (...texts: readonly string[]): readonly Field[] => texts.map((text) => bits(text));

/** Meaning of a one-bit field. */
export const whether = (no: string, yes: string): FieldMeaning => ({ 0: no, 1: yes });

/** Meaning of a trap or enable that is worth words only when set. */
export const when = (yes: string): FieldMeaning => ({ 1: yes });

/** Decimal value. */
export const decimal = (value: bigint): string => value.toString();

export const hexadecimal = (value: bigint): string => `0x${value.toString(16)}`;
