/** Runs one emulator as a whole process and notes when its guest's console first showed each landmark. */
import { spawn } from 'node:child_process';

export interface TimedRun {
  /** Seconds from the start of the process to each landmark, in the order asked; NaN for one that never came. */
  readonly landmarks: readonly number[];
  /** Seconds to the end of the process. */
  readonly seconds: number;
  readonly status: number | null;
  /** Last lines of everything that it said, for the report of a failure. */
  readonly tail: string;
}

const TAIL_LINES = 8;

/** @param timeout seconds after which the process is killed and its status null. */
export function timedRun(command: string, args: readonly string[], landmarks: readonly string[], timeout: number): Promise<TimedRun> {
  return new Promise((resolve) => {
    const started = process.hrtime.bigint();
    const elapsed = () => Number(process.hrtime.bigint() - started) / 1e9;
    const times = landmarks.map(() => Number.NaN);
    let output = '';
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const kill = setTimeout(() => child.kill('SIGKILL'), timeout * 1000);
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString('latin1');
      landmarks.forEach((text, index) => {
        if (Number.isNaN(times[index]) && output.includes(text)) times[index] = elapsed();
      });
    });
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk.toString('latin1');
    });
    const end = (status: number | null) => {
      clearTimeout(kill);
      resolve({ landmarks: times, seconds: elapsed(), status, tail: output.trimEnd().split('\n').slice(-TAIL_LINES).join('\n') });
    };
    child.on('error', (error) => {
      output += error.message;
      end(null);
    });
    child.on('close', (status) => end(status));
  });
}
