/** One kernel on this machine's emulator and on qemu-system-aarch64 TCG, in alternating rounds; both must print the same checksum. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import engineFlags from '../../debug-adapter/engine-flags.json' with { type: 'json' };
import { repository } from '../guests/guests.ts';
import { fixed, median } from './figures.ts';
import { compileKernel, type Kernel } from './kernels.ts';
import { type TimedRun, timedRun } from './timed-run.ts';

export interface KernelOptions {
  readonly rounds: number;
  readonly cpus: number;
  readonly cpu: string;
  /** Seconds that one run may take. */
  readonly timeout: number;
  /** Folder for what is compiled. */
  readonly scratch: string;
}

export interface KernelResult {
  readonly name: string;
  readonly kind: Kernel['kind'];
  readonly cpus: number;
  readonly checksum?: string;
  /** Guest instructions. */
  readonly instructions?: number;
  /** Seconds of the whole process, by round. */
  readonly ours: readonly number[];
  readonly qemu: readonly number[];
  /** Ours to QEMU's, by round: of the whole process, and from the guest's first output to its last. */
  readonly ratios: readonly number[];
  readonly ratiosInside: readonly number[];
  /** Medians of the two. */
  readonly ratio: number;
  readonly ratioInside: number;
  readonly mips: number;
  readonly failures: readonly string[];
}

const landmarks = ['begin', ' end'] as const;
const program = join(repository, 'dist', 'cli.js');

interface Run extends TimedRun {
  readonly checksum?: string;
  readonly instructions?: number;
}

const withChecksum = (run: TimedRun): Run => {
  const checksum = /checksum ([0-9a-f]{16}) end/.exec(run.tail)?.[1];
  return { ...run, ...(checksum === undefined ? {} : { checksum }) };
};

async function ours(elf: string, { cpus, cpu, timeout, scratch }: KernelOptions): Promise<Run> {
  const file = join(scratch, 'kernel-stats.json');
  rmSync(file, { force: true });
  const args = ['run', '--kernel', elf, '--cpus', String(cpus), '--cpu', cpu, '--timeout', String(timeout), '--stats', file];
  const run = withChecksum(await timedRun(process.execPath, [...engineFlags, program, ...args], landmarks, timeout + 30));
  if (!existsSync(file)) return run;
  const { instructions } = JSON.parse(readFileSync(file, 'utf8')) as { instructions: number };
  return { ...run, instructions };
}

/** Several vCPUs take turns in one thread, as here. */
async function qemu(elf: string, { cpus, cpu, timeout }: KernelOptions): Promise<Run> {
  const accelerator = cpus > 1 ? 'tcg,thread=single' : 'tcg';
  const machine = `-M virt,gic-version=3 -cpu ${cpu} -smp ${cpus} -m 512 -accel ${accelerator} -nographic -no-reboot`.split(' ');
  return withChecksum(await timedRun('qemu-system-aarch64', [...machine, '-kernel', elf], landmarks, timeout));
}

const inside = (run: TimedRun): number => run.landmarks[1]! - run.landmarks[0]!;

/** Runs a kernel `rounds` times on each; with several CPUs each does its share of the iterations. @throws Error when it does not compile. */
export async function kernelRounds(kernel: Kernel, options: KernelOptions): Promise<KernelResult> {
  const elf = compileKernel(kernel, kernel.iterations / options.cpus, options.scratch);
  const pairs: { ours: Run; qemu: Run }[] = [];
  const failures: string[] = [];
  const name = options.cpus > 1 ? `${kernel.name} on ${options.cpus} vCPUs` : kernel.name;
  const good = (who: string, run: Run): boolean => {
    if (run.status === 0 && run.checksum !== undefined) return true;
    failures.push(`${name}: ${who} ended with status ${run.status} after ${fixed(run.seconds)} s; last output:\n${run.tail}`);
    return false;
  };
  for (let round = 0; round < options.rounds; round++) {
    // Who goes first changes, so that neither always runs on the machine that the other has warmed.
    const pair =
      round % 2 === 0
        ? { ours: await ours(elf, options), qemu: await qemu(elf, options) }
        : { qemu: await qemu(elf, options), ours: await ours(elf, options) };
    const both = [good('kvm-arm64', pair.ours), good('QEMU', pair.qemu)].every(Boolean);
    if (!both) continue;
    if (pair.ours.checksum !== pair.qemu.checksum)
      failures.push(`${name}: checksum ${pair.ours.checksum}, QEMU's is ${pair.qemu.checksum}`);
    else pairs.push(pair);
  }
  const ratios = pairs.map((pair) => pair.ours.seconds / pair.qemu.seconds);
  const ratiosInside = pairs.map((pair) => inside(pair.ours) / inside(pair.qemu));
  const [first] = pairs;
  return {
    name,
    kind: kernel.kind,
    cpus: options.cpus,
    ...(first ? { checksum: first.ours.checksum!, instructions: first.ours.instructions! } : {}),
    ours: pairs.map((pair) => pair.ours.seconds),
    qemu: pairs.map((pair) => pair.qemu.seconds),
    ratios,
    ratiosInside,
    ratio: median(ratios),
    ratioInside: median(ratiosInside),
    mips: median(pairs.map((pair) => pair.ours.instructions! / pair.ours.seconds / 1e6)),
    failures,
  };
}
