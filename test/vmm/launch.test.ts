import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkCommandLine, checkCpus, parseMemorySize } from '../../emulator/vmm/launch.ts';

const MiB = 2 ** 20;

describe('memory sizes', () => {
  for (const [text, bytes] of [
    ['512M', 512 * MiB],
    ['1G', 1024 * MiB],
    ['1.5G', 1536 * MiB],
    ['262144K', 256 * MiB],
    ['512', 512 * MiB],
    ['512MiB', 512 * MiB],
    ['64mb', 64 * MiB],
  ] as const) {
    test(text, () => assert.equal(parseMemorySize(text), bytes));
  }
  for (const [text, message] of [
    ['lots', /not understood/],
    ['', /not understood/],
    ['-1M', /not understood/],
    ['1K', /not a whole number of 4 KiB|too small/],
    ['6145K', /4 KiB pages/],
    ['100G', /too large/],
    ['0', /too small/],
  ] as const) {
    test(`"${text}" is refused`, () => assert.throws(() => parseMemorySize(text), message));
  }
});

test('1 to 8 vCPUs', () => {
  for (const n of [1, 8]) assert.equal(checkCpus(n), n);
  for (const n of [0, 9, 1.5, Number.NaN, -1]) assert.throws(() => checkCpus(n), /1 to 8/);
});

test('a command line that Linux would cut off is refused', () => {
  assert.throws(() => checkCommandLine('x'.repeat(2048)), /2048 characters.*at most 2047/);
});
