/** What the figures were taken on: those of different hosts don't compare. */
import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { fixed } from './figures.ts';

function firstLine(program: string): string {
  try {
    return execFileSync(program, ['--version'], { encoding: 'utf8' }).split('\n')[0]!;
  } catch {
    return 'not installed';
  }
}

export const describeHost = () => ({
  date: new Date().toISOString().slice(0, 10),
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  v8: process.versions.v8,
  qemu: firstLine('qemu-system-aarch64'),
  compiler: firstLine('aarch64-linux-gnu-gcc'),
  loadAtStart: loadavg()[0]!,
});

export const hostLine = (host: ReturnType<typeof describeHost>): string =>
  `${host.cpu}, ${host.cores} cores, ${host.memoryGiB} GiB, load ${fixed(host.loadAtStart)}; node ${host.node}; ${host.qemu}; ${host.compiler}`;
