/** The benchmark in its short form: every part once, for its results; time proves nothing here. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { repository, skipWithoutLinux } from '../guests/guests.ts';
import { missingPrograms } from './programs.ts';

const missing = missingPrograms();
if (missing && process.env.CI === 'true') throw new Error(missing);
const skip = missing ?? skipWithoutLinux();

describe('npm run bench -- --short', { skip }, () => {
  test('all results are right', { timeout: 600_000 }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'bench-short-'));
    try {
      const file = join(folder, 'bench.json');
      const args = ['--import', 'tsx', 'test/bench/bench.ts', '--short', '--json', file];
      const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: repository, encoding: 'utf8' });
      assert.equal(status, 0, `${stdout}\n${stderr}`);
      const { failures, rows, integer, fp, smp } = JSON.parse(readFileSync(file, 'utf8'));
      assert.deepEqual(failures, []);
      // What the short form leaves out: a whole sha256 phase per figure.
      assert.deepEqual(
        rows.filter((row: { figure: number | null }) => row.figure === null).map((row: { target: string }) => row.target),
        ['stackWatch'],
      );
      for (const kernel of [integer, fp, smp].flatMap((part) => part.kernels)) assert.match(kernel.checksum, /^[0-9a-f]{16}$/, kernel.name);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
