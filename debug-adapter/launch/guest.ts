import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Machine, MachineConfiguration, NamedBytes } from '../../emulator/machine/machine.ts';
import { machineNames } from '../../emulator/machine/names.ts';
import { RequestError } from '../request-error.ts';
import type { Guest } from '../session-state.ts';
import { findBtf } from '../symbols/btf/find.ts';
import { ownSymbols } from '../symbols/kernel-own.ts';
import { loadSymbols } from '../symbols/load.ts';
import { SymbolTable } from '../symbols/symbols.ts';
import { typeRules } from '../symbols/type-rules.ts';
import { assembleProgram } from './assemble.ts';
import type { LaunchConfiguration } from './configuration.ts';
import { arrange, policiesOf } from './faults.ts';
import type { Program } from './program.ts';

/** Says how far loading has come. */
export type Progress = (message: string, percent: number) => void;

/** Tells the person something that was found. */
export type Tell = (line: string, category: 'console' | 'important') => void;

/** Reads the files, builds the machine, loads the guest into it. Throws RequestError; the machine is then the caller's to shut down. */
export async function launchGuest(configuration: LaunchConfiguration, machine: Machine, progress: Progress, tell: Tell): Promise<Guest> {
  const symbols = new SymbolTable();
  for (const path of configuration.symbols) {
    progress(`Reading symbols of ${basename(path)}`, 5);
    symbols.add(await loadSymbols(path));
  }
  let program: Program | undefined;
  let kernel: NamedBytes;
  if (configuration.program !== undefined) {
    progress(`Assembling ${basename(configuration.program)}`, 10);
    program = await assembleProgram(configuration.program);
    symbols.add(program.symbols.map(({ name, address }) => ({ name, address, size: 0 })));
    kernel = { name: program.name.replace(/\.s$/i, '.bin'), bytes: program.image };
  } else {
    progress(`Reading ${basename(configuration.kernel!)}`, 10);
    kernel = await namedFile('kernel', configuration.kernel!);
  }
  const types = program ? undefined : findBtf(kernel.bytes);
  const initrd = configuration.initrd === undefined ? undefined : await namedFile('initrd', configuration.initrd);
  progress('Building the machine', 40);
  const { append, memory, cpus, cpu } = configuration;
  const machineConfiguration: MachineConfiguration = {
    kernel,
    memory,
    cpus,
    cpu,
    kernelProfile: configuration.kernelProfile,
    ...(configuration.host === undefined ? {} : { host: configuration.host }),
    ...(configuration.memslots === undefined ? {} : { memslots: configuration.memslots }),
    ...(configuration.pfnmapPolicy === undefined ? {} : { pfnmapPolicy: configuration.pfnmapPolicy }),
    capabilities: configuration.capabilities,
    ...policiesOf(configuration),
    ...(configuration.cacheModel ? { cacheModel: true } : {}),
    timekeeping: configuration.realtime ? 'realtime' : 'wait',
    ...(initrd ? { initrd } : {}),
    ...(append === undefined ? {} : { append }),
  };
  const launching = machine.launch(machineConfiguration);
  // While the machine is built in its own thread.
  const own = configuration.program === undefined && configuration.symbols.length === 0 ? ownSymbols(kernel) : undefined;
  const loaded = await launching;
  if (own) {
    symbols.add(own.symbols);
    tell(own.line, own.damaged ? 'important' : 'console');
  }
  const names = { ...machineNames((name) => symbols.runtimeAddress(name)), ...(types ? { types: typeRules(types) } : {}) };
  const guest: Guest = { machine, configuration, loaded, symbols, program, names, state: 'configuring', stop: undefined };
  await arrange(guest);
  return guest;
}

async function namedFile(what: string, path: string): Promise<NamedBytes> {
  try {
    return { name: path, bytes: await readFile(path) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reasons: Readonly<Record<string, string>> = {
      ENOENT: 'there is no such file',
      EISDIR: 'is a directory',
      EACCES: 'may not be read',
    };
    throw new RequestError(`${what}: ${path}: ${reasons[code ?? ''] ?? message}`);
  }
}
