/** What the figures were taken on: those of different hosts don't compare. */
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { fixed } from './figures.ts';
import { type Program, versionOf } from './programs.ts';

const version = (program: Program): string => versionOf(program) ?? `no ${program}`;

export const describeHost = () => ({
  date: new Date().toISOString().slice(0, 10),
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  v8: process.versions.v8,
  qemu: version('qemu-system-aarch64'),
  gdb: version('gdb-multiarch'),
  compiler: version('aarch64-linux-gnu-gcc'),
  loadAtStart: loadavg()[0]!,
});

export const hostLine = (host: ReturnType<typeof describeHost>): string =>
  `${host.cpu}, ${host.cores} cores, ${host.memoryGiB} GiB, load ${fixed(host.loadAtStart)}; node ${host.node}; ${host.qemu}; ${host.gdb}; ${host.compiler}`;
