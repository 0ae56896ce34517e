import type { Clock } from '../cpu/clock.ts';
import type { Processor } from '../cpu/processor.ts';
import { type Apei, apeiDeclines } from './apei.ts';
import type { CountedMaintenance } from './cache-maintenance.ts';
import { KvmError } from './errno.ts';
import { GuestMemfd } from './guest-memfd.ts';
import { type HostFeatures, ipaLimit } from './host-features.ts';
import { defaultBitmaps } from './hypercalls/bitmaps.ts';
import type { HypercallMachine } from './hypercalls/context.ts';
import { result } from './hypercalls/context.ts';
import { psciVersion } from './hypercalls/psci.ts';
import { frame, type KernelDevice } from './kernel-device.ts';
import { type KernelProfile, merged } from './kernel-profile.ts';
import type { Memslots } from './memslots.ts';
import { mpState } from './mp-state.ts';
import { SeededBytes } from './seed.ts';
import { SmcccFilter } from './smccc-filter.ts';
import type { Stage2 } from './stage2.ts';
import { type TimerIrqs, timerIrq } from './timer.ts';
import { Vcpu } from './vcpu.ts';
import { checkVcpuId, vcpuFeature } from './vcpu-init.ts';
import { register } from './vcpu-registers.ts';
import { DISTRIBUTOR_BYTES, REDISTRIBUTOR_BYTES, VgicDevice } from './vgic/device.ts';
import { Distributor } from './vgic/distributor.ts';
import { Redistributor } from './vgic/redistributor.ts';
import { Vgic } from './vgic/vgic.ts';
import { VmMemory, type VmMemoryConfiguration } from './vm-memory.ts';
import type { UserMappings } from './vma.ts';
import type { VmaRulesHost } from './vma-rules.ts';
import { VmidAllocator, type VmidHolder } from './vmid.ts';

export type { HostFeatures } from './host-features.ts';
export type { KernelDevice } from './kernel-device.ts';
export { ipaLimit };

export interface VmConfiguration extends VmMemoryConfiguration {
  readonly clock: Clock;
  readonly features: HostFeatures;
  /** Which kernel the host runs; left out: `merged`. */
  readonly kernel?: KernelProfile;
  /** What becomes of memory errors before KVM sees them; left out: the host declines them. */
  readonly apei?: Apei;
  /** Unix time at power-on, seconds. */
  readonly epoch: number;
  readonly seed: number;
  /** Takes memory of `host.allocate` back; what was made of its contents is forgotten. */
  readonly release: (address: number, bytes: number) => void;
  /** VMIDs of the host, where VMs share them. */
  readonly vmids?: VmidAllocator;
}

/** SMCCC_ARCH_WORKAROUND_RET_UNAFFECTED. */
const WORKAROUND_NOT_REQUIRED = 1n;

/** A virtual machine: guest memory, interrupt controller, hypercalls, and its vCPUs. */
export class Vm implements HypercallMachine {
  readonly clock: Clock;
  readonly features: HostFeatures;
  readonly kernel: KernelProfile;
  readonly apei: Apei;
  readonly memslots: Memslots;
  readonly stage2: Stage2;
  readonly vgic = new Vgic(0);
  /** The interrupt controller as a device; undefined: user space has one of its own (`irqchip_in_kernel`). */
  irqchip: VgicDevice | undefined;
  readonly vcpus: Vcpu[] = [];
  readonly smcccFilter = new SmcccFilter();
  /** KVM_REG_ARM_PSCI_VERSION. */
  private chosenPsciVersion: number = psciVersion.V1_3;
  /** KVM_CAP_ARM_SYSTEM_SUSPEND. */
  systemSuspend = false;
  /** KVM_CAP_ARM_NISV_TO_USER. */
  nisvToUser = false;
  /** KVM_CAP_ARM_SEA_TO_USER. */
  seaToUser = false;
  /** Physical CPUs that may run this VM, a bit each; vCPU n runs on CPU n. On Linux the PMU that user space chooses narrows it. */
  supportedCpus = -1;
  readonly memory: VmMemory;
  readonly ipaBits: number;
  readonly mappings: UserMappings;
  readonly vmaRules: VmaRulesHost;
  readonly maintenance: CountedMaintenance;
  private readonly vmids: VmidAllocator;
  private readonly vmidHolder: VmidHolder = { vmid: 0, generation: 0 };
  /** KVM_ARM_VCPU_INIT features of every vCPU; undefined: none is initialized. */
  vcpuFeatures: number | undefined;
  /** How far the guests' counters are behind the host's, and whether KVM_ARM_SET_COUNTER_OFFSET has said so for good. */
  virtualOffset = 0n;
  physicalOffset = 0n;
  counterOffsetFixed = false;
  /** KVM_REG_ARM_*_BMAP. */
  readonly firmwareBitmaps = defaultBitmaps();
  readonly timerIrqs: TimerIrqs = { ...timerIrq };
  /** Frames of the interrupt controller could not be mapped (`kvm_vm_dead`): every call of the VM and its files fails with EIO from then on. */
  dead = false;
  /** A vCPU has run (KVM_ARCH_FLAG_HAS_RAN_ONCE). */
  hasRun = false;
  private readonly kernelDevices: KernelDevice[] = [];
  private readonly counts = new Map<string, number>();
  private random: SeededBytes;

