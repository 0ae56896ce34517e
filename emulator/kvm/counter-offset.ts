import { register } from './vcpu-registers.ts';
import type { Vm } from './vm.ts';

/** CNTHCTL_EL2.EL1PCTEN and EL1PCEN: the guest uses the physical counter and timer directly. */
const DIRECT = 3n;

/** KVM_ARM_SET_COUNTER_OFFSET: both counters of the VM's guests are so much behind the host's. From then on writes of the counters' registers are ignored. */
export function setCounterOffset(vm: Vm, offset: bigint): void {
  vm.counterOffsetFixed = true;
  vm.virtualOffset = offset;
  vm.physicalOffset = offset;
  applyCounterOffsets(vm);
}

/** A VM that continues elsewhere: its virtual counter goes on from a value. */
export function setVirtualCounter(vm: Vm, value: bigint): void {
  if (vm.counterOffsetFixed) return;
  vm.virtualOffset = BigInt.asUintN(64, BigInt(vm.clock.ticks) - value);
  applyCounterOffsets(vm);
}

/** The same of its physical counter. */
export function setPhysicalCounter(vm: Vm, value: bigint): void {
  if (vm.counterOffsetFixed) return;
  vm.physicalOffset = BigInt.asUintN(64, BigInt(vm.clock.ticks) - value);
  applyCounterOffsets(vm);
}

/** Puts the offsets into EL2 registers. Without FEAT_ECV the processor has none for the physical counter: where it is offset, its accesses are trapped. */
export function applyCounterOffsets(vm: Vm): void {
  for (const { state, processor } of vm.vcpus) {
    state.setSystem(register.CNTVOFF_EL2, vm.virtualOffset);
    state.setSystem(register.CNTPOFF_EL2, vm.physicalOffset);
    state.setSystem(register.CNTHCTL_EL2, vm.physicalOffset === 0n ? DIRECT : 0n);
    processor.invalidateDerivedState();
  }
}
