import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { caseFiles } from './cases/index.ts';
import { runOnLinux } from './host.ts';
import { presentImage } from './kernels.ts';
import { labelled, mayBeAbsent } from './steps.ts';
import { REFERENCE, readVectors, vectorsOf } from './vectors.ts';

const works = (command: string): boolean => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;

const missing = ['qemu-system-aarch64', 'aarch64-linux-gnu-gcc'].filter((command) => !works(command));
const image = presentImage(REFERENCE);
const why = missing.length > 0 ? `${missing.join(' and ')} not installed` : image ? false : 'no kernel: npm run record-kvm fetches it';

/** Files of cases that take Linux a few seconds together. */
const quick = ['memslots', 'injection'];

describe('vectors of Linux’s own KVM', () => {
  for (const [name, cases] of Object.entries(caseFiles)) {
    test(`${name}: one for each result of the steps`, () => {
      const vectors = readVectors(name);
      assert.deepEqual(
        Object.keys(vectors),
        cases.map((of) => of.name),
      );
      for (const { name: of, steps } of cases) {
        const labels = labelled(steps).filter((step) => !mayBeAbsent(step) || step.label in vectors[of]!);
        assert.deepEqual(
          Object.keys(vectors[of]!).filter((label) => !label.endsWith(' in detail')),
          labels.map(({ label }) => label),
        );
      }
    });
  }

  test('Linux still gives them', { skip: why, timeout: 300_000 }, async () => {
    const cases = quick.flatMap((name) => caseFiles[name]!);
    const printed = await runOnLinux(image!, cases);
    for (const name of quick) assert.deepEqual(vectorsOf(caseFiles[name]!, printed), readVectors(name));
  });
});
