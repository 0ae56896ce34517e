import { PRIORITY_BITS } from '../../isa/registers/virtual-interface.ts';
import { PRIVATE_IRQ_COUNT, VgicIrq } from './irq.ts';
import { hypControl, listRegister, type VirtualInterface } from './list-registers.ts';

/** KVM_VGIC_IMP_REV_LATEST. */
export const VGIC_REVISION = 3;

/** Inner Shareable, Read-Allocate Write-Back. */
const PENDBASER_RESET = 0x580;

/** One vCPU's side of the interrupt controller. */
export class VgicCpu {
  readonly privateIrqs: VgicIrq<VgicCpu>[];
  /** Interrupts that are active or pending here (KVM's ap_list). */
  readonly list: VgicIrq<VgicCpu>[] = [];
  /** List registers in use since the last flush. */
  usedListRegisters = 0;
  /** GICR_PROPBASER and GICR_PENDBASER are storage: without LPIs nothing reads them. */
  readonly lpiTables = { PROPBASER: [0, 0] as [number, number], PENDBASER: [PENDBASER_RESET, 0] as [number, number] };
  /** ICC_CTLR_EL1.PRIbits and IDbits: what the guest was told, at most what there is. */
  priorityBits = PRIORITY_BITS;
  idBits = 1;
  private controlWritten = -1;

  constructor(
    readonly index: number,
    /** MPIDR affinity, Aff0 in bits 7:0. */
    public affinity: number,
    readonly interfaceRegisters: VirtualInterface,
  ) {
    this.privateIrqs = Array.from({ length: PRIVATE_IRQ_COUNT }, (_, intid) => new VgicIrq<VgicCpu>(intid, this));
  }

  /** The ICH_* registers were reset behind KVM's back. */
  forgetRegisters(): void {
    this.usedListRegisters = 0;
    this.controlWritten = -1;
  }

  reset(): void {
    this.list.length = 0;
    this.forgetRegisters();
    for (const irq of this.privateIrqs) {
      irq.reset();
      irq.target = this;
    }
  }

  writeControl(value: number): void {
    if (value === this.controlWritten) return;
    this.controlWritten = value;
    this.interfaceRegisters.writeControl(value);
  }
}

/**
 * KVM's virtual GICv3 (virt/kvm: arch/arm64/kvm/vgic/): the state of every interrupt, which vCPU it is for, and its way into and out of the list registers.
 * The register frames are in distributor.ts and redistributor.ts.
 */
export class Vgic {
  /** GICD_CTLR.EnableGrp1. */
  enabled = false;
  readonly cpus: VgicCpu[] = [];
  /** GICD_IIDR.Revision. */
  revision = VGIC_REVISION;
  /** Whether vCPUs have an interface to it: without, nothing is delivered and its registers are UNDEFINED. */
  present = true;
  spis: readonly VgicIrq<VgicCpu>[] = [];

  /**
   * @param spiCount Shared peripheral interrupts, a multiple of 32. No vCPU is kicked when something becomes pending: vCPUs take turns, and one that waits
   * in WFI asks `hasPending` at its turn.
   */
  constructor(spiCount: number) {
    this.provideSpis(spiCount);
  }

  get spiCount(): number {
    return this.spis.length;
  }

  /** Makes the shared interrupts, in place of those that there were. */
  provideSpis(count: number): void {
    const target = this.cpuByAffinity(0);
    this.spis = Array.from({ length: count }, (_, i) => new VgicIrq<VgicCpu>(PRIVATE_IRQ_COUNT + i, target));
  }

  addCpu(cpu: VgicCpu): void {
    this.cpus.push(cpu);
    // An IROUTER of zero routes to affinity 0.0.0.0.
    if (cpu.affinity === 0) for (const irq of this.spis) irq.target = cpu;
  }

  reset(): void {
    this.enabled = false;
    this.revision = VGIC_REVISION;
    for (const cpu of this.cpus) cpu.reset();
    for (const irq of this.spis) {
      irq.reset();
      irq.target = this.cpuByAffinity(0);
    }
  }

  cpuByAffinity(affinity: number): VgicCpu | undefined {
    return this.cpus.find((cpu) => cpu.affinity === affinity);
  }

  /** An interrupt by number as `cpu` sees it; undefined above what is implemented. */
  irq(cpu: VgicCpu | undefined, intid: number): VgicIrq<VgicCpu> | undefined {
    if (intid < PRIVATE_IRQ_COUNT) return cpu?.privateIrqs[intid];
    return this.spis[intid - PRIVATE_IRQ_COUNT];
  }

  /** Drives an input line (KVM_IRQ_LINE, a device, a timer). For an edge-triggered interrupt the rise counts. */
  inject(cpu: VgicCpu | undefined, intid: number, level: boolean): void {
    const irq = this.irq(cpu, intid);
    if (!irq) throw new Error(`the interrupt controller has no interrupt ${intid}`);
    if (irq.config === 'level') {
      if (irq.lineLevel === level) return;
      irq.lineLevel = level;
    } else {
      if (!level) return;
      irq.pendingLatch = true;
    }
    this.queue(irq);
  }