  constructor(private readonly configuration: VmConfiguration) {
    this.clock = configuration.clock;
    this.features = configuration.features;
    this.kernel = configuration.kernel ?? merged;
    this.apei = configuration.apei ?? apeiDeclines;
    const { features, vmids, invalidate } = configuration;
    this.vmids = vmids ?? new VmidAllocator(features.vmid16 ? 16 : 8, () => invalidate());
    this.vmids.update(this.vmidHolder);
    this.memory = new VmMemory(configuration);
    ({
      stage2: this.stage2,
      memslots: this.memslots,
      ipaBits: this.ipaBits,
      mappings: this.mappings,
      rules: this.vmaRules,
      maintenance: this.maintenance,
    } = this.memory);
    this.vgic.present = false;
    this.random = new SeededBytes(configuration.seed);
  }

  /** As on a host whose firmware knows no workaround: the guest finds itself vulnerable where the processor is, exactly as without a hypervisor. */
  get workarounds() {
    const spectreV2 = this.features.csv2 ? WORKAROUND_NOT_REQUIRED : result.NOT_SUPPORTED;
    return { spectreV2, ssbd: result.NOT_SUPPORTED, spectreBhb: result.NOT_SUPPORTED };
  }

  /** Without KVM_ARM_VCPU_PSCI_0_2 the guest has what there was before. */
  get psciVersion(): number {
    const { vcpuFeatures } = this;
    return vcpuFeatures === undefined || vcpuFeatures & vcpuFeature.PSCI_0_2 ? this.chosenPsciVersion : psciVersion.V0_1;
  }

  set psciVersion(version: number) {
    this.chosenPsciVersion = version;
  }

  get vcpuCount(): number {
    return this.vcpus.length;
  }

  private get userBase(): number {
    return this.configuration.userBase ?? 0;
  }

  get physicalAddressBits(): number {
    return ipaLimit(this.features);
  }

  /** Number of this VM in VTTBR_EL2 and TLBs. */
  get vmid(): number {
    return this.vmidHolder.vmid;
  }

  /** The VM runs on a physical CPU: its VMID is one of the current generation from now on. Returns whether it is another than before. */
  renewVmid(cpu: number): boolean {
    const { vmid } = this.vmidHolder;
    return this.vmids.update(this.vmidHolder, cpu) !== vmid;
  }

  /** Puts the VMID into VTTBR_EL2 of every vCPU. */
  loadVmid(): void {
    for (const { state, processor } of this.vcpus) {
      state.setSystem(register.VTTBR_EL2, this.stage2.vttbr(this.vmid));
      processor.invalidateDerivedState();
    }
  }

  get instructionCachesCoherent(): boolean {
    return this.features.coherentInstructionCache;
  }

  get offersLs64(): boolean {
    return this.features.ls64;
  }

  get offersLimitedOrdering(): boolean {
    return this.features.limitedOrdering;
  }

  /**
   * KVM_CREATE_VCPU. The first vCPU runs, the others wait for PSCI.
   * @throws KvmError EBUSY once the interrupt controller is initialized; EINVAL and EEXIST for the number; EINVAL where its redistributor is in the way.
   */
  createVcpu(processor: Processor, id: number = this.vcpus.length): Vcpu {
    checkVcpuId(this, id);
    const vcpu = new Vcpu(this, this.vcpus.length, id, processor);
    this.vcpus.push(vcpu);
    try {
      this.irqchip?.addVcpu();
    } catch (error) {
      this.vcpus.pop();
      throw error;
    }
    this.vgic.addCpu(vcpu.vgic);
    return vcpu;
  }

