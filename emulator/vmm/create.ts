import { findProfile } from '../cpu/profiles/index.ts';
import { generateInterpreter } from '../translate/interpreter/interpreter.ts';
import { checkCpus, checkMemory, type LaunchConfiguration } from './launch.ts';
import { LaunchError } from './loader/errors.ts';
import { Silicon } from './silicon.ts';
import { hostDramBytes, VirtMachine } from './virt-machine.ts';

let compiled: Promise<WebAssembly.Module> | undefined;

/**
 * Builds a machine and loads its guest: it stands before its first instruction.
 * @throws LaunchError when the configuration cannot be a machine; the message is for the person.
 */
export async function createMachine(configuration: LaunchConfiguration): Promise<VirtMachine> {
  checkMemory(configuration.memory);
  checkCpus(configuration.cpus);
  const profile = findProfile(configuration.cpu);
  if (!profile) throw new LaunchError(`there is no CPU model "${configuration.cpu}".`);
  compiled ??= WebAssembly.compile(generateInterpreter({ shared: false, maximumPages: 65536 }));
  const silicon = new Silicon({
    profile,
    cpus: configuration.cpus,
    dramBytes: hostDramBytes(configuration.memory),
    interpreter: await compiled,
  });
  return new VirtMachine(silicon, configuration);
}
