import { checkCpus, type LaunchConfiguration, parseMemorySize } from '../../emulator/vmm/launch.ts';
import { readNamed } from './files.ts';

/** Options that name a guest, as the command line gives them. */
export interface GuestOptions {
  readonly kernel: string;
  readonly initrd?: string;
  readonly append?: string;
  readonly memory: string;
  readonly cpus: number;
  readonly cpu: string;
}

/** Reads the files of a guest. @throws CliError, LaunchError */
export async function readGuest({ append, cpu, ...options }: GuestOptions): Promise<LaunchConfiguration> {
  const cpus = checkCpus(options.cpus);
  const memory = parseMemorySize(options.memory);
  const kernel = await readNamed('--kernel', options.kernel);
  const initrd = options.initrd === undefined ? undefined : await readNamed('--initrd', options.initrd);
  return { kernel, memory, cpus, cpu, ...(initrd ? { initrd } : {}), ...(append === undefined ? {} : { append }) };
}
