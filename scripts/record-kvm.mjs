/** Records what KVM of real Linux kernels gives: test/kvm/linux/record.ts. Needs QEMU and a cross compiler (scripts/oracles.mjs) and the guests. */
import { prepareDependencies, step } from './prepare.mjs';

prepareDependencies();
step(process.execPath, ['--import', 'tsx', 'test/kvm/linux/record.ts', ...process.argv.slice(2)]);
