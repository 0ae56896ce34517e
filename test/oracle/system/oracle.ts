/**
 * Compares exceptions, system instructions and translation faults with QEMU:
 *   node --import tsx test/oracle/system/oracle.ts [--cases N] [--seed N] [--only REGEXP of "cpu: family"] [--show N]
 *   node --import tsx test/oracle/system/oracle.ts --write-vectors
 */
import { parseArgs } from 'node:util';
import { describeDifferences, differing } from './compare.ts';
import { families } from './families.ts';
import { familyName, writeFamilyVectors } from './vectors.ts';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    show: { type: 'string', default: '5' },
    'write-vectors': { type: 'boolean', default: false },
  },
});

if (values['write-vectors']) {
  writeFamilyVectors(100, 1);
  process.exit(0);
}
let total = 0;
let wrong = 0;
for (const family of families()) {
  const name = familyName(family);
  if (!new RegExp(values.only).test(name)) continue;
  const cases = family.cases(Number(values.cases), Number(values.seed));
  try {
    const different = await differing(cases, family.regime, family.cpu);
    total += cases.length;
    wrong += different.length;
    console.log(`${name}: ${different.length} of ${cases.length} differ`);
    const described = await describeDifferences(cases, different.slice(0, Number(values.show)), family.regime, family.cpu);
    for (const difference of described) console.log(difference.replace(/^/gm, '    '));
  } catch (error) {
    wrong++;
    console.log(`${name}: ${(error as Error).message}`);
  }
}
console.log(`\n${total} cases, ${wrong} differences`);
process.exitCode = wrong === 0 ? 0 : 1;
