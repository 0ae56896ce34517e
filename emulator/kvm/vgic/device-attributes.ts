import type { Attribute, DeviceAttribute } from '../device-attribute.ts';
import { KvmError } from '../errno.ts';
import type { Vm } from '../vm.ts';
import type { RedistributorRegion, VgicDevice } from './device.ts';

/** KVM_DEV_ARM_VGIC_GRP_*. */
const group = { ADDR: 0, DIST_REGS: 1, NR_IRQS: 3, CTRL: 4, REDIST_REGS: 5, CPU_SYSREGS: 6, LEVEL_INFO: 7 } as const;
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

/** Attributes of a KVM_DEV_TYPE_ARM_VGIC_V3 (`vgic_v3_set_attr`, `vgic_v3_get_attr`, `vgic_v3_has_attr`); undefined: there is none such. */
export function vgicAttribute(_vm: Vm, device: VgicDevice, { group: of, attr }: DeviceAttribute): Attribute | undefined {
  switch (of) {
    case group.ADDR:
      return addressAttribute(device, attr);
    case group.NR_IRQS:
      return { get: (value) => value.write32(device.irqCount), set: (value) => device.setIrqCount(value.read32()) };
    case group.CTRL:
      return controlAttribute(device, attr);
    default:
      return undefined;
  }
}
