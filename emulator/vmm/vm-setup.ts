import { initVcpu, TARGET_GENERIC_V8, usualFeatures, vcpuFeature } from '../kvm/vcpu-init.ts';
import type { Vm } from '../kvm/vm.ts';
import { board, IRQ_COUNT } from './board.ts';

/** KVM_ARM_VCPU_INIT of every vCPU: the first runs, the others wait for PSCI. */
export function initVcpus(vm: Vm): void {
  const features = usualFeatures(vm.features);
  for (const vcpu of vm.vcpus) {
    const word = vcpu.index === 0 ? features : features | vcpuFeature.POWER_OFF;
    initVcpu(vcpu, { target: TARGET_GENERIC_V8, features: [word, 0, 0, 0, 0, 0, 0] });
  }
}

/** The board's GICv3, in the kernel. */
export function provideInterruptController(vm: Vm): void {
  const gic = vm.createVgic();
  gic.setIrqCount(IRQ_COUNT);
  gic.setDistributor(BigInt(board.distributor.base));
  gic.setRedistributors(BigInt(board.redistributors.base));
  gic.init();
  vm.mapVgic();
}
