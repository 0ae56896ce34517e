import { basename } from 'node:path';
import type { NamedBytes } from '../../emulator/machine/machine.ts';
import { isImage } from '../../emulator/vmm/loader/image.ts';
import { parseKallsyms } from './kallsyms/kallsyms.ts';
import type { GuestSymbol } from './symbols.ts';
import { isPlace } from './system-map.ts';

/** What a kernel says of itself, and a line for the person about it. */
export interface OwnSymbols {
  readonly symbols: readonly GuestSymbol[];
  readonly line: string;
  /** The tables are there and cannot be read. */
  readonly damaged?: true;
}

const ADVICE = 'for names of functions give "symbols" in the launch configuration';

/** 123,456. Loading a locale for it takes longer than finding the tables. */
const thousands = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',');

/** Symbols from the kallsyms tables of an arm64 Image; undefined: the file is no Image. Never throws: a kernel without them can be debugged by address. */
export function ownSymbols({ name, bytes }: NamedBytes): OwnSymbols | undefined {
  if (!isImage(bytes)) return undefined;
  const file = basename(name);
  try {
    const found = parseKallsyms(bytes);
    if (!found) return { symbols: [], line: `${file} has no kallsyms (CONFIG_KALLSYMS): ${ADVICE}` };
    const symbols: GuestSymbol[] = found.symbols.filter(isPlace);
    const line = `${file}: ${thousands(symbols.length)} symbols from the kernel's own kallsyms`;
    // Where the image begins is known here, and need not be told from _stext.
    if (!symbols.some(({ name }) => name === '_text')) symbols.unshift({ name: '_text', address: found.start, size: 0 });
    return { symbols, line };
  } catch (error) {
    const line = `${file}: the kernel's own kallsyms cannot be read: ${(error as Error).message}; ${ADVICE}`;
    return { symbols: [], line, damaged: true };
  }
}
