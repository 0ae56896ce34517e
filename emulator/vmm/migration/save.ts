import { LaunchError } from '../loader/errors.ts';
import type { VirtMachine } from '../virt-machine.ts';
import { encodeSaved } from './format.ts';
import { saveMemory } from './memory-state.ts';
import { plainState } from './plain-state.ts';
import { saveVcpu } from './vcpu-state.ts';
import { saveInterrupts } from './vgic-state.ts';

/**
 * Saves a machine between two instructions, as a VMM does for a migration: registers as KVM_GET_ONE_REG gives them, events, memory slots with their memory, the interrupt
 * controller, the devices and the clock. KVM's own state, stage 2 above all, is made anew where the machine is loaded.
 * @throws LaunchError when what user space was emulating ends the machine.
 */
export function saveMachine(machine: VirtMachine): Uint8Array {
  const end = machine.settle();
  if (end) throw new LaunchError(`the machine cannot be saved: it ended (${end.kind}).`);
  const { vm, silicon, configuration, bus } = machine;
  const { kernel, initrd, translate: _, ...launch } = configuration;
  silicon.memory.cache?.settleAll();
  const { runs, data } = saveMemory(vm.memslots, silicon.memory.bytes);
  const described = (file: { readonly name: string; readonly bytes: Uint8Array }) => ({ name: file.name, bytes: file.bytes.length });
  return encodeSaved(
    {
      launch: { ...launch, kernel: described(kernel), ...(initrd ? { initrd: described(initrd) } : {}) },
      clock: { instructions: silicon.clock.instructions, idle: silicon.clock.idle },
      psciVersion: vm.psciVersion,
      vcpus: vm.vcpus.map(saveVcpu),
      vgicEnabled: vm.vgic.enabled,
      interrupts: saveInterrupts(vm.vgic),
      devices: bus.devices().map(({ base, device }) => ({ base, state: plainState(device) })),
      memory: runs,
    },
    [kernel.bytes, ...(initrd ? [initrd.bytes] : []), ...data],
  );
}
