/**
 * A busy guest for a long time, and what the machine holds meanwhile.
 *   npm run soak -- [--minutes 10] [--every 30]
 * Exit status 1 where memory still grows in the second half.
 */
import { parseArgs } from 'node:util';
import { BusyMachine, type Held } from './busy-machine.ts';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' }, every: { type: 'string', default: '30' } } });
const [minutes, every] = [Number(values.minutes), Number(values.every)];
if (!(minutes > 0) || !(every > 0)) {
  console.error('usage: npm run soak -- [--minutes N] [--every SECONDS]');
  process.exit(1);
}

const MIB = 2 ** 20;
/** Growth that is noise: an engine collects code when it likes. */
const TOLERATED = 24 * MIB;

const busy = await BusyMachine.start();
const started = performance.now();
const seconds = (): number => (performance.now() - started) / 1000;
const samples: (Held & { readonly seconds: number })[] = [];
console.log('seconds  rounds  G instr.  resident MiB  heap MiB  modules  regions  translated code MiB');
while (seconds() < minutes * 60) {
  const until = Math.min(minutes * 60, seconds() + every);
  await busy.run(Number.POSITIVE_INFINITY, () => seconds() >= until);
  const held = { seconds: seconds(), ...busy.held() };
  samples.push(held);
  const columns = [
    held.seconds.toFixed(0).padStart(7),
    String(held.rounds).padStart(6),
    (held.instructions / 1e9).toFixed(1).padStart(8),
    (held.resident / MIB).toFixed(0).padStart(12),
    (held.heap / MIB).toFixed(1).padStart(8),
    String(held.modules).padStart(7),
    String(held.regions).padStart(7),
    (held.kept / MIB).toFixed(1).padStart(19),
  ];
  console.log(columns.join('  '));
}
await busy.stop();
const half = samples.filter((sample) => sample.seconds >= minutes * 30);
const grown = half.length > 1 ? half.at(-1)!.resident - half[0]!.resident : 0;
console.log(`second half: ${(grown / MIB).toFixed(1)} MiB more resident`);
process.exitCode = grown > TOLERATED ? 1 : 0;
