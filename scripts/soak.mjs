/** A busy guest for a long time: see test/soak/soak.ts for its options. */
import { prepareDependencies, step } from './prepare.mjs';

prepareDependencies();
step(process.execPath, ['scripts/guests.mjs']);
step(process.execPath, ['--import', 'tsx', 'test/soak/soak.ts', ...process.argv.slice(2)]);
