import { type Attribute, type AttributeValue, type DeviceAttribute, getAttribute, noAttribute, setAttribute } from './device-attribute.ts';
import { KvmError } from './errno.ts';
import type { TimerIrqs } from './timer.ts';
import type { Vcpu } from './vcpu.ts';
import { PRIVATE_IRQ_COUNT, SGI_COUNT } from './vgic/irq.ts';

/** Groups of vCPU attributes: KVM_ARM_VCPU_PMU_V3_CTRL, _TIMER_CTRL and _PVTIME_CTRL. */
const group = { PMU_V3: 0, TIMER: 1 } as const;

/** KVM_ARM_VCPU_TIMER_IRQ_*, by number. */
const timers: readonly (keyof TimerIrqs)[] = ['virtual', 'physical', 'hypervisorVirtual', 'hypervisorPhysical'];

/** Attributes of a vCPU. The PMU has none without the feature; where the host has no stolen time there is no attribute for it. */
function find({ vm }: Vcpu, { group: of, attr }: DeviceAttribute): Attribute | undefined {
  if (of !== group.TIMER) return undefined;
  const timer = attr < 4n ? timers[Number(attr)] : undefined;
  const set = (value: AttributeValue): void => {
    // What is wrong with the value is found before what is wrong with the attribute.
    if (!vm.irqchip) throw new KvmError('EINVAL', 'the interrupt of a timer without an interrupt controller');
    const irq = value.read32();
    if (irq < SGI_COUNT || irq >= PRIVATE_IRQ_COUNT) throw new KvmError('EINVAL', `interrupt ${irq} for a timer`);
    if (vm.hasRun) throw new KvmError('EBUSY', 'the interrupt of a timer of a VM that has run');
    if (!timer) throw new KvmError('ENXIO', `timer ${attr}`);
    vm.timerIrqs[timer] = irq;
  };
  return timer ? { get: (value) => value.write32(vm.timerIrqs[timer]), set } : { there: false, set };
}

/** KVM_ARM_VCPU_PMU_V3_IRQ: the one attribute of the PMU that is looked for before the PMU is. */
const PMU_IRQ = 0n;

/** KVM_SET_DEVICE_ATTR of a vCPU. @throws KvmError ENXIO for an unknown attribute; ENODEV without a PMU; EINVAL without an interrupt controller; as the attribute. */
export function setVcpuAttribute(vcpu: Vcpu, attribute: DeviceAttribute, value: AttributeValue): void {
  if (attribute.group === group.PMU_V3) throw new KvmError('ENODEV', 'the vCPU has no PMU');
  setAttribute(find(vcpu, attribute), attribute, value);
}

/** KVM_GET_DEVICE_ATTR of a vCPU. @throws KvmError ENXIO for an unknown attribute. */
export function getVcpuAttribute(vcpu: Vcpu, attribute: DeviceAttribute, value: AttributeValue): void {
  if (attribute.group === group.PMU_V3 && attribute.attr === PMU_IRQ)
    throw new KvmError(vcpu.vm.irqchip ? 'ENODEV' : 'EINVAL', 'the vCPU has no PMU');
  getAttribute(find(vcpu, attribute), attribute, value);
}

/** KVM_HAS_DEVICE_ATTR of a vCPU. @throws KvmError ENXIO. */
export function hasVcpuAttribute(vcpu: Vcpu, attribute: DeviceAttribute): void {
  const found = find(vcpu, attribute);
  if (!found || found.there === false) noAttribute(attribute);
}
