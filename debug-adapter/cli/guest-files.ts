import { checkCapabilities } from '../../emulator/vmm/capabilities.ts';
import { checkCpus, type LaunchConfiguration, parseMemorySize } from '../../emulator/vmm/launch.ts';
import { checkMemslots, checkPfnmapPolicy } from '../../emulator/vmm/memslot-options.ts';
import { parsePolicies } from './exit-option.ts';
import { readNamed } from './files.ts';
import { parseHost } from './host-option.ts';
import { parseMemslot } from './memslot-option.ts';

/** Options that name a guest, as the command line gives them. */
export interface GuestOptions {
  readonly kernel: string;
  readonly initrd?: string;
  readonly append?: string;
  readonly memory: string;
  readonly cpus: number;
  readonly cpu: string;
  readonly kernelProfile?: string;
  readonly host?: string;
  readonly memslot?: readonly string[];
  readonly pfnmapPolicy?: string;
  readonly cacheModel?: boolean;
  readonly capabilities?: string;
  readonly onExit?: readonly string[];
}

/** Reads the files of a guest. @throws CliError, LaunchError */
export function readGuest({ append, cpu, kernelProfile, pfnmapPolicy, ...options }: GuestOptions): LaunchConfiguration {
  const cpus = checkCpus(options.cpus);
  const memory = parseMemorySize(options.memory);
  const host = options.host === undefined ? undefined : parseHost(options.host);
  const memslots = options.memslot?.map(parseMemslot);
  if (memslots) checkMemslots(memslots);
  const kernel = readNamed('--kernel', options.kernel);
  const initrd = options.initrd === undefined ? undefined : readNamed('--initrd', options.initrd);
  return {
    ...{ kernel, memory, cpus, cpu },
    ...(kernelProfile === undefined ? {} : { kernelProfile }),
    ...(host === undefined ? {} : { host }),
    ...(memslots === undefined ? {} : { memslots }),
    ...(pfnmapPolicy === undefined ? {} : { pfnmapPolicy: checkPfnmapPolicy(pfnmapPolicy) }),
    ...(options.capabilities === undefined
      ? {}
      : { capabilities: checkCapabilities(options.capabilities.split(',').filter((name) => name !== '')) }),
    ...(options.onExit === undefined ? {} : { onExit: parsePolicies(options.onExit) }),
    ...(options.cacheModel ? { cacheModel: true } : {}),
    ...(initrd ? { initrd } : {}),
    ...(append === undefined ? {} : { append }),
  };
}
