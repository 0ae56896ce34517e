/**
 * Compares the interpreter with QEMU's `max` processor, instruction by instruction:
 *   node --import tsx test/oracle/oracle.ts [--words N] [--cases N] [--seed N] [--only REGEXP] [--show N]
 *   node --import tsx test/oracle/oracle.ts --write-vectors
 * The first spells out the differences it finds and fails where there are any; the second has QEMU make the stored vectors anew.
 */
import { parseArgs } from 'node:util';
import { compareWithQemu, describeDifference } from './compare.ts';
import { comparableInstructions } from './generate.ts';
import { missingForOracle } from './native.ts';
import { writeVectors } from './vectors.ts';

const { values } = parseArgs({
  options: {
    words: { type: 'string', default: '64' },
    cases: { type: 'string', default: '32' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    show: { type: 'string', default: '2' },
    'write-vectors': { type: 'boolean', default: false },
  },
});

const missing = missingForOracle();
if (missing) {
  console.error(missing);
  process.exit(2);
}
if (values['write-vectors']) {
  const all = comparableInstructions();
  const integer = writeVectors(
    'integer.txt',
    all.filter((i) => !i.simd),
    8,
    32,
    1,
  );
  const simd = writeVectors(
    'simd.txt',
    all.filter((i) => i.simd),
    6,
    32,
    1,
  );
  console.log(`${integer + simd} cases`);
  process.exit(0);
}
const only = new RegExp(values.only);
const instructions = comparableInstructions().filter((i) => only.test(i.name) || (values.only !== '' && only.test(i.group)));
const started = Date.now();
const { cases, differences } = compareWithQemu(instructions, {
  words: Number(values.words),
  cases: Number(values.cases),
  seed: Number(values.seed),
  progress: (done, found) => process.stderr.write(`\r${done} cases, ${found} differences `),
});
process.stderr.write('\n');
const byName = new Map<string, typeof differences>();
for (const d of differences) byName.set(d.instruction, [...(byName.get(d.instruction) ?? []), d]);
for (const [name, list] of byName) {
  console.log(`\n${name}: ${list.length} differences`);
  for (const d of list.slice(0, Number(values.show))) console.log(describeDifference(d));
}
console.log(
  `\n${instructions.length} instructions, ${cases} cases, ${differences.length} differences, ${((Date.now() - started) / 1000).toFixed(1)} s`,
);
process.exitCode = differences.length === 0 ? 0 : 1;
