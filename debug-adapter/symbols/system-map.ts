import type { GuestSymbol } from './symbols.ts';

const line = /^([0-9a-fA-F]{8,16}) ([A-Za-z?]) (\S+)(?:\s+\[.*\])?\s*$/;

/** Absolute symbols are constants; $x and $d mark code and data for disassemblers. Neither is a place. */
export const isPlace = ({ name, type }: { readonly name: string; readonly type: string }): boolean =>
  type !== 'A' && type !== 'a' && type !== 'N' && !name.startsWith('$');

/** Symbols of a `System.map` (or `nm`, `/proc/kallsyms`): `address type name` per line. Throws with the line number where a line is something else. */
export function parseSystemMap(text: string): GuestSymbol[] {
  const symbols: GuestSymbol[] = [];
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; i++) {
    const source = lines[i]!.trimEnd();
    if (source === '') continue;
    const match = line.exec(source);
    if (!match) throw new Error(`line ${i + 1} is no symbol (address, type, name): ${source.slice(0, 60)}`);
    const [, address, type, name] = match as unknown as readonly [string, string, string, string];
    if (isPlace({ name, type })) symbols.push({ name, address: BigInt(`0x${address}`), size: 0 });
  }
  return symbols;
}
