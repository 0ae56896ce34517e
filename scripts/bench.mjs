/** The benchmark beside QEMU: see test/bench/bench.ts for its options. */
import { prepareBuild, prepareDependencies, step } from './prepare.mjs';

prepareDependencies();
step(process.execPath, ['scripts/oracles.mjs']);
step(process.execPath, ['scripts/guests.mjs']);
prepareBuild();
step(process.execPath, ['--import', 'tsx', 'test/bench/bench.ts', ...process.argv.slice(2)]);