  /** Puts an interrupt whose state changed on the list of the vCPU it is for. */
  queue(irq: VgicIrq<VgicCpu>): void {
    const target = this.targetOf(irq);
    if (irq.listedOn || !target) return;
    irq.listedOn = target;
    target.list.push(irq);
  }

  /** GICD_CTLR.EnableGrp1 was written. */
  setEnabled(enabled: boolean): void {
    const was = this.enabled;
    this.enabled = enabled;
    if (was || !enabled) return;
    for (const cpu of this.cpus) for (const irq of cpu.privateIrqs) this.queue(irq);
    for (const irq of this.spis) this.queue(irq);
  }

  /** A pending interrupt that the guest's priority mask lets through: what ends a WFI (`kvm_vgic_vcpu_pending_irq`). */
  hasPending(cpu: VgicCpu): boolean {
    if (!this.enabled || !this.present || cpu.list.length === 0) return false;
    const mask = cpu.interfaceRegisters.priorityMask();
    return cpu.list.some((irq) => irq.pending && irq.enabled && !irq.active && irq.priority < mask);
  }

  /** Before the guest runs: the list's most urgent interrupts go into the list registers. */
  flush(cpu: VgicCpu): void {
    if (!this.present) {
      cpu.writeControl(0);
      return;
    }
    if (cpu.list.length === 0) {
      if (cpu.usedListRegisters > 0) this.clearListRegisters(cpu, 0);
      cpu.writeControl(hypControl.enable);
      return;
    }
    this.prune(cpu);
    const { interfaceRegisters, list } = cpu;
    if (list.length > interfaceRegisters.listRegisters) list.sort(moreUrgent);
    let count = 0;
    let left = false;
    for (const irq of list) {
      if (this.targetOf(irq) !== cpu) continue;
      if (count === interfaceRegisters.listRegisters) {
        left = true;
        break;
      }
      this.populate(cpu, count++, irq);
    }
    this.clearListRegisters(cpu, count);
    cpu.writeControl(left ? hypControl.enable | hypControl.underflow : hypControl.enable);
  }

  /** After the guest ran: what it acknowledged and deactivated comes back out of the list registers. */
  fold(cpu: VgicCpu): void {
    const { interfaceRegisters } = cpu;
    for (let i = 0; i < cpu.usedListRegisters; i++) {
      const irq = this.irq(cpu, interfaceRegisters.readListLow(i));
      if (!irq) continue;
      const state = interfaceRegisters.readListHigh(i);
      const pending = (state & listRegister.pending) !== 0;
      irq.active = (state & listRegister.active) !== 0;
      if (irq.config === 'edge') {
        if (pending) irq.pendingLatch = true;
      } else if (!pending) irq.pendingLatch = false;
    }
    if (cpu.list.length > 0) this.prune(cpu);
  }

  private populate(cpu: VgicCpu, index: number, irq: VgicIrq<VgicCpu>): void {
    let high = irq.priority << listRegister.priorityShift;
    let mayPend = true;
    if (irq.active) high |= listRegister.active;
    if (irq.config === 'level') {
      high |= listRegister.eoi;
      // A level that is still active is looked at again at deactivation instead of being active and pending at once.
      if (irq.active) mayPend = false;
    }
    if (mayPend && irq.pending) {
      high |= listRegister.pending;
      if (irq.config === 'edge') irq.pendingLatch = false;
    }
    if (irq.group) high |= listRegister.group1;
    cpu.interfaceRegisters.writeList(index, irq.intid, high);
  }

  private clearListRegisters(cpu: VgicCpu, from: number): void {
    for (let i = from; i < cpu.usedListRegisters; i++) cpu.interfaceRegisters.writeList(i, 0, 0);
    cpu.usedListRegisters = from;
  }

  /** Drops what is neither active nor deliverable, and moves what is now for another vCPU. */
  private prune(cpu: VgicCpu): void {
    const { list } = cpu;
    let kept = 0;
    for (const irq of list) {
      const target = this.targetOf(irq);
      if (target === cpu) list[kept++] = irq;
      else {
        irq.listedOn = target;
        target?.list.push(irq);
      }
    }
    list.length = kept;
  }

  /** The vCPU on whose list an interrupt belongs now (`vgic_target_oracle`). */
  private targetOf(irq: VgicIrq<VgicCpu>): VgicCpu | undefined {
    if (irq.active) return irq.listedOn ?? irq.target;
    return irq.enabled && irq.pending && this.enabled ? irq.target : undefined;
  }
}

/** Order of the list: active first, then pending and enabled, then priority. */
function moreUrgent(a: VgicIrq<VgicCpu>, b: VgicIrq<VgicCpu>): number {
  if (a.active !== b.active) return a.active ? -1 : 1;
  const pendingA = a.enabled && a.pending;
  const pendingB = b.enabled && b.pending;
  if (pendingA !== pendingB) return pendingA ? -1 : 1;
  return a.priority - b.priority;
}
