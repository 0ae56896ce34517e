import type { Attribute, DeviceAttribute } from '../device-attribute.ts';
import { KvmError } from '../errno.ts';
import type { Vcpu } from '../vcpu.ts';
import type { Vm } from '../vm.ts';
import type { RedistributorRegion, VgicDevice } from './device.ts';
import { PRIVATE_IRQ_COUNT, SGI_COUNT } from './irq.ts';
import { type UserInterfaceRegister, userInterfaceRegister } from './user-interface.ts';
import { lineLevels, type UserFrame, userDistributor, userRedistributor } from './user-registers.ts';
import type { VgicCpu } from './vgic.ts';

/** KVM_DEV_ARM_VGIC_GRP_*. */
const group = { ADDR: 0, DIST_REGS: 1, NR_IRQS: 3, CTRL: 4, REDIST_REGS: 5, CPU_SYSREGS: 6, LEVEL_INFO: 7, MAINT_IRQ: 9 } as const;
/** KVM_VGIC_V3_ADDR_TYPE_*. */
const address = { DIST: 2n, REDIST: 3n, REDIST_REGION: 5n } as const;
/** KVM_DEV_ARM_VGIC_CTRL_INIT, KVM_DEV_ARM_VGIC_SAVE_PENDING_TABLES. */
const control = { INIT: 0n, SAVE_PENDING_TABLES: 3n } as const;

/** VGIC_ADDR_UNDEF. */
const UNDEFINED_ADDRESS = 0xffff_ffff_ffff_ffffn;

/** A redistributor region as user space says it: index 11:0, flags 15:12, base 51:16, count 63:52. */
const region = {
  index: (value: bigint) => Number(value & 0xffn),
  flags: (value: bigint) => (value >> 12n) & 0xfn,
  base: (value: bigint) => value & 0xf_ffff_ffff_0000n,
  count: (value: bigint) => Number(value >> 52n),
  pack: ({ index, base, count }: RedistributorRegion) => BigInt(index) | BigInt(base) | (BigInt(count) << 52n),
} as const;

function addressAttribute(device: VgicDevice, attr: bigint): Attribute | undefined {
  const of = (base: number | undefined): bigint => (base === undefined ? UNDEFINED_ADDRESS : BigInt(base));
  switch (attr) {
    case address.DIST:
      return at64(
        () => of(device.distributorBase),
        (value) => device.setDistributor(value),
      );
    case address.REDIST:
      return at64(
        () => of(device.regions[0]?.base),
        (value) => device.setRedistributors(value),
      );
    case address.REDIST_REGION:
      return at64(
        (asked) => getRegion(device, region.index(asked)),
        (value) => setRegion(device, value),
      );
    default:
      return undefined;
  }
}

/** An address is read before it is written: what is there already may say which one is meant. */
const at64 = (get: (asked: bigint) => bigint, set: (value: bigint) => void): Attribute => ({
  get: (value) => value.write64(get(value.read64())),
  set: (value) => set(value.read64()),
});

function getRegion(device: VgicDevice, index: number): bigint {
  const found = device.regions.find((one) => one.index === index);
  if (!found) throw new KvmError('ENOENT', `redistributor region ${index}`);
  return region.pack(found);
}

function setRegion(device: VgicDevice, value: bigint): void {
  const count = region.count(value);
  if (count === 0 || region.flags(value) !== 0n) throw new KvmError('EINVAL', 'a redistributor region without a frame, or with flags');
  device.addRegion(region.index(value), region.base(value), count);
}

function controlAttribute(device: VgicDevice, attr: bigint): Attribute | undefined {
  if (attr === control.INIT) return { set: () => device.init() };
  if (attr !== control.SAVE_PENDING_TABLES) return undefined;
  return {
    set: () => {
      // Without LPIs there is nothing to write into the guest's tables.
      if (!device.initialized) throw new KvmError('ENXIO', 'the interrupt controller is not initialized');
    },
  };
}

/** The vCPU of bits 63:32, an MPIDR: Aff3 to Aff0, a byte each. @throws KvmError EINVAL. */
function vcpuOf(vm: Vm, attr: bigint): Vcpu {
  const affinity = Number(attr >> 32n);
  const vcpu = vm.vcpus.find((one) => one.affinity === affinity);
  if (!vcpu) throw new KvmError('EINVAL', `no vCPU has the affinity 0x${affinity.toString(16)}`);
  return vcpu;
}

