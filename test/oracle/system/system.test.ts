import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { describeDifferences, differing } from './compare.ts';
import { families } from './families.ts';
import { runHere } from './machines.ts';
import { familyName, foldSystemResults, storedFamilyVectors } from './vectors.ts';

const noQemu =
  spawnSync('qemu-system-aarch64', ['--version'], { stdio: 'ignore' }).status === 0
    ? false
    : 'qemu-system-aarch64 is not installed (Debian package qemu-system-arm)';
if (noQemu && process.env.CI === 'true') throw new Error(noQemu);

const vectors = new Map(storedFamilyVectors().map((v) => [v.family, v]));

describe('exceptions, system instructions and translation faults are those of QEMU', () => {
  for (const family of families()) {
    const name = familyName(family);
    it(name, async () => {
      const vector = vectors.get(name);
      assert.ok(vector, 'no vector: node --import tsx test/oracle/system/oracle.ts --write-vectors');
      const results = await runHere(family.cases(vector.cases, vector.seed), family.regime, family.cpu);
      assert.equal(
        foldSystemResults(results),
        vector.hash,
        `case by case: node --import tsx test/oracle/system/oracle.ts --only '${name}'`,
      );
    });
  }

  it('fresh cases against the real QEMU', { skip: noQemu }, async () => {
    for (const family of families().filter((_, n) => n % 4 === 0)) {
      const cases = family.cases(100, 30);
      const different = await differing(cases, family.regime, family.cpu);
      assert.deepEqual(await describeDifferences(cases, different, family.regime, family.cpu), [], familyName(family));
    }
  });
});
