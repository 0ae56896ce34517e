import { hex } from '../../emulator/machine/expression/format.ts';

/** A value as JSON can hold it: 64-bit numbers become hexadecimal text. */
export function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return hex(value);
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, inside]) => [name, plain(inside)]));
}
