/** Obtains the Linux guests of the tests into .cache/guests. See test/guests/. */
import { prepareDependencies, step } from './prepare.mjs';

prepareDependencies();
step(process.execPath, ['--import', 'tsx', 'test/guests/obtain.ts', ...process.argv.slice(2)]);
