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
export function readGuest({ append, cpu, ...options }: GuestOptions): LaunchConfiguration {
  const cpus = checkCpus(options.cpus);
  const memory = parseMemorySize(options.memory);
  const kernel = readNamed('--kernel', options.kernel);
  const initrd = options.initrd === undefined ? undefined : readNamed('--initrd', options.initrd);
  return { kernel, memory, cpus, cpu, ...(initrd ? { initrd } : {}), ...(append === undefined ? {} : { append }) };
}
