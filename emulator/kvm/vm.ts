import type { Clock } from '../cpu/clock.ts';
import type { Processor } from '../cpu/processor.ts';
import { type Apei, apeiDeclines } from './apei.ts';
import { type CacheMaintenance, CountedMaintenance } from './cache-maintenance.ts';
import { KvmError } from './errno.ts';
import { GuestMemfd } from './guest-memfd.ts';
import type { HypercallMachine } from './hypercalls/context.ts';
import { result } from './hypercalls/context.ts';
import { psciVersion } from './hypercalls/psci.ts';
import { type KernelProfile, merged } from './kernel-profile.ts';
import { Memslots } from './memslots.ts';
import { mpState } from './mp-state.ts';
import { SeededBytes } from './seed.ts';
import { SmcccFilter } from './smccc-filter.ts';
import { Stage2 } from './stage2.ts';
import { IPA_BITS } from './stage2-geometry.ts';
import type { TableMemory } from './stage2-tables.ts';
import { type TimerIrqs, timerIrq } from './timer.ts';
import { Vcpu } from './vcpu.ts';
import { checkVcpuId, vcpuFeature } from './vcpu-init.ts';
import { register } from './vcpu-registers.ts';
import { DISTRIBUTOR_BYTES, REDISTRIBUTOR_BYTES, VgicDevice } from './vgic/device.ts';
import { Distributor } from './vgic/distributor.ts';
import { Redistributor } from './vgic/redistributor.ts';
import { Vgic } from './vgic/vgic.ts';
import { UserMappings } from './vma.ts';
import type { PfnmapPolicy, VmaRulesHost } from './vma-rules.ts';
import { VmidAllocator, type VmidHolder } from './vmid.ts';

/** A device that KVM emulates itself. Offsets are from `base`; `length` is 1, 2, 4 or 8 bytes. */
export interface KernelDevice {
  readonly base: number;
  readonly size: number;
  read(offset: number, length: number): bigint;
  write(offset: number, length: number, value: bigint): void;
}

/** What the processor offers that KVM decides by. */
export interface HostFeatures {
  readonly ras: boolean;
  readonly pauth: boolean;
  readonly fwb: boolean;
  readonly vmid16: boolean;
  readonly limitedOrdering: boolean;
  readonly ls64: boolean;
  /** CTR_EL0.DIC: no instruction cache maintenance needed. */
  readonly coherentInstructionCache: boolean;
  /** CTR_EL0.IDC: no data cache clean needed for instructions. */
  readonly coherentDataCache: boolean;
  /** FEAT_DoubleFault2. */
  readonly doubleFault2: boolean;
  /** ID_AA64PFR0_EL1.CSV2: branch prediction does not leak (Spectre variant 2). */
  readonly csv2: boolean;
  /** ID_AA64MMFR0_EL1.PARange. */
  readonly parange: number;
  /** Hardware breakpoints and watchpoints. */
  readonly breakpoints: number;
  readonly watchpoints: number;
}

export interface VmConfiguration {
  readonly clock: Clock;
  readonly host: TableMemory;
  readonly features: HostFeatures;
  /** Which kernel the host runs; left out: `merged`. */
  readonly kernel?: KernelProfile;
  /** What becomes of memory errors before KVM sees them; left out: the host declines them. */
  readonly apei?: Apei;
  /** Unix time at power-on, seconds. */
  readonly epoch: number;
  readonly seed: number;
  /** Stage 2 changed: its translations go from every TLB (TLBI IPAS2E1IS and what follows it). */
  readonly invalidate: () => void;
  /** Takes memory of `host.allocate` back; what was made of its contents is forgotten. */
  readonly release: (address: number, bytes: number) => void;
  /** IPA size of the VM, bits (KVM_CREATE_VM); left out: 40. */
  readonly ipaBits?: number;
  /** What user space has mapped; left out: all of its memory is anonymous. */
  readonly mappings?: UserMappings;
  /** Cacheable memory without a `struct page` on a host that cannot do without cache maintenance. */
  readonly pfnmapPolicy?: PfnmapPolicy;
  /** Learns of the cache maintenance that the host does for the guest. */
  readonly maintenance?: CacheMaintenance;
  /** VMIDs of the host, where VMs share them. */
  readonly vmids?: VmidAllocator;
  /** User address of host address 0; left out: 0, the addresses are the same. */
  readonly userBase?: number;
}