  /**
   * KVM_CREATE_DEVICE of a KVM_DEV_TYPE_ARM_VGIC_V3 (`kvm_vgic_create`).
   * @throws KvmError EEXIST for a second one; EBUSY once a vCPU has run.
   */
  createVgic(): VgicDevice {
    if (this.irqchip) throw new KvmError('EEXIST', 'a second interrupt controller');
    if (this.hasRun) throw new KvmError('EBUSY', 'an interrupt controller for a VM that has run');
    this.irqchip = new VgicDevice(this.vgic, this);
    this.vgic.present = true;
    return this.irqchip;
  }

  /** Before a vCPU runs for the first time: the frames of the interrupt controller are mapped. @throws KvmError as `VgicDevice.map`. */
  mapVgic(): void {
    const { irqchip } = this;
    if (!irqchip?.map()) return;
    this.addKernelDevice(frame(irqchip.distributorBase!, DISTRIBUTOR_BYTES, new Distributor(this.vgic)));
    for (const [index, vcpu] of this.vcpus.entries())
      this.addKernelDevice(frame(irqchip.redistributors[index]!, REDISTRIBUTOR_BYTES, new Redistributor(this.vgic, vcpu.vgic)));
  }

  /** The VM is gone: its memory goes back to the host. */
  destroy(): void {
    this.memslots.destroy();
    this.stage2.clear();
  }

  addKernelDevice(device: KernelDevice): void {
    this.kernelDevices.push(device);
  }

  kernelDevice(ipa: number): KernelDevice | undefined {
    return this.kernelDevices.find((d) => ipa >= d.base && ipa < d.base + d.size);
  }

  /** Physical address of a user space address. */
  physicalAddress(userspace: number): number {
    return this.configuration.host.physicalBase + userspace - this.userBase;
  }

  /** Physical address of a host address. */
  physicalOfHost(address: number): number {
    return this.configuration.host.physicalBase + address;
  }

  /** TLBI VMALLS12E1IS: nothing made from stage 2 is used any more. */
  flushStage2(): void {
    this.configuration.invalidate();
  }

  /**
   * KVM_CREATE_GUEST_MEMFD: memory for slots of this VM.
   * @param size Bytes.
   * @throws KvmError EINVAL for an unknown flag, or a size that is 0 or not page-aligned.
   */
  createGuestMemfd(size: number, flags: number): GuestMemfd {
    const { host, release } = this.configuration;
    const source = { allocate: (bytes: number, alignment: number) => host.allocate(bytes, alignment), release };
    return new GuestMemfd(this.memslots, size, flags, source, (gpa, bytes) => this.stage2.unmap(gpa, bytes));
  }

  /** KVM_IRQ_LINE of a shared interrupt: SPI number, from 0. */
  irqLine(spi: number, level: boolean): void {
    this.vgic.inject(undefined, 32 + spi, level);
  }

  /** Everything as after creation; memory slots stay. */
  reset(): void {
    this.counts.clear();
    this.random = new SeededBytes(this.configuration.seed);
    this.stage2.clear();
    this.configuration.invalidate();
    this.virtualOffset = this.physicalOffset = 0n;
    this.maintenance.reset();
    this.vgic.reset();
    for (const vcpu of this.vcpus) {
      vcpu.init();
      vcpu.instructions = 0;
    }
  }

  count(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  /** How often what happened: exits to KVM by exception class, exits to user space by reason. */
  get exitCounts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  // ---- what hypercalls ask ------------------------------------------------------------------------------------

  affinity(index: number): number {
    return this.vcpus[index]!.affinity;
  }

  isStopped(index: number): boolean {
    return this.vcpus[index]!.mpState === mpState.STOPPED;
  }

  start(index: number, entry: bigint, context: bigint): void {
    this.vcpus[index]!.start(entry, context);
  }

  entropy(): bigint {
    return this.random.next64();
  }

  get wallNanoseconds(): bigint {
    return BigInt(this.configuration.epoch) * 1_000_000_000n + BigInt(Math.floor(this.clock.now));
  }

  counter(): bigint {
    return BigInt(this.clock.ticks);
  }
}
