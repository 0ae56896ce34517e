/** What `npm start` shows. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { repository } from '../guests/guests.ts';

describe('npm start', () => {
  test('shows a whole session: boot, exit, syndrome, registers, disassembly, steps, power-off', () => {
    const script = "import { scriptedSession } from './scripts/session.mjs'; await scriptedSession(process.argv[1]);";
    const program = `${repository}/extension/guests/hello.S`;
    const done = spawnSync(process.execPath, ['--input-type=module', '--eval', script, program], {
      cwd: repository,
      encoding: 'utf8',
      timeout: 120_000,
    });
    assert.equal(done.status, 0, `${done.stdout}${done.stderr}`);
    const headings = done.stdout.match(/^== \w+/gm)?.map((line) => line.slice(3));
    assert.deepEqual(headings, ['Connect', 'Stopped', 'Continue', 'Registers', 'Disassembly', 'Step', 'Continue']);
    assert.match(done.stdout, /KVM_EXIT_MMIO: write of \d bytes? at 0x9000000/);
    assert.match(done.stdout, /EC = 0x24 .data abort from a lower Exception level/i);
    assert.match(done.stdout, /the guest powered off, the adapter ended/);
  });
});
