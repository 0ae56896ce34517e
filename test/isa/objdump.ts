import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PROGRAM = 'aarch64-linux-gnu-objdump';

/** The `skip` option of a test that needs objdump: false where it is there. Throws in CI, which installs it. */
export function skipWithoutObjdump(): string | false {
  const version = spawnSync(PROGRAM, ['--version'], { encoding: 'utf8' }).stdout ?? '';
  if (version.includes('2.40')) return false;
  const reason = version ? `needs GNU objdump 2.40, this is ${version.split('\n')[0]}` : `needs ${PROGRAM} (binutils 2.40)`;
  if (process.env.CI === 'true') throw new Error(reason);
  return reason;
}

/** objdump's text of consecutive words from address 0 on, in single spaces. */
export function objdump(words: Uint32Array): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'objdump-'));
  try {
    const file = join(folder, 'words.bin');
    writeFileSync(file, words);
    const listing = execFileSync(PROGRAM, ['-D', '-z', '-b', 'binary', '-m', 'aarch64', file], { encoding: 'utf8', maxBuffer: 2 ** 29 });
    return listing
      .split('\n')
      .map((line) => line.split('\t'))
      .filter(([address, , ...text]) => text.length > 0 && /^\s*[0-9a-f]+:$/.test(address!))
      .map(([, , ...text]) => singleSpaced(text.join(' ').replace(/ <\.data\+?[^>]*>/, '')));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const singleSpaced = (text: string): string => text.replace(/\s+/g, ' ').trim();
