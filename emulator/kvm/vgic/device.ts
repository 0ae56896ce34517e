import { KvmError } from '../errno.ts';
import type { Vgic } from './vgic.ts';

/** Frames of the GICv3 (KVM_VGIC_V3_DIST_SIZE, KVM_VGIC_V3_REDIST_SIZE). */
export const DISTRIBUTOR_BYTES = 0x1_0000;
export const REDISTRIBUTOR_BYTES = 0x2_0000;
const FRAME_ALIGNMENT = 0x1_0000;
const PRIVATE_IRQS = 32;
/** VGIC_NR_IRQS_LEGACY: interrupts of a controller whose number nobody has set. */
const DEFAULT_IRQS = 256;
const MAX_IRQS = 1023;

/** Redistributors of consecutive vCPUs, frame after frame. */
export interface RedistributorRegion {
  readonly index: number;
  readonly base: number;
  /** 0: as many as there are vCPUs (the only region then). */
  readonly count: number;
  /** Frames that have their vCPU. */
  used: number;
}

/** What the device asks of its VM. */
export interface VgicDeviceHost {
  readonly ipaBits: number;
  readonly vcpuCount: number;
}

/** The VM's GICv3 as a device that user space sets up (KVM_DEV_TYPE_ARM_VGIC_V3, arch/arm64/kvm/vgic/vgic-init.c). */
export class VgicDevice {
  distributorBase: number | undefined;
  readonly regions: RedistributorRegion[] = [];
  /** KVM_DEV_ARM_VGIC_CTRL_INIT: the number of interrupts is final, and there will be no further vCPU. */
  initialized = false;
  /** The frames answer the guest: since the first KVM_RUN. */
  mapped = false;
  /** Base of each vCPU's redistributor, by index. */
  readonly redistributors: number[] = [];
  /** KVM_DEV_ARM_VGIC_GRP_MAINT_IRQ: only kept, without a virtual EL2. */
  maintenanceIrq = 0;
  private spis = 0;

  constructor(
    private readonly vgic: Vgic,
    private readonly host: VgicDeviceHost,
  ) {}

  /** Interrupts, private ones included; 32 as long as nobody said. */
  get irqCount(): number {
    return this.spis + PRIVATE_IRQS;
  }

  /** KVM_DEV_ARM_VGIC_GRP_NR_IRQS. @throws KvmError EINVAL, or EBUSY when the number is final. */
  setIrqCount(count: number): void {
    if (count < PRIVATE_IRQS + 32 || count > MAX_IRQS || count % 32 !== 0) throw new KvmError('EINVAL', `${count} interrupts`);
    if (this.spis !== 0) throw new KvmError('EBUSY', 'the number of interrupts is set already');
    this.spis = count - PRIVATE_IRQS;
  }

  /** KVM_VGIC_V3_ADDR_TYPE_DIST. @throws KvmError EEXIST once set; EINVAL for misalignment; E2BIG beyond the IPA range. */
  setDistributor(base: bigint): void {
    this.distributorBase = this.checkRange(this.distributorBase, base, DISTRIBUTOR_BYTES);
  }

  /** KVM_VGIC_V3_ADDR_TYPE_REDIST: all redistributors in a row. */
  setRedistributors(base: bigint): void {
    this.addRegion(0, base, 0);
  }

  /**
   * KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION.
   * @throws KvmError EINVAL for an index that is not the next, or a region that overlaps; EEXIST and EINVAL next to a row of all; E2BIG beyond the IPA range.
   */
  addRegion(index: number, base: bigint, count: number): void {
    const what = `redistributor region ${index}`;
    const last = this.regions.at(-1);
    const size = count * REDISTRIBUTOR_BYTES;
    if (BigInt.asUintN(64, base + BigInt(size)) < base) throw new KvmError('EINVAL', what);
    if (!last && index !== 0) throw new KvmError('EINVAL', what);
    if (last && count === 0) throw new KvmError(last.count ? 'EINVAL' : 'EEXIST', what);
    if (last && (!last.count || index !== last.index + 1)) throw new KvmError('EINVAL', what);
    const start = Number(base);
    const overDistributor =
      this.distributorBase !== undefined && overlap(start, size, this.distributorBase, DISTRIBUTOR_BYTES) && count === 0;
    if (overDistributor || this.regions.some((r) => overlap(start, size, r.base, this.sizeOf(r)))) throw new KvmError('EINVAL', what);
    const region: RedistributorRegion = { index, base: this.checkRange(undefined, base, size), count, used: 0 };
    this.regions.push(region);
    const before = this.redistributors.length;
    try {
      while (this.redistributors.length < this.host.vcpuCount && this.placeNext());
    } catch (error) {
      this.redistributors.length = before;
      this.regions.pop();
      throw error;
    }
  }

  /** A vCPU was made: it gets the next free frame, where there is one. */
  addVcpu(): void {
    if (this.redistributors.length === this.host.vcpuCount - 1) this.placeNext();
  }

  /** KVM_DEV_ARM_VGIC_CTRL_INIT (`vgic_init`). */
  init(): void {
    if (this.initialized) return;
    if (this.spis === 0) this.spis = DEFAULT_IRQS - PRIVATE_IRQS;
    this.vgic.provideSpis(this.spis);
    this.initialized = true;
  }

  /**
   * Before the first KVM_RUN (`kvm_vgic_map_resources`). True: the frames were mapped just now.
   * @throws KvmError ENXIO when an address is missing; EBUSY before CTRL_INIT; EINVAL for frames that overlap.
   */
  map(): boolean {
    if (this.mapped) return false;
    if (this.redistributors.length < this.host.vcpuCount) throw new KvmError('ENXIO', 'a vCPU has no redistributor');
    if (this.distributorBase === undefined) throw new KvmError('ENXIO', 'the distributor has no address');
    if (!this.framesApart()) throw new KvmError('EINVAL', 'frames of the interrupt controller overlap');
    if (!this.initialized) throw new KvmError('EBUSY', 'the interrupt controller is not initialized');
    this.mapped = true;
    return true;
  }

  /** Bytes of a region. */
  sizeOf({ count }: RedistributorRegion): number {
    return (count || this.host.vcpuCount) * REDISTRIBUTOR_BYTES;
  }

  private placeNext(): boolean {
    const region = this.regions.find((r) => r.count === 0 || r.used < r.count);
    if (!region) return false;
    if (!this.framesApart()) throw new KvmError('EINVAL', 'frames of the interrupt controller overlap');
    this.redistributors.push(region.base + region.used * REDISTRIBUTOR_BYTES);
    region.used++;
    return true;
  }

  private framesApart(): boolean {
    const { distributorBase } = this;
    return distributorBase === undefined || !this.regions.some((r) => overlap(distributorBase, DISTRIBUTOR_BYTES, r.base, this.sizeOf(r)));
  }

  private checkRange(old: number | undefined, base: bigint, size: number): number {
    const what = `a frame of the interrupt controller at 0x${base.toString(16)}`;
    if (old !== undefined) throw new KvmError('EEXIST', what);
    if (base % BigInt(FRAME_ALIGNMENT) !== 0n || BigInt.asUintN(64, base + BigInt(size)) < base) throw new KvmError('EINVAL', what);
    const limit = 1n << BigInt(this.host.ipaBits);
    if (base >= limit || base + BigInt(size) > limit) throw new KvmError('E2BIG', what);
    return Number(base);
  }
}

const overlap = (a: number, bytesA: number, b: number, bytesB: number): boolean => a < b + bytesB && b < a + bytesA;
