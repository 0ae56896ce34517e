import { createMachine } from '../../emulator/vmm/create.ts';
import { type LockstepResult, lockstep } from '../../emulator/vmm/lockstep/lockstep.ts';
import { exitStatus } from './exit-status.ts';
import { type GuestOptions, readGuest } from './guest-files.ts';

/** Options of `kvm-arm64 lockstep` as the command line gives them. */
export interface LockstepCommandOptions extends GuestOptions {
  readonly every: number;
  readonly limit?: number;
  readonly hot?: number;
}

/** Comparisons to one of the whole memory. */
const MEMORY_EVERY = 32;
const MOST_DIFFERENCES = 24;

/** Runs a guest interpreted and translated side by side; the exit status of the program. */
export async function runLockstep({ every, limit, hot, ...options }: LockstepCommandOptions): Promise<number> {
  const configuration = readGuest(options);
  const translate = hot === undefined ? true : { hotJumps: hot };
  const result = await lockstep((tier) => createMachine({ ...configuration, translate: tier === 'translated' && translate }), {
    every,
    memoryEvery: MEMORY_EVERY,
    ...(limit === undefined ? {} : { limit }),
    console: (bytes) => process.stdout.write(bytes),
    note: (text) => process.stderr.write(`kvm-arm64: looking ${text} instructions\n`),
  });
  process.stderr.write(`kvm-arm64: ${describe(result)}\n`);
  return result.kind === 'same' ? exitStatus.powerOff : exitStatus.different;
}

function describe(result: LockstepResult): string {
  if (result.kind === 'same') {
    const { end, instructions, comparisons } = result;
    const why = end.kind === 'fatal' ? `the machine had to stop (${end.message})` : end.kind === 'budget' ? 'the limit' : end.kind;
    return `the same in both tiers: ${instructions} instructions to ${why}, compared ${comparisons} times`;
  }
  const { same, different, differences, trace } = result;
  const where =
    different - same === 1
      ? `translated code parts from the interpreter at instruction ${different}`
      : `translated code parts from the interpreter between instructions ${same} and ${different}; running that in other portions hides where`;
  const left = differences.length - MOST_DIFFERENCES;
  return [
    where,
    ...(trace.length > 0 ? ['executed last:', ...trace.map((line) => `  ${line}`)] : []),
    'interpreted and translated:',
    ...differences.slice(0, MOST_DIFFERENCES).map(({ name, values }) => `  ${name}: ${values[0]} and ${values[1]}`),
    ...(left > 0 ? [`  and ${left} more`] : []),
  ].join('\n');
}
