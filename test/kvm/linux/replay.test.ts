import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { caseFiles } from './cases/index.ts';
import { differing, reasonFor } from './compare.ts';
import { ofTheHost } from './differences.ts';
import { Model } from './model.ts';
import { readVectors } from './vectors.ts';

describe('the model gives what Linux gave', async () => {
  const model = await Model.create();
  const used = new Set<unknown>();
  for (const [file, cases] of Object.entries(caseFiles)) {
    const vectors = readVectors(file);
    describe(file, () => {
      for (const of of cases) {
        test(of.name, () => {
          const unexplained = differing(vectors[of.name]!, model.resultsOf(of)).filter(({ label }) => {
            const reason = reasonFor(file, of.name, label);
            if (reason) used.add(reason);
            return !reason;
          });
          assert.deepEqual(unexplained, []);
        });
      }
    });
  }

  test('every difference of the host is one', () => {
    assert.deepEqual(
      ofTheHost.filter((difference) => !used.has(difference)),
      [],
    );
  });
});
