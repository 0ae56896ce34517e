import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { guestFiles, skipWithout, skipWithoutLinux } from '../guests/guests.ts';
import { BusyMachine } from './busy-machine.ts';

/** Rounds until everything that a round needs is there and translated, and rounds that are watched. */
const WARM = 40;
const ROUNDS = 60;
/** Growth that is noise: of what the engine keeps beside its heap, and of its heap for each round. */
const RESIDENT = 32 * 2 ** 20;
const HEAP_PER_ROUND = 64 * 1024;

const skip = skipWithoutLinux() || skipWithout(...Object.values(guestFiles().kernels['6.1'].modules));

describe('a busy guest', { skip }, () => {
  test('loads modules, starts programs and computes, and the machine does not grow', async (t) => {
    const busy = await BusyMachine.start();
    try {
      await busy.run(WARM);
      const before = busy.held();
      await busy.run(WARM + ROUNDS);
      const after = busy.held();
      t.diagnostic(`${JSON.stringify(before)} then ${JSON.stringify(after)}`);
      assert.ok(after.resident - before.resident < RESIDENT, `${after.resident - before.resident} bytes more resident`);
      assert.ok(after.heap - before.heap < HEAP_PER_ROUND * ROUNDS, `${after.heap - before.heap} bytes more heap`);
    } finally {
      await busy.stop();
    }
  });
});
