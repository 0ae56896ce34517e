import { readFile } from 'node:fs/promises';
import { isElf, parseElfSymbols } from './elf.ts';
import type { GuestSymbol } from './symbols.ts';
import { parseSystemMap } from './system-map.ts';

/** Reads symbols from an ELF file (vmlinux, a firmware) or a System.map. Throws with the path and what is wrong with it. */
export async function loadSymbols(path: string): Promise<GuestSymbol[]> {
  try {
    const bytes = await readFile(path);
    return isElf(bytes) ? parseElfSymbols(bytes) : parseSystemMap(bytes.toString('utf8'));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Error(`symbols: ${path}: ${code === 'ENOENT' ? 'there is no such file' : message}`);
  }
}
