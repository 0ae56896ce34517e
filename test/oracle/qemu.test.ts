import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Bench } from './bench.ts';
import { compareWithQemu, describeDifference } from './compare.ts';
import { comparableInstructions } from './generate.ts';
import { missingForOracle } from './native.ts';

const missing = missingForOracle();
if (missing && process.env.CI === 'true') throw new Error(missing);

describe('a fresh sample against the real QEMU', { skip: missing }, () => {
  it('finds no difference', () => {
    const bench = new Bench();
    const { cases, differences } = compareWithQemu(comparableInstructions(), { words: 6, cases: 8, seed: 20 }, bench);
    assert.ok(cases > 10_000);
    assert.deepEqual(
      differences.slice(0, 10).map((d) => describeDifference(d, bench)),
      [],
    );
  });
});