/** SMCCC_ARCH_WORKAROUND_RET_UNAFFECTED. */
const WORKAROUND_NOT_REQUIRED = 1n;

const addressSizes = [32, 36, 40, 42, 44, 48, 52, 56];

/** Bits of the largest guest physical address space (`get_kvm_ipa_limit`). Beyond 48 would need FEAT_LPA2. */
export const ipaLimit = ({ parange }: HostFeatures): number => Math.min(48, addressSizes[parange] ?? 48);

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
  /** KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE: blocks are split into pages when logging begins, so many bytes at a time; 0: at the first write. */
  eagerSplitChunkSize = 0;
  readonly ipaBits: number;
  readonly mappings: UserMappings;
  readonly vmaRules: VmaRulesHost;
  readonly maintenance: CountedMaintenance;
  private readonly vmids: VmidAllocator;
  private readonly vmidHolder: VmidHolder = { vmid: 0, generation: 0 };
  /** KVM_ARM_VCPU_INIT features of every vCPU; undefined: none is initialized. */
  vcpuFeatures: number | undefined;
  /** KVM_ARM_SET_COUNTER_OFFSET; undefined: nobody set it. */
  counterOffset: bigint | undefined;
  readonly timerIrqs: TimerIrqs = { ...timerIrq };
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
    const { features, maintenance, pfnmapPolicy: policy = 'error', ipaBits = IPA_BITS } = configuration;
    this.ipaBits = ipaBits;
    this.mappings = configuration.mappings ?? new UserMappings();
    this.vmaRules = { policy, fwb: features.fwb, dic: features.coherentInstructionCache, mte: false };
    this.maintenance = new CountedMaintenance(maintenance);
    this.vmids = configuration.vmids ?? new VmidAllocator(features.vmid16 ? 16 : 8, () => configuration.invalidate());
    this.vmids.update(this.vmidHolder);
    this.stage2 = new Stage2(configuration.host, {
      ...{ fwb: features.fwb, ipaBits, invalidate: () => configuration.invalidate() },
      // With FWB the guest accesses memory by what stage 2 says: no line can be stale.
      maintenance: {
        cleanInvalidate: (pa, bytes) => features.fwb || this.maintenance.cleanInvalidate(pa, bytes),
        invalidateInstructions: (pa, bytes) => this.maintenance.invalidateInstructions(pa, bytes),
      },
    });
    this.memslots = new Memslots(ipaBits, (gpa, size) => this.stage2.unmap(gpa, size), {
      mappings: this.mappings,
      rules: this.vmaRules,
      hostOf: (address) => address - this.userBase,
      writeProtect: (gpa, size) => this.stage2.writeProtect(gpa, size),
      split: (gpa, size) => {
        if (this.eagerSplitChunkSize > 0) this.stage2.split(gpa, size);
      },
    });
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

  /** Guest memory is mapped again as the guest touches it (`stage2_unmap_vm`). */
  unmapAll(): void {
    for (const { guestPhysAddr, memorySize } of this.memslots.all()) this.stage2.unmap(guestPhysAddr, memorySize);
  }

  /** All memory that is mapped is cleaned and invalidated to the Point of Coherency (`stage2_flush_vm`). */
  flushCaches(): void {
    this.maintenance.wholeVm++;
    for (const { pa, bytes } of this.stage2.leaves()) this.maintenance.cleanInvalidate(pa, bytes);
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

interface Frame {
  read(offset: number, bytes: number): number;
  write(offset: number, bytes: number, value: number): void;
}

/** A register frame of the interrupt controller as a device: 64-bit accesses are two halves. */
function frame(base: number, size: number, registers: Frame): KernelDevice {
  return {
    base,
    size,
    read: (offset, length) => {
      if (length < 8) return BigInt(registers.read(offset, length) >>> 0);
      return BigInt(registers.read(offset, 4) >>> 0) | (BigInt(registers.read(offset + 4, 4) >>> 0) << 32n);
    },
    write: (offset, length, value) => {
      registers.write(offset, Math.min(length, 4), Number(BigInt.asUintN(32, value)));
      if (length === 8) registers.write(offset + 4, 4, Number(value >> 32n));
    },
  };
}
