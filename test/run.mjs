/**
 * The project's tests: sets the checkout up, then type check, format, lint, build and every test/**\/*.test.ts.
 *   npm test                       everything
 *   npm test -- isa dap/golden     only test files whose path contains one of the words, without the checks
 * Other options (`--update-golden`, `--test-name-pattern=…`) go to the test files and to node's test runner.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { prepareBuild, prepareDependencies, root, step } from '../scripts/prepare.mjs';

const nodeAtLeast = (major, minor) => {
  const [have, haveMinor] = process.versions.node.split('.').map(Number);
  return have > major || (have === major && haveMinor >= minor);
};

const args = process.argv.slice(2);
const filters = args.filter((arg) => !arg.startsWith('-'));
const options = args.filter((arg) => arg.startsWith('-') && arg !== '--update-golden');
const update = args.includes('--update-golden');

const testFiles = readdirSync(join(root, 'test'), { recursive: true })
  .map((path) => relative(root, join(root, 'test', path)))
  .filter((path) => path.endsWith('.test.ts'))
  .filter((path) => filters.length === 0 || filters.some((word) => path.includes(word)))
  .sort();
if (testFiles.length === 0) {
  console.error(`no test file matches ${filters.join(' ')}`);
  process.exit(1);
}

prepareDependencies();
if (filters.length === 0) step(process.execPath, ['scripts/check.mjs']);
prepareBuild();
// Tests that boot Linux say why they are skipped where the guests cannot be obtained; in CI they fail.
if (filters.length === 0) spawnSync(process.execPath, ['--import', 'tsx', 'test/guests/obtain.ts'], { cwd: root, stdio: 'inherit' });

// The machine-heavy test files each keep a core busy.
const concurrency = nodeAtLeast(20, 10) ? ['--test-concurrency=2'] : [];

const done = spawnSync(process.execPath, ['--import', 'tsx', '--test', ...concurrency, '--test-reporter=spec', ...options, ...testFiles], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, ...(update ? { UPDATE_GOLDEN: '1' } : {}) },
});
process.exit(done.status ?? 1);
