import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Result } from './bench.ts';
import { at, CASE_BYTES, type Case, flags, memoryImage, WINDOW_BYTES } from './case.ts';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
const compiler = 'aarch64-linux-gnu-gcc';
const sources = ['runner.c', 'enter.S'].map((name) => join(here, 'native', name));
const runner = join(root, '.cache', 'oracle', 'runner');

const works = (command: string, args: readonly string[]): boolean => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/** What is missing for a comparison with QEMU, in words for a person; undefined: nothing. */
export function missingForOracle(): string | undefined {
  if (!works('qemu-aarch64', ['--version'])) return 'qemu-aarch64 is not installed (Debian package qemu-user)';
  if (!works(compiler, ['--version'])) return `${compiler} is not installed (Debian packages gcc-aarch64-linux-gnu, libc6-dev-arm64-cross)`;
  return undefined;
}

/** Where the runner itself lives: far from the addresses that random registers make. */
const RUNNER_BASE = '0x2a5a5a000000';

/** Builds the runner where it is older than its sources. @throws Error with the compiler's words. */
function build(): string {
  const newest = Math.max(...sources.map((file) => statSync(file).mtimeMs));
  if (existsSync(runner) && statSync(runner).mtimeMs > newest) return runner;
  mkdirSync(dirname(runner), { recursive: true });
  const done = spawnSync(compiler, ['-O2', '-static', `-Wl,-Ttext-segment=${RUNNER_BASE}`, '-o', runner, ...sources], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`the oracle's runner does not compile:\n${done.stderr}`);
  return runner;
}

const RESULT_BYTES = 16;

function converse(cases: readonly Buffer[], answerBytes: number): Buffer {
  const done = spawnSync('qemu-aarch64', ['-cpu', 'max', build()], {
    input: Buffer.concat([memoryImage(), ...cases]),
    maxBuffer: cases.length * answerBytes + 65536,
  });
  if (done.status !== 0 || done.stdout.length !== cases.length * answerBytes) {
    throw new Error(
      `qemu-aarch64 ended with ${done.status ?? done.signal} after ${done.stdout.length / answerBytes} of ${cases.length} cases: ${done.stderr}`,
    );
  }
  return done.stdout;
}

/** What QEMU's `max` processor makes of each case (the bytes of cases, one after the other). */
export function runOnQemu(cases: readonly Buffer[]): Result[] {
  const answer = converse(cases, RESULT_BYTES);
  return cases.map((_, n) => ({
    outcome: answer.readUInt32LE(n * RESULT_BYTES),
    first: answer.readUInt32LE(n * RESULT_BYTES + 8),
    second: answer.readUInt32LE(n * RESULT_BYTES + 12),
  }));
}

/** Outcome, and state and memory afterwards as one buffer. */
export function stateOnQemu(c: Case): { readonly outcome: number; readonly state: Buffer } {
  const bytes = Buffer.from(c.bytes);
  bytes.writeUInt32LE(bytes.readUInt32LE(at.flags) | flags.wantState, at.flags);
  const answer = converse([bytes], RESULT_BYTES + CASE_BYTES + WINDOW_BYTES);
  return { outcome: answer.readUInt32LE(0), state: answer.subarray(RESULT_BYTES) };
}
