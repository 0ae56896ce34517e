import { HCR } from '../cpu/registers.ts';
import { KvmError } from './errno.ts';
import type { Vcpu } from './vcpu.ts';
import { register } from './vcpu-registers.ts';
import { PRIVATE_IRQ_COUNT, SGI_COUNT } from './vgic/irq.ts';
import type { Vm } from './vm.ts';

/** Bits 27:24 of KVM_IRQ_LINE's `irq`. */
const irqType = { CPU: 0, SPI: 1, PPI: 2 } as const;
/** KVM_ARM_IRQ_CPU_IRQ, KVM_ARM_IRQ_CPU_FIQ. */
const cpuLines = [BigInt(HCR.VI), BigInt(HCR.VF)];

/**
 * KVM_IRQ_LINE (`kvm_vm_ioctl_irq_line`): drives an interrupt line of the VM. `irq`: vCPU 31:28 and 23:16, type 27:24, number 15:0.
 * @throws KvmError ENXIO for a line that the kind of interrupt controller does not have; EINVAL for a vCPU, a number or a type that there is not; EBUSY before the
 * controller is initialized.
 */
export function irqLine(vm: Vm, irq: number, level: boolean): void {
  const what = `KVM_IRQ_LINE of 0x${irq.toString(16)}`;
  const type = (irq >>> 24) & 15;
  const id = ((irq >>> 16) & 0xff) + ((irq >>> 28) & 15) * 256;
  const number = irq & 0xffff;
  const wanted = (): Vcpu => {
    const vcpu = vm.vcpus.find((one) => one.id === id);
    if (!vcpu) throw new KvmError('EINVAL', what);
    return vcpu;
  };
  const { irqchip } = vm;
  if (type === irqType.CPU) {
    if (irqchip) throw new KvmError('ENXIO', what);
    const vcpu = wanted();
    if (number >= cpuLines.length) throw new KvmError('EINVAL', what);
    cpuLine(vcpu, cpuLines[number]!, level);
    return;
  }
  if (type !== irqType.SPI && type !== irqType.PPI) throw new KvmError('EINVAL', what);
  if (!irqchip) throw new KvmError('ENXIO', what);
  const target = type === irqType.PPI ? wanted() : undefined;
  const inRange = target ? number >= SGI_COUNT && number < PRIVATE_IRQ_COUNT : number >= PRIVATE_IRQ_COUNT;
  if (!inRange) throw new KvmError('EINVAL', what);
  if (!irqchip.initialized) throw new KvmError('EBUSY', what);
  if (!vm.vgic.irq(target?.vgic, number)) throw new KvmError('EINVAL', what);
  // The interrupts of the timers are KVM's own to drive, once it has run the vCPU.
  if (target?.hasRun && target.timers.owns(number)) return;
  vm.vgic.inject(target?.vgic, number, level);
}

/** Without an interrupt controller in the kernel: HCR_EL2.VI and VF (`vcpu_interrupt_line`). */
function cpuLine(vcpu: Vcpu, bit: bigint, level: boolean): void {
  const hcr = vcpu.state.system(register.HCR_EL2);
  vcpu.state.setSystem(register.HCR_EL2, level ? hcr | bit : hcr & ~bit);
  vcpu.processor.invalidateDerivedState();
}

const KVM_MSI_VALID_DEVID = 1;

/** KVM_SIGNAL_MSI: there is no ITS that could translate the message. @throws KvmError EINVAL without an interrupt controller or for an unknown flag; else ENODEV. */
export function signalMsi(vm: Vm, flags: number): never {
  if (!vm.irqchip || flags & ~KVM_MSI_VALID_DEVID) throw new KvmError('EINVAL', 'KVM_SIGNAL_MSI');
  throw new KvmError('ENODEV', 'KVM_SIGNAL_MSI without an ITS');
}
