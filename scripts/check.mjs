/** Type check, format and lint: one command for people and for CI. `--write` applies what can be applied. */
import { prepareDependencies, root, step } from './prepare.mjs';

prepareDependencies();
const colors = process.stdout.isTTY ? [] : ['--colors=off'];
const tool = (name) => `${root}/node_modules/.bin/${name}`;
step(tool('tsc'), ['-p', '.']);
step(tool('biome'), process.argv.includes('--write') ? ['check', '--write', '.'] : ['ci', '--diagnostic-level=warn', ...colors, '.']);
