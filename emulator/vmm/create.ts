import { findProfile } from '../cpu/profiles/index.ts';
import type { Profile } from '../cpu/profiles/profile.ts';
import { compileInterpreter } from '../translate/interpreter/compiled.ts';
import type { CompileThread } from './compile-thread.ts';
import { checkHost, kernelProfile, profileOfHost } from './host.ts';
import { checkCpus, checkMemory, type LaunchConfiguration } from './launch.ts';
import { formatSize, LaunchError } from './loader/errors.ts';
import { checkMemslots, memslotDramBytes } from './memslot-options.ts';
import { Silicon } from './silicon.ts';
import { hostDramBytes, VirtMachine } from './virt-machine.ts';

/**
 * Builds a machine and loads its guest: it stands before its first instruction.
 * @param compileThread Translates beside the machine; left out: the machine does it itself, at moments that depend on the guest alone.
 * @throws LaunchError when the configuration cannot be a machine; the message is for the person.
 */
export async function createMachine(configuration: LaunchConfiguration, compileThread?: CompileThread): Promise<VirtMachine> {
  checkMemory(configuration.memory);
  checkCpus(configuration.cpus);
  const profile = findProfile(configuration.cpu);
  if (!profile) throw new LaunchError(`there is no CPU model "${configuration.cpu}".`);
  const host = profileOfHost(profile, checkHost(configuration.host ?? {}), kernelProfile(configuration.kernelProfile));
  return new VirtMachine(siliconFor(host, configuration, await compileInterpreter(), compileThread), configuration);
}

/** A memory that the host cannot back is refused with a RangeError. */
function siliconFor(
  profile: Profile,
  { cpus, memory, translate = true, memslots = [], cacheModel = false }: LaunchConfiguration,
  interpreter: WebAssembly.Module,
  compileThread: CompileThread | undefined,
): Silicon {
  try {
    return new Silicon({
      profile,
      cpus,
      dramBytes: hostDramBytes(memory) + memslotDramBytes(checkMemslots(memslots)),
      interpreter,
      translate,
      cacheModel,
      compileThread,
    });
  } catch (error) {
    if (error instanceof RangeError)
      throw new LaunchError(
        `this computer cannot give the machine ${formatSize(memory)} of memory${memslots.length > 0 ? ' beside its memslots' : ''}${cacheModel ? ', twice for the cache model' : ''}: ${error.message}.`,
      );
    throw error;
  }
}
