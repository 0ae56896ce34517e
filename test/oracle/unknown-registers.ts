import { systemRegisters } from '../../emulator/isa/registers/index.ts';
import { RESET_UNKNOWN } from '../../emulator/kvm/vcpu-reset.ts';
import type { VirtMachine } from '../../emulator/vmm/virt-machine.ts';

/** Registers that the architecture leaves UNKNOWN at a reset hold a pattern of KVM's here and 0 on QEMU: both start from 0, so that everything after it compares. */
export function clearUnknownRegisters(machine: VirtMachine): void {
  for (const { state, processor } of machine.vcpus) {
    systemRegisters.forEach((_, slot) => {
      if (state.system(slot) === RESET_UNKNOWN) state.setSystem(slot, 0n);
    });
    processor.invalidateDerivedState();
  }
}
