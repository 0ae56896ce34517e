import { readFileSync } from 'node:fs';
import type { NamedFile } from '../../emulator/vmm/loader/kernel.ts';
import { CliError } from './exit-status.ts';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'that is a directory',
  EACCES: 'it may not be read',
};

/**
 * Reads a file that the command line names, at one go: nothing else is to be done meanwhile, and in pieces it takes four times as long.
 * @throws CliError saying which option and why.
 */
export function readNamed(option: string, path: string): NamedFile {
  try {
    return { name: path, bytes: readFileSync(path) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new CliError(`${option}: ${path}: ${reasons[code ?? ''] ?? message}`);
  }
}
