import { writeFile } from 'node:fs/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { CompileThread } from '../../emulator/vmm/compile-thread.ts';
import { createMachine } from '../../emulator/vmm/create.ts';
import { loadMachine } from '../../emulator/vmm/migration/load.ts';
import { saveMachine } from '../../emulator/vmm/migration/save.ts';
import { CliError, exitStatus } from './exit-status.ts';
import { readNamed } from './files.ts';
import { type GuestOptions, readGuest } from './guest-files.ts';
import { parseHost } from './host-option.ts';
import { type ConsoleOptions, runMachine } from './run.ts';

/** Options of `kvm-arm64 save` as the command line gives them. */
export interface SaveOptions extends GuestOptions {
  /** Guest instructions. */
  readonly after: number;
  readonly to: string;
}

/** Guest instructions between looks at the console. */
const SLICE = 4_000_000;

/** Runs a guest for so many instructions, and saves the machine in a file (compressed with gzip); the exit status of the program. */
export async function save({ after, to, ...options }: SaveOptions): Promise<number> {
  const machine = await createMachine(await readGuest(options), new CompileThread());
  while (machine.silicon.clock.instructions < after) {
    const end = machine.run(Math.min(SLICE, after - machine.silicon.clock.instructions));
    process.stdout.write(machine.console.take());
    if (end.kind === 'budget') continue;
    const why = end.kind === 'fatal' ? end.message : end.kind;
    throw new CliError(
      `the guest ended after ${machine.silicon.clock.instructions} instructions, before it was saved: ${why}`,
      exitStatus.stopped,
    );
  }
  try {
    await writeFile(to, gzipSync(saveMachine(machine), { level: 1 }));
  } catch (error) {
    throw new CliError(`--to: ${(error as Error).message}`);
  }
  return exitStatus.powerOff;
}

/** Options of `kvm-arm64 load` as the command line gives them. */
export interface LoadOptions extends ConsoleOptions {
  readonly host?: string;
  readonly kernelProfile?: string;
  readonly pfnmapPolicy?: string;
}

/** Loads a saved machine, on another host perhaps, and runs it; the exit status of the program. */
export async function load(path: string, { host, kernelProfile, pfnmapPolicy, ...options }: LoadOptions): Promise<number> {
  const { bytes } = await readNamed('load', path);
  const destination = {
    ...(host === undefined ? {} : { host: parseHost(host) }),
    ...(kernelProfile === undefined ? {} : { kernelProfile }),
    ...(pfnmapPolicy === undefined ? {} : { pfnmapPolicy }),
  };
  return await runMachine(await loadMachine(decompress(path, bytes), destination, new CompileThread()), options);
}

function decompress(path: string, bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes);
  } catch {
    throw new CliError(`${path} is no saved machine.`);
  }
}
