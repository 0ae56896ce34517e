/** Type check, format and lint: one command for people and for CI. `--write` applies what can be applied. */
import { prepareDependencies, root, step } from './prepare.mjs';

prepareDependencies();
const colors = process.stdout.isTTY ? [] : ['--colors=off'];
const node = (script, ...args) => step(process.execPath, [`${root}/node_modules/${script}`, ...args]);
node('typescript/bin/tsc', '-p', '.');
node(
  '@biomejs/biome/bin/biome',
  ...(process.argv.includes('--write') ? ['check', '--write', '.'] : ['ci', '--diagnostic-level=warn', ...colors, '.']),
);
