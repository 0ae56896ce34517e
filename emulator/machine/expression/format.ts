import type { ValueFormat } from '../machine.ts';

/** Hexadecimal with prefix, padded to `bits` when given. */
export function hex(value: bigint, bits = 0): string {
  return `0x${value.toString(16).padStart(bits / 4, '0')}`;
}

/** A 64-bit value as text. Characters: the low byte, quoted. */
export function formatValue(value: bigint, format: ValueFormat = 'hex'): string {
  switch (format) {
    case 'hex':
      return hex(value);
    case 'decimal':
      return value.toString();
    case 'signed':
      return BigInt.asIntN(64, value).toString();
    case 'binary':
      return `0b${value.toString(2)}`;
    case 'character':
      return JSON.stringify(String.fromCharCode(Number(value & 0xffn)));
  }
}

const letters: Readonly<Record<string, ValueFormat>> = {
  x: 'hex',
  h: 'hex',
  u: 'decimal',
  d: 'signed',
  b: 'binary',
  t: 'binary',
  c: 'character',
};

/** Splits a trailing format letter off, as in `x0,d`: x hexadecimal, d signed, u unsigned, b binary, c character. */
export function splitFormat(text: string): { readonly expression: string; readonly format: ValueFormat | undefined } {
  const match = /^(.*),\s*([xhudbtc])\s*$/s.exec(text);
  return match ? { expression: match[1]!, format: letters[match[2]!] } : { expression: text, format: undefined };
}
