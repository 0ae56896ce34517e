import { register } from './vcpu-registers.ts';
import type { Vm } from './vm.ts';

/** KVM_ARM_SET_COUNTER_OFFSET: both counters of the VM's guests are so much behind the host's. From then on writes of the counters' registers are ignored. */
export function setCounterOffset(vm: Vm, offset: bigint): void {
  vm.counterOffset = offset;
  for (const { state, processor } of vm.vcpus) {
    state.setSystem(register.CNTVOFF_EL2, offset);
    processor.invalidateDerivedState();
  }
}