/** User space touches registers only once the controller is initialized. */
function requireInitialized(device: VgicDevice): void {
  if (!device.initialized) throw new KvmError('EBUSY', 'the interrupt controller is not initialized');
}

interface Access<T> {
  get(): T;
  set(value: T): void;
}

const word32 = (device: VgicDevice, { get, set }: Access<number>): Attribute => ({
  get: (value) => {
    requireInitialized(device);
    value.write32(get());
  },
  set: (value) => {
    const wanted = value.read32();
    requireInitialized(device);
    set(wanted);
  },
});

function frameAttribute(device: VgicDevice, frame: UserFrame, offset: number): Attribute & { readonly there: boolean } {
  const access = { get: () => frame.read(offset), set: (value: number) => frame.write(offset, value) };
  return { there: frame.has(offset), ...word32(device, access) };
}

function interfaceAttribute(device: VgicDevice, vcpu: Vcpu, key: number): Attribute & { readonly there: boolean } {
  const found = userInterfaceRegister(vcpu, key);
  const require = (): UserInterfaceRegister => {
    requireInitialized(device);
    if (!found) throw new KvmError('ENOENT', `register 0x${key.toString(16)} of the CPU interface`);
    return found;
  };
  return {
    there: found !== undefined,
    get: (value) => value.write64(require().get()),
    set: (value) => {
      const target = require();
      target.set(value.read64());
      vcpu.processor.invalidateDerivedState();
    },
  };
}

/** Bits 31:10 of the attribute are 0 (VGIC_LEVEL_INFO_LINE_LEVEL), bits 9:0 the first interrupt. */
function levelAttribute(vm: Vm, device: VgicDevice, attr: bigint): Attribute & { readonly there: boolean } {
  const low = Number(attr & 0xffff_ffffn);
  const there = low < 0x400;
  const cpu = (): VgicCpu => {
    const { vgic } = vcpuOf(vm, attr);
    requireInitialized(device);
    if (!there) throw new KvmError('EINVAL', `line information 0x${low.toString(16)}`);
    return vgic;
  };
  return {
    there,
    get: (value) => value.write32(lineLevels.read(vm.vgic, cpu(), low)),
    set: (value) => {
      const levels = value.read32();
      lineLevels.write(vm.vgic, cpu(), low, levels);
    },
  };
}

/** The maintenance interrupt that a guest hypervisor would get. */
const maintenanceAttribute = (device: VgicDevice): Attribute => ({
  get: (value) => value.write32(device.maintenanceIrq),
  set: (value) => {
    const irq = value.read32();
    if (irq < SGI_COUNT || irq >= PRIVATE_IRQ_COUNT) throw new KvmError('EINVAL', `maintenance interrupt ${irq}`);
    device.maintenanceIrq = irq;
  },
});

/** Attributes of a KVM_DEV_TYPE_ARM_VGIC_V3 (`vgic_v3_set_attr`, `vgic_v3_get_attr`, `vgic_v3_has_attr`); undefined: there is none such. */
export function vgicAttribute(vm: Vm, device: VgicDevice, { group: of, attr }: DeviceAttribute): Attribute | undefined {
  const low = Number(attr & 0xffff_ffffn);
  switch (of) {
    case group.ADDR:
      return addressAttribute(device, attr);
    case group.NR_IRQS:
      return { get: (value) => value.write32(device.irqCount), set: (value) => device.setIrqCount(value.read32()) };
    case group.CTRL:
      return controlAttribute(device, attr);
    case group.DIST_REGS:
      if (vm.vcpus.length === 0) throw new KvmError('EINVAL', 'there is no vCPU');
      return frameAttribute(
        device,
        userDistributor(vm.vgic, () => device.initialized),
        low,
      );
    case group.REDIST_REGS:
      return frameAttribute(device, userRedistributor(vm.vgic, vcpuOf(vm, attr).vgic), low);
    case group.CPU_SYSREGS:
      return interfaceAttribute(device, vcpuOf(vm, attr), low & 0xffff);
    case group.LEVEL_INFO:
      return levelAttribute(vm, device, attr);
    case group.MAINT_IRQ:
      return maintenanceAttribute(device);
    default:
      return undefined;
  }
}
