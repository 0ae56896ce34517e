import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { characterDevice, cpio, directory, program } from './cpio.ts';

const haveCpio = spawnSync('cpio', ['--version']).status === 0;

describe('the newc archives that the guests boot from', () => {
  const archive = cpio([directory('bin'), characterDevice('console', 5, 1), program('bin/odd-length', 'abcde')]);

  test('records and data are aligned to four bytes', () => {
    assert.equal(archive.length % 4, 0);
    assert.equal(archive.toString('latin1', 0, 6), '070701');
  });

  test('cpio lists them with their modes and device numbers', { skip: haveCpio ? false : 'needs cpio' }, () => {
    const { stdout, status } = spawnSync('cpio', ['--list', '--verbose', '--quiet'], { input: archive, encoding: 'utf8' });
    assert.equal(status, 0);
    const lines = stdout.trim().split('\n');
    assert.match(lines[0]!, /^drwxr-xr-x .* bin$/);
    assert.match(lines[1]!, /^crw------- .* 5, +1 .* console$/);
    assert.match(lines[2]!, /^-rwxr-xr-x .* 5 .* bin\/odd-length$/);
  });
});
