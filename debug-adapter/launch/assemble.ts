import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { AssemblyError, assemble } from '../../emulator/isa/assembler/assembler.ts';
import { FLAT_LOAD_ADDRESS } from '../../emulator/vmm/loader/kernel.ts';
import { RequestError } from '../request-error.ts';
import type { Program, SourceLine } from './program.ts';

/** Assembles a guest from its source. Throws RequestError with `file:line: …` of everything that is wrong with it. */
export async function assembleProgram(path: string): Promise<Program> {
  let source: string;
  try {
    source = await readFile(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new RequestError(`program: ${path}: ${code === 'ENOENT' ? 'there is no such file' : message}`);
  }
  try {
    const { image, symbols, lines } = assemble(source, { file: path, address: BigInt(FLAT_LOAD_ADDRESS) });
    const byAddress = new Map(lines.map(({ address, line }) => [address, line]));
    return { name: basename(path), path, image, symbols, lines: firstOfEachLine(lines), lineAt: (address) => byAddress.get(address) };
  } catch (error) {
    if (error instanceof AssemblyError) throw new RequestError(error.message);
    throw error;
  }
}

/** A line may become several instructions (a macro, a loop): a breakpoint goes to the first. */
function firstOfEachLine(lines: readonly SourceLine[]): SourceLine[] {
  const first = new Map<number, SourceLine>();
  for (const line of lines) if (!first.has(line.line)) first.set(line.line, line);
  return [...first.values()].sort((a, b) => a.line - b.line);
}
