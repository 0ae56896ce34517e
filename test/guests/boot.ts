/** Boots a guest as a user does, with the program `kvm-arm64`. Needs a built dist/. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repository } from './guests.ts';

export interface Guest {
  readonly kernel: string;
  readonly initrd: string;
  readonly append: string;
  readonly cpus: number;
  readonly cpu: string;
}

export interface Boot {
  /** Exit status of the emulator; null when it was killed for taking too long. */
  readonly status: number | null;
  /** Everything the guest wrote to its console. */
  readonly console: string;
  /** What the emulator itself said. */
  readonly errors: string;
}

export interface Statistics {
  readonly instructions: number;
  readonly seconds: number;
  readonly mips: number;
  readonly exits: Readonly<Record<string, number>>;
}

/** What to type once the console shows a text. */
export interface Dialogue {
  readonly awaits: string;
  readonly type: string;
}

const PATIENCE = 300_000;

function start(command: string, args: readonly string[], dialogue: readonly Dialogue[]): Promise<Boot> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: [dialogue.length > 0 ? 'pipe' : 'ignore', 'pipe', 'pipe'] });
    const kill = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
    let console = '';
    let errors = '';
    let turn = 0;
    let heard = 0;
    child.stdout!.on('data', (chunk: Buffer) => {
      console += chunk.toString('latin1');
      for (let at = 0; turn < dialogue.length; turn++, heard = at) {
        const { awaits, type } = dialogue[turn]!;
        at = console.indexOf(awaits, heard);
        if (at < 0) return;
        at += awaits.length;
        child.stdin!.write(type);
      }
    });
    child.stderr!.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    child.stdin?.on('error', () => undefined);
    child.on('error', (error) => {
      errors += error.message;
    });
    child.on('close', (status) => {
      clearTimeout(kill);
      resolve({ status, console, errors });
    });
  });
}

/** On this project's machine. @param until end with status 0 once the console shows this. */
export async function boot(
  guest: Guest,
  options: { readonly until?: string; readonly dialogue?: readonly Dialogue[] } = {},
): Promise<Boot & { readonly statistics?: Statistics }> {
  const folder = mkdtempSync(join(tmpdir(), 'kvm-arm64-boot-'));
  try {
    const file = join(folder, 'stats.json');
    const machine = [
      '--kernel',
      guest.kernel,
      '--initrd',
      guest.initrd,
      '--append',
      guest.append,
      '--cpus',
      String(guest.cpus),
      '--cpu',
      guest.cpu,
    ];
    const limits = [
      '--memory',
      '512M',
      '--timeout',
      String(PATIENCE / 1000 - 10),
      '--stats',
      file,
      ...(options.until === undefined ? [] : ['--until', options.until]),
    ];
    const done = await start(process.execPath, [join(repository, 'dist', 'cli.js'), 'run', ...machine, ...limits], options.dialogue ?? []);
    try {
      return { ...done, statistics: JSON.parse(readFileSync(file, 'utf8')) as Statistics };
    } catch {
      return done;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
