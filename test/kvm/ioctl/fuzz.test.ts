/** Calls and guests at random. KVM_FUZZ_SEED begins elsewhere, KVM_FUZZ_SECONDS goes on for longer. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Fuzzer } from './fuzz.ts';

const SEEDS = 6;
const CALLS = 400;
const first = Number(process.env['KVM_FUZZ_SEED'] ?? 1);
const seconds = Number(process.env['KVM_FUZZ_SECONDS'] ?? 0);

async function fuzz(seed: number): Promise<Fuzzer['counts']> {
  const fuzzer = await Fuzzer.start(seed);
  for (let n = 0; n < CALLS; n++) {
    try {
      fuzzer.step();
    } catch (error) {
      throw new Error(`seed ${seed}, call ${fuzzer.counts.calls}: ${error instanceof Error ? error.stack : error}`);
    }
    if (n % 20 === 0) fuzzer.checkInvariants();
  }
  fuzzer.checkInvariants();
  return fuzzer.counts;
}

describe('exits §3: a fuzzer over calls and guests', () => {
  for (let n = 0; n < SEEDS; n++) {
    test(`exits §3: seed ${first + n}: no crash, no result that is none, stage 2 matches the memslots`, async () => {
      const { calls, failed, runs } = await fuzz(first + n);
      assert.ok(calls > failed && runs > 0, `${calls} calls, ${failed} failed, ${runs} runs`);
    });
  }
  test(`exits §3: and for ${seconds} seconds more`, { skip: seconds === 0 && 'KVM_FUZZ_SECONDS is not set' }, async () => {
    const end = Date.now() + seconds * 1000;
    for (let seed = first + SEEDS; Date.now() < end; seed++) await fuzz(seed);
  });
});
