import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { proposed } from '../../../emulator/kvm/kernel-profile.ts';
import { caseFiles } from './cases/index.ts';
import { differing, reasonFor } from './compare.ts';
import { ofTheHost, ofTheProposal } from './differences.ts';
import { Model } from './model.ts';
import { readVectors, wholeVectors } from './vectors.ts';

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

  describe('injection, in the proposed kernel profile, as Linux 6.12 gave it', async () => {
    const before = await Model.create(proposed);
    const vectors = wholeVectors('injection', '6.12');
    for (const of of caseFiles['injection']!) {
      if (ofTheProposal.some(({ cases }) => cases.test(of.name))) continue;
      test(of.name, () => assert.deepEqual(differing(vectors[of.name]!, before.resultsOf(of)), []));
    }
  });

  test('every difference of the host is one', () => {
    assert.deepEqual(
      ofTheHost.filter((difference) => !used.has(difference)),
      [],
    );
  });
});
