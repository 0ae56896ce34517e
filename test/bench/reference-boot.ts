/**
 * The reference boot (test/guests/initramfs.ts) on this machine's emulator and on qemu-system-aarch64 TCG, in alternating rounds of one run: wall-clock ratios to
 * the first user-space output and to power-off, and guest MIPS. Figures of different runs or machines don't compare; ratios of one run do.
 *   npm run bench -- [--rounds 5] [--kernel 6.1|6.12] [--cpu cortex-a57] [--json FILE] [--timeout 300]
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { guestFiles, type KernelVersion, repository } from '../guests/guests.ts';
import { MARKER_INIT, ZEROES_SHA256 } from '../guests/initramfs.ts';
import { type TimedRun, timedRun } from './timed-run.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    kernel: { type: 'string', default: '6.1' },
    cpu: { type: 'string', default: 'cortex-a57' },
    json: { type: 'string' },
    timeout: { type: 'string', default: '300' },
  },
});
const rounds = Number(values.rounds);
const timeout = Number(values.timeout);
const files = guestFiles();
const kernel = files.kernels[values.kernel as KernelVersion];
if (!kernel || !(rounds > 0) || !(timeout > 0)) {
  console.error('usage: npm run bench -- [--rounds N] [--kernel 6.1|6.12] [--cpu NAME] [--json FILE] [--timeout SECONDS]');
  process.exit(1);
}

/** On the console: before user space's first line, before the sha256 phase (the end of uname's line), and after it. */
const landmarks = [MARKER_INIT, 'aarch64 GNU/Linux', ZEROES_SHA256] as const;
const append = 'console=ttyAMA0 nokaslr';
const scratch = mkdtempSync(join(tmpdir(), 'kvm-arm64-bench-'));
const program = join(repository, 'dist', 'cli.js');

interface Statistics {
  readonly instructions: number;
  /** Guest instructions when the console first showed each landmark. */
  readonly marks?: Readonly<Record<string, { readonly instructions: number }>>;
}

async function ours(): Promise<TimedRun & { readonly statistics?: Statistics }> {
  const file = join(scratch, 'stats.json');
  rmSync(file, { force: true });
  const guest = ['--kernel', kernel.image, '--initrd', files.reference, '--append', append, '--memory', '512M', '--cpu', values.cpu];
  const notes = ['--timeout', String(timeout), '--stats', file, '--mark', ...landmarks];
  const run = await timedRun(process.execPath, [program, 'run', ...guest, ...notes], landmarks, timeout + 30);
  return { ...run, ...(existsSync(file) ? { statistics: JSON.parse(readFileSync(file, 'utf8')) as Statistics } : {}) };
}

function qemu(): Promise<TimedRun> {
  const machine = `-M virt -cpu ${values.cpu} -smp 1 -m 512 -accel tcg -nographic -no-reboot`.split(' ');
  const guest = ['-kernel', kernel.image, '-initrd', files.reference, '-append', append];
  return timedRun('qemu-system-aarch64', [...machine, ...guest], landmarks, timeout);
}

const sorted = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);
const median = (numbers: readonly number[]) => sorted(numbers)[Math.floor((numbers.length - 1) / 2)]!;
const fixed = (value: number) => (Number.isFinite(value) ? value.toFixed(2) : '-');
const spread = (numbers: readonly number[]) =>
  `${fixed(median(numbers))} (${fixed(Math.min(...numbers))} to ${fixed(Math.max(...numbers))})`;

function qemuVersion(): string {
  try {
    return execFileSync('qemu-system-aarch64', ['--version'], { encoding: 'utf8' }).split('\n')[0]!;
  } catch {
    return 'not installed';
  }
}

const machine = {
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  v8: process.versions.v8,
  qemu: qemuVersion(),
  loadAtStart: loadavg()[0]!,
};
console.log(
  `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, load ${fixed(machine.loadAtStart)}; node ${machine.node}; ${machine.qemu}`,
);
console.log(`Debian ${values.kernel} cloud kernel, ${values.cpu}, 1 vCPU, 512 MiB, "${append}"; ${rounds} rounds`);

const failures: string[] = [];
/** True when the run passed every landmark and powered off. */
function succeeded(who: string, run: TimedRun): boolean {
  const missing = landmarks.filter((_, index) => Number.isNaN(run.landmarks[index]));
  if (missing.length === 0 && run.status === 0) return true;
  const why = run.status === 0 ? `never printed ${missing.join(', ')}` : `ended with status ${run.status}`;
  failures.push(`${who} ${why} after ${fixed(run.seconds)} s; last output:\n${run.tail}`);
  return false;
}

interface Round {
  readonly ours?: TimedRun & { readonly statistics?: Statistics };
  readonly qemu?: TimedRun;
}
const results: Round[] = [];
for (let round = 0; round < rounds; round++) {
  const own = await ours();
  const reference = await qemu();
  const good = { ...(succeeded('kvm-arm64', own) ? { ours: own } : {}), ...(succeeded('QEMU', reference) ? { qemu: reference } : {}) };
  results.push(good);
  const show = (run?: TimedRun) => (run ? `${fixed(run.landmarks[0]!)} s to marker, ${fixed(run.seconds)} s to power-off` : 'failed');
  console.log(`round ${round + 1}: kvm-arm64 ${show(good.ours)}; QEMU ${show(good.qemu)}`);
}
rmSync(scratch, { recursive: true, force: true });

const pairs = results.flatMap((round) => (round.ours && round.qemu ? [{ ours: round.ours, qemu: round.qemu }] : []));
const own = results.flatMap((round) => (round.ours ? [round.ours] : []));
const [toMarker, toSha, afterSha] = landmarks.map((text) => own[0]?.statistics?.marks?.[text]?.instructions ?? Number.NaN) as [
  number,
  number,
  number,
];
const totals = new Set(own.map((run) => run.statistics?.instructions));
if (totals.size > 1) failures.push(`the rounds took different numbers of instructions: ${[...totals].join(', ')}`);
const report = {
  machine,
  kernel: values.kernel,
  cpu: values.cpu,
  instructions: { toMarker, toPowerOff: own[0]?.statistics?.instructions },
  ratioToMarker: pairs.map((pair) => pair.ours.landmarks[0]! / pair.qemu.landmarks[0]!),
  ratioToPowerOff: pairs.map((pair) => pair.ours.seconds / pair.qemu.seconds),
  mipsToMarker: own.map((run) => toMarker / run.landmarks[0]! / 1e6),
  mips: own.map((run) => (run.statistics?.instructions ?? Number.NaN) / run.seconds / 1e6),
  mipsSha256: own.map((run) => (afterSha - toSha) / (run.landmarks[2]! - run.landmarks[1]!) / 1e6),
  failures,
};
if (own.length > 0) {
  console.log(
    `instructions: ${(toMarker / 1e6).toFixed(1)} M to marker, ${(report.instructions.toPowerOff! / 1e6).toFixed(1)} M to power-off`,
  );
  console.log(
    `MIPS: ${spread(report.mipsToMarker)} to marker, ${spread(report.mips)} in all, ${spread(report.mipsSha256)} in the sha256 phase`,
  );
}
if (pairs.length > 0) {
  console.log(
    `time as a multiple of QEMU's, median (range): ${spread(report.ratioToMarker)} to marker, ${spread(report.ratioToPowerOff)} to power-off`,
  );
}
for (const failure of failures) console.error(`FAILED: ${failure}`);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
process.exitCode = failures.length === 0 ? 0 : 1;
