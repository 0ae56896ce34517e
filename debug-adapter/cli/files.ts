import { readFile } from 'node:fs/promises';
import type { NamedFile } from '../../emulator/vmm/loader/kernel.ts';
import { CliError } from './exit-status.ts';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'that is a directory',
  EACCES: 'it may not be read',
};

/** Reads a file that the command line names. @throws CliError saying which option and why. */
export async function readNamed(option: string, path: string): Promise<NamedFile> {
  try {
    return { name: path, bytes: await readFile(path) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new CliError(`${option}: ${path}: ${reasons[code ?? ''] ?? message}`);
  }
}
