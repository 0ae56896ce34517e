import { KvmError } from '../../kvm/errno.ts';
import type { CompileThread } from '../compile-thread.ts';
import { createMachine } from '../create.ts';
import type { HostDescription } from '../host.ts';
import type { LaunchConfiguration } from '../launch.ts';
import { LaunchError } from '../loader/errors.ts';
import type { VirtMachine } from '../virt-machine.ts';
import { decodeSaved, type SavedMachine } from './format.ts';
import { restorePlainState } from './plain-state.ts';
import { restoreVcpu } from './vcpu-state.ts';
import { restoreInterrupts } from './vgic-state.ts';

/** The host that a machine is loaded on, where it differs from the one that it was saved on. */
export interface Destination {
  readonly host?: HostDescription;
  readonly kernelProfile?: string;
  readonly pfnmapPolicy?: string;
}

/**
 * Makes a machine of a file of `saveMachine`, on another host perhaps. A reset boots its kernel anew.
 * @throws LaunchError for a file that cannot be read, or what the destination refuses: a memory slot, a register.
 */
export async function loadMachine(file: Uint8Array, destination: Destination = {}, compileThread?: CompileThread): Promise<VirtMachine> {
  const { machine: saved, data } = decodeSaved(file);
  const machine = await createMachine(configurationOf(saved, data, destination), compileThread);
  const { clock } = machine.silicon;
  clock.instructions = saved.clock.instructions;
  clock.idle = saved.clock.idle;
  try {
    machine.vm.psciVersion = saved.psciVersion;
    for (const [n, vcpu] of machine.vm.vcpus.entries()) restoreVcpu(vcpu, saved.vcpus[n]!);
    restoreMemory(machine, saved, data);
    for (const { base, state } of saved.devices) {
      const at = machine.bus.devices().find((entry) => entry.base === base);
      if (!at) throw new LaunchError(`the machine has no device at 0x${base.toString(16)}.`);
      restorePlainState(at.device, state);
    }
    restoreInterrupts(machine.vm.vgic, saved.vgicEnabled, saved.interrupts, machine.vm.vcpus);
  } catch (error) {
    if (error instanceof KvmError) throw new LaunchError(`the destination refuses the saved machine: ${error.message}.`);
    throw error;
  }
  return machine;
}

function configurationOf(saved: SavedMachine, data: Uint8Array, destination: Destination): LaunchConfiguration {
  const { kernel, initrd, host, ...launch } = saved.launch;
  const initrdAt = kernel.bytes;
  const described = { ...host, ...destination.host };
  return {
    ...launch,
    kernel: { name: kernel.name, bytes: data.subarray(0, kernel.bytes) },
    ...(initrd ? { initrd: { name: initrd.name, bytes: data.subarray(initrdAt, initrdAt + initrd.bytes) } } : {}),
    ...(Object.keys(described).length > 0 ? { host: described } : {}),
    ...(destination.kernelProfile === undefined ? {} : { kernelProfile: destination.kernelProfile }),
    ...(destination.pfnmapPolicy === undefined ? {} : { pfnmapPolicy: destination.pfnmapPolicy }),
  };
}

function restoreMemory(machine: VirtMachine, saved: SavedMachine, data: Uint8Array): void {
  machine.clearMemory();
  const { bytes } = machine.silicon.memory;
  let at = saved.launch.kernel.bytes + (saved.launch.initrd?.bytes ?? 0);
  for (const run of saved.memory) {
    for (let offset = 0; offset < run.bytes; offset += 4096) {
      const host = machine.vm.memslots.populate(run.gpa + offset);
      if (host < 0) throw new LaunchError(`there is no memory at ipa:0x${(run.gpa + offset).toString(16)} for what was saved.`);
      bytes.set(data.subarray(at, at + 4096), host);
      at += 4096;
    }
  }
}
