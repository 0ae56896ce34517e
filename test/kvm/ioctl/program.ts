import { findProfile } from '../../../emulator/cpu/profiles/index.ts';
import { errno } from '../../../emulator/kvm/errno.ts';
import { KvmFiles, MappedMemory } from '../../../emulator/kvm/ioctl/index.ts';
import { anonymous, UserMappings } from '../../../emulator/kvm/vma.ts';
import { compileInterpreter } from '../../../emulator/translate/interpreter/compiled.ts';
import { type KvmHostOptions, kvmHost } from '../../../emulator/vmm/kvm-host.ts';
import { Silicon } from '../../../emulator/vmm/silicon.ts';

const MIB = 2 ** 20;
/** Memory of the program, at an address that has nothing to do with where it is in the host. */
export const ARENA = 0x2000_0000;
export const ARENA_BYTES = 32 * MIB;
/** Processors of the host: no more vCPUs can be there at once. */
export const PROCESSORS = 16;

export interface ProgramOptions extends KvmHostOptions {
  readonly cpu?: string;
  readonly translate?: boolean;
}

/** A program on a host of its own: memory, files, and the host's silicon for those who look from outside. */
export interface Program {
  readonly kvm: KvmFiles;
  readonly memory: MappedMemory;
  readonly silicon: Silicon;
  readonly mappings: UserMappings;
}

/** Starts a program that is about to open /dev/kvm. */
export async function startProgram({ cpu = 'cortex-a57', translate = false, ...options }: ProgramOptions = {}): Promise<Program> {
  const profile = findProfile(cpu)!;
  const silicon = new Silicon({
    ...{ profile, cpus: PROCESSORS, dramBytes: ARENA_BYTES + 16 * MIB, interpreter: await compileInterpreter(), translate },
  });
  const arena = silicon.memory.allocate(ARENA_BYTES, 2 * MIB);
  const memory = new MappedMemory();
  memory.map(BigInt(ARENA), silicon.memory.bytes.subarray(arena, arena + ARENA_BYTES), (at, length) => silicon.written(arena + at, length));
  const mappings = new UserMappings();
  mappings.unmap(0, 2 ** 32);
  mappings.map(anonymous(ARENA, ARENA + ARENA_BYTES));
  return { kvm: new KvmFiles(kvmHost(silicon, { ...options, mappings, userBase: ARENA - arena }), memory), memory, silicon, mappings };
}

/** The result of a call as tests write it: the number, or the name of the error. */
export function outcome(value: number): number | string {
  if (value >= 0) return value;
  return Object.entries(errno).find(([, number]) => number === -value)?.[0] ?? `error ${-value}`;
}
