/** The reference boot beside QEMU: see test/bench/reference-boot.ts for its options. */
import { prepareBuild, prepareDependencies, step } from './prepare.mjs';

prepareDependencies();
step(process.execPath, ['scripts/oracles.mjs']);
step(process.execPath, ['scripts/guests.mjs']);
prepareBuild();
step(process.execPath, ['--import', 'tsx', 'test/bench/reference-boot.ts', ...process.argv.slice(2)]);
