/** What the benchmark needs beside the project itself. */
import { spawnSync } from 'node:child_process';

/** Programs and the Debian packages that bring them. */
const packages = {
  'qemu-system-aarch64': 'qemu-system-arm',
  'gdb-multiarch': 'gdb-multiarch',
  'aarch64-linux-gnu-gcc': 'gcc-aarch64-linux-gnu',
} as const;

export type Program = keyof typeof packages;

/** The first line of what `--version` says; undefined where the program is not installed. */
export function versionOf(program: Program): string | undefined {
  const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout.split('\n')[0] : undefined;
}

/** What is missing, in words for a person; undefined: nothing. */
export function missingPrograms(): string | undefined {
  const missing = (Object.keys(packages) as Program[]).filter((program) => versionOf(program) === undefined);
  if (missing.length === 0) return undefined;
  return `not installed: ${missing.map((program) => `${program} (Debian package ${packages[program]})`).join(', ')}`;
}
