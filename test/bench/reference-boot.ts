/**
 * The reference boot (test/guests/initramfs.ts) on this machine's emulator and on qemu-system-aarch64 TCG, in alternating rounds: wall-clock ratios to
 * the first user-space output and to power-off, and guest MIPS.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import engineFlags from '../../debug-adapter/engine-flags.json' with { type: 'json' };
import { guestFiles, type KernelVersion, repository } from '../guests/guests.ts';
import { MARKER_INIT, ZEROES_SHA256 } from '../guests/initramfs.ts';
import { fixed, spread } from './figures.ts';
import { type TimedRun, timedRun } from './timed-run.ts';

export interface BootOptions {
  readonly rounds: number;
  readonly kernel: KernelVersion;
  readonly cpu: string;
  /** Seconds that one run may take. */
  readonly timeout: number;
  /** Folder for files on the way. */
  readonly scratch: string;
}

/** On the console: before user space's first line, before the sha256 phase (the end of uname's line), and after it. */
const landmarks = [MARKER_INIT, 'aarch64 GNU/Linux', ZEROES_SHA256] as const;
const append = 'console=ttyAMA0 nokaslr';
const program = join(repository, 'dist', 'cli.js');

interface Statistics {
  readonly instructions: number;
  /** Bytes resident at the most. */
  readonly peakMemory: number;
  /** Guest instructions when the console first showed each landmark. */
  readonly marks?: Readonly<Record<string, { readonly instructions: number }>>;
}

type Files = ReturnType<typeof guestFiles>;

async function ours(files: Files, options: BootOptions): Promise<TimedRun & { readonly statistics?: Statistics }> {
  const { cpu, timeout, scratch } = options;
  const file = join(scratch, 'stats.json');
  rmSync(file, { force: true });
  const guest = [
    '--kernel',
    files.kernels[options.kernel].image,
    '--initrd',
    files.reference,
    '--append',
    append,
    '--memory',
    '512M',
    '--cpu',
    cpu,
  ];
  const notes = ['--timeout', String(timeout), '--stats', file, '--mark', ...landmarks];
  const run = await timedRun(process.execPath, [...engineFlags, program, 'run', ...guest, ...notes], landmarks, timeout + 30);
  return { ...run, ...(existsSync(file) ? { statistics: JSON.parse(readFileSync(file, 'utf8')) as Statistics } : {}) };
}

function qemu(files: Files, { kernel, cpu, timeout }: BootOptions): Promise<TimedRun> {
  const machine = `-M virt -cpu ${cpu} -smp 1 -m 512 -accel tcg -nographic -no-reboot`.split(' ');
  const guest = ['-kernel', files.kernels[kernel].image, '-initrd', files.reference, '-append', append];
  return timedRun('qemu-system-aarch64', [...machine, ...guest], landmarks, timeout);
}

interface Round {
  readonly ours?: TimedRun & { readonly statistics?: Statistics };
  readonly qemu?: TimedRun;
}

/** Runs the rounds, saying on stdout how each went. */
export async function referenceBoot(options: BootOptions) {
  const files = guestFiles();
  console.log(`Debian ${options.kernel} cloud kernel, ${options.cpu}, 1 vCPU, 512 MiB, "${append}"; ${options.rounds} rounds`);
  const failures: string[] = [];
  /** True when the run passed every landmark and powered off. */
  const succeeded = (who: string, run: TimedRun): boolean => {
    const missing = landmarks.filter((_, index) => Number.isNaN(run.landmarks[index]));
    if (missing.length === 0 && run.status === 0) return true;
    const why = run.status === 0 ? `never printed ${missing.join(', ')}` : `ended with status ${run.status}`;
    failures.push(`boot: ${who} ${why} after ${fixed(run.seconds)} s; last output:\n${run.tail}`);
    return false;
  };
  const results: Round[] = [];
  for (let round = 0; round < options.rounds; round++) {
    const own = await ours(files, options);
    const reference = await qemu(files, options);
    const good = { ...(succeeded('kvm-arm64', own) ? { ours: own } : {}), ...(succeeded('QEMU', reference) ? { qemu: reference } : {}) };
    results.push(good);
    const show = (run?: TimedRun) => (run ? `${fixed(run.landmarks[0]!)} s to marker, ${fixed(run.seconds)} s to power-off` : 'failed');
    console.log(`round ${round + 1}: kvm-arm64 ${show(good.ours)}; QEMU ${show(good.qemu)}`);
  }
  const report = bootReport(options, results, failures);
  printBoot(report);
  return report;
}

function bootReport(options: BootOptions, results: readonly Round[], failures: string[]) {
  const pairs = results.flatMap((round) => (round.ours && round.qemu ? [{ ours: round.ours, qemu: round.qemu }] : []));
  const own = results.flatMap((round) => (round.ours ? [round.ours] : []));
  const at = (landmark: string) => own[0]?.statistics?.marks?.[landmark]?.instructions ?? Number.NaN;
  const [toMarker, toSha, afterSha] = [at(landmarks[0]), at(landmarks[1]), at(landmarks[2])];
  const totals = new Set(own.map((run) => run.statistics?.instructions));
  if (totals.size > 1) failures.push(`boot: the rounds took different numbers of instructions: ${[...totals].join(', ')}`);
  return {
    kernel: options.kernel,
    cpu: options.cpu,
    instructions: { toMarker, toPowerOff: own[0]?.statistics?.instructions ?? Number.NaN },
    ratioToMarker: pairs.map((pair) => pair.ours.landmarks[0]! / pair.qemu.landmarks[0]!),
    ratioToPowerOff: pairs.map((pair) => pair.ours.seconds / pair.qemu.seconds),
    peakMegabytes: own.map((run) => (run.statistics?.peakMemory ?? Number.NaN) / 1e6),
    mipsToMarker: own.map((run) => toMarker / run.landmarks[0]! / 1e6),
    mips: own.map((run) => (run.statistics?.instructions ?? Number.NaN) / run.seconds / 1e6),
    mipsSha256: own.map((run) => (afterSha - toSha) / (run.landmarks[2]! - run.landmarks[1]!) / 1e6),
    failures,
  };
}

function printBoot(report: ReturnType<typeof bootReport>): void {
  const millions = (n: number) => `${(n / 1e6).toFixed(1)} M`;
  if (report.mips.length > 0) {
    console.log(
      `instructions: ${millions(report.instructions.toMarker)} to marker, ${millions(report.instructions.toPowerOff)} to power-off`,
    );
    console.log(
      `MIPS: ${spread(report.mipsToMarker)} to marker, ${spread(report.mips)} in all, ${spread(report.mipsSha256)} in the sha256 phase`,
    );
  }
  if (report.peakMegabytes.length > 0) console.log(`resident at the most: ${Math.max(...report.peakMegabytes).toFixed(0)} MB`);
  if (report.ratioToMarker.length > 0) {
    console.log(
      `time as a multiple of QEMU's, median (range): ${spread(report.ratioToMarker)} to marker, ${spread(report.ratioToPowerOff)} to power-off`,
    );
  }
}
