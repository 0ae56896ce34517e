import {
  ICH_HCR,
  ICH_VMCR,
  IDLE_PRIORITY,
  LIST_REGISTERS,
  LR,
  MINIMUM_BPR,
  PREEMPTION_BITS,
  PRIORITY_BITS,
  PRIORITY_MASK,
  SPURIOUS,
} from '../../isa/registers/virtual-interface.ts';
import { R } from '../registers.ts';
import type { CpuState } from '../state.ts';

export type Group = 0 | 1;

/**
 * The virtual CPU interface (ICV_*) of one vCPU, over its ICH_* registers (GIC architecture IHI 0069, chapters 4.6, 6 and 12.3).
 * KVM fills the list registers before entry and folds them back after; in between the guest acknowledges and ends interrupts here.
 */
export class VirtualInterface {
  constructor(private readonly state: CpuState) {}

  private lrHigh(n: number): number {
    return this.state.systemHigh(R.ICH_LR0_EL2 + n);
  }

  private lrPriority(n: number): number {
    return (this.lrHigh(n) >>> LR.priorityShift) & PRIORITY_MASK;
  }

  private get control(): number {
    return this.state.systemLow(R.ICH_HCR_EL2);
  }

  private get vmcr(): number {
    return this.state.systemLow(R.ICH_VMCR_EL2);
  }

  private setVmcr(value: number): void {
    this.state.setSystem(R.ICH_VMCR_EL2, BigInt(value >>> 0));
  }

  private active(group: Group): number {
    return this.state.systemLow(group ? R.ICH_AP1R0_EL2 : R.ICH_AP0R0_EL2);
  }

  private setActive(group: Group, value: number): void {
    this.state.setSystem(group ? R.ICH_AP1R0_EL2 : R.ICH_AP0R0_EL2, BigInt(value >>> 0));
  }

  private binaryPoint(group: Group): number {
    const { vmcr } = this;
    const field = (vmcr >>> (group ? ICH_VMCR.vbpr1Shift : ICH_VMCR.vbpr0Shift)) & 7;
    return Math.max(field, MINIMUM_BPR + group);
  }

  /** Mask of the group priority bits: what decides preemption. */
  private groupPriorityMask(group: Group): number {
    const common = group === 1 && (this.vmcr & ICH_VMCR.VCBPR) !== 0;
    const bpr = common ? this.binaryPoint(0) : this.binaryPoint(group) - group;
    return (0xff << (bpr + 1)) & 0xff;
  }

  /** Index of the list register with the pending interrupt of highest priority in an enabled group, or -1. */
  private highestPending(): number {
    if ((this.control & ICH_HCR.En) === 0) return -1;
    const { vmcr } = this;
    let found = -1;
    let best = IDLE_PRIORITY + 1;
    for (let n = 0; n < LIST_REGISTERS; n++) {
      const high = this.lrHigh(n);
      if ((high & (LR.PENDING | LR.ACTIVE)) !== LR.PENDING) continue;
      if ((vmcr & (high & LR.GROUP1 ? ICH_VMCR.VENG1 : ICH_VMCR.VENG0)) === 0) continue;
      const priority = this.lrPriority(n);
      if (priority < best) {
        best = priority;
        found = n;
      }
    }
    return found;
  }

  private groupOf(n: number): Group {
    return this.lrHigh(n) & LR.GROUP1 ? 1 : 0;
  }

  /** Priority of the highest active interrupt, group priority bits only; 0xff: none. */
  runningPriority(): number {
    const bits = this.active(0) | this.active(1);
    if (bits === 0) return IDLE_PRIORITY;
    return trailingZeros(bits) << (8 - PREEMPTION_BITS);
  }

  private canPreempt(n: number): boolean {
    const priority = this.lrPriority(n);
    if (priority >= this.priorityMask()) return false;
    const running = this.runningPriority();
    return running === IDLE_PRIORITY || (priority & this.groupPriorityMask(this.groupOf(n))) < running;
  }

  /** Interrupt lines to the processor: bit 0 virtual IRQ (group 1), bit 1 virtual FIQ (group 0). */
  pending(): number {
    const n = this.highestPending();
    if (n < 0 || !this.canPreempt(n)) return 0;
    return this.groupOf(n) ? 1 : 2;
  }

  /** ICV_IAR<group>: acknowledges the highest pending interrupt. INTID, or 1023. */
  acknowledge(group: Group): number {
    const n = this.highestPending();
    if (n < 0 || this.groupOf(n) !== group || !this.canPreempt(n)) return SPURIOUS;
    const bit = (this.lrPriority(n) & this.groupPriorityMask(group)) >> (8 - PREEMPTION_BITS);
    this.setActive(group, this.active(group) | (1 << bit));
    const low = this.state.systemLow(R.ICH_LR0_EL2 + n);
    this.state.setSystemWords(R.ICH_LR0_EL2 + n, low, (this.lrHigh(n) & ~LR.PENDING) | LR.ACTIVE);
    return low >>> 0;
  }

  /** ICV_HPPIR<group>: the interrupt IAR would give if nothing masked it. */
  highestPendingInterrupt(group: Group): number {
    const n = this.highestPending();
    return n < 0 || this.groupOf(n) !== group ? SPURIOUS : this.state.systemLow(R.ICH_LR0_EL2 + n) >>> 0;
  }

  /** ICV_EOIR<group>: priority drop, and deactivation unless EOImode splits the two. */
  endOfInterrupt(group: Group, intid: number): void {
    if (isSpecial(intid)) return;
    const dropped = this.dropPriority();
    if (dropped === IDLE_PRIORITY) return;
    if (this.vmcr & ICH_VMCR.VEOIM) return;
    const n = this.findActive(intid);
    if (n < 0) this.countUnmatched();
    else if (this.groupOf(n) === group && (this.lrPriority(n) & this.groupPriorityMask(group)) === dropped) this.deactivateList(n);
  }

  /** ICV_DIR: deactivates, with EOImode = 1; ignored otherwise. */
  deactivate(intid: number): void {
    if (isSpecial(intid) || (this.vmcr & ICH_VMCR.VEOIM) === 0) return;
    const n = this.findActive(intid);
    if (n < 0) this.countUnmatched();
    else this.deactivateList(n);
  }

  private findActive(intid: number): number {
    for (let n = 0; n < LIST_REGISTERS; n++) {
      if (this.lrHigh(n) & LR.ACTIVE && this.state.systemLow(R.ICH_LR0_EL2 + n) >>> 0 === intid) return n;
    }
    return -1;
  }

  /** A hardware interrupt (LR.HW) is deactivated in the distributor too: KVM finds that in the list register when it folds it. */
  private deactivateList(n: number): void {
    this.state.setSystemWords(R.ICH_LR0_EL2 + n, this.state.systemLow(R.ICH_LR0_EL2 + n), this.lrHigh(n) & ~LR.ACTIVE);
  }

  private dropPriority(): number {
    const [zero, one] = [this.active(0), this.active(1)];
    if ((zero | one) === 0) return IDLE_PRIORITY;
    const group: Group = zero !== 0 && (one === 0 || trailingZeros(zero) < trailingZeros(one)) ? 0 : 1;
    const bits = group ? one : zero;
    this.setActive(group, bits & (bits - 1));
    return trailingZeros(bits) << (8 - PREEMPTION_BITS);
  }

  private countUnmatched(): void {
    const { control } = this;
    const count = ((control >>> ICH_HCR.eoiCountShift) + 1) & 0x1f;
    this.state.setSystem(R.ICH_HCR_EL2, BigInt(((control & ~(0x1f << ICH_HCR.eoiCountShift)) | (count << ICH_HCR.eoiCountShift)) >>> 0));
  }

  priorityMask(): number {
    return this.vmcr >>> ICH_VMCR.vpmrShift;
  }

  setPriorityMask(value: number): void {
    this.setVmcr((this.vmcr & 0x00ff_ffff) | ((value & PRIORITY_MASK) << ICH_VMCR.vpmrShift));
  }

  /** ICV_BPR<group>. */
  readBinaryPoint(group: Group): number {
    if (group && this.vmcr & ICH_VMCR.VCBPR) return Math.min(this.binaryPoint(0) + 1, 7);
    return this.binaryPoint(group);
  }

  setBinaryPoint(group: Group, value: number): void {
    if (group && this.vmcr & ICH_VMCR.VCBPR) return;
    const shift = group ? ICH_VMCR.vbpr1Shift : ICH_VMCR.vbpr0Shift;
    this.setVmcr((this.vmcr & ~(7 << shift)) | (Math.max(value & 7, MINIMUM_BPR + group) << shift));
  }

  /** ICV_CTLR: CBPR, EOImode, and what ICH_VTR_EL2 says of the implementation. */
  readControl(): number {
    const { vmcr } = this;
    return (vmcr & ICH_VMCR.VCBPR ? 1 : 0) | (vmcr & ICH_VMCR.VEOIM ? 2 : 0) | ((PRIORITY_BITS - 1) << 8) | (1 << 11) | (1 << 15);
  }

  setControl(value: number): void {
    const kept = this.vmcr & ~(ICH_VMCR.VCBPR | ICH_VMCR.VEOIM);
    this.setVmcr(kept | (value & 1 ? ICH_VMCR.VCBPR : 0) | (value & 2 ? ICH_VMCR.VEOIM : 0));
  }

  groupEnabled(group: Group): boolean {
    return (this.vmcr & (group ? ICH_VMCR.VENG1 : ICH_VMCR.VENG0)) !== 0;
  }

  enableGroup(group: Group, enabled: boolean): void {
    const bit = group ? ICH_VMCR.VENG1 : ICH_VMCR.VENG0;
    this.setVmcr(enabled ? this.vmcr | bit : this.vmcr & ~bit);
  }

  readActivePriorities(group: Group): number {
    return this.active(group) >>> 0;
  }

  writeActivePriorities(group: Group, value: number): void {
    this.setActive(group, value);
  }

  /** ICH_EISR_EL2: list registers whose end of interrupt asked for maintenance. */
  endedLists(): number {
    return this.lists((high) => (high & (LR.PENDING | LR.ACTIVE | LR.HW)) === 0 && (high & LR.EOI) !== 0);
  }

  /** ICH_ELRSR_EL2: usable list registers. */
  emptyLists(): number {
    return this.lists((high) => (high & (LR.PENDING | LR.ACTIVE)) === 0 && ((high & LR.HW) !== 0 || (high & LR.EOI) === 0));
  }

  private lists(wanted: (high: number) => boolean): number {
    let bits = 0;
    for (let n = 0; n < LIST_REGISTERS; n++) if (wanted(this.lrHigh(n))) bits |= 1 << n;
    return bits;
  }

  /** ICH_MISR_EL2: why a maintenance interrupt is asserted; 0: it is not. */
  maintenance(): number {
    const { control, vmcr } = this;
    if ((control & ICH_HCR.En) === 0) return 0;
    const valid = countBits(this.lists((high) => (high & (LR.PENDING | LR.ACTIVE)) !== 0));
    const pending = this.lists((high) => (high & (LR.PENDING | LR.ACTIVE)) === LR.PENDING);
    return (
      (this.endedLists() ? 1 : 0) |
      (control & ICH_HCR.UIE && valid <= 1 ? 2 : 0) |
      (control & ICH_HCR.LRENPIE && control >>> ICH_HCR.eoiCountShift ? 4 : 0) |
      (control & ICH_HCR.NPIE && pending === 0 ? 8 : 0) |
      (control & ICH_HCR.VGrp0EIE && vmcr & ICH_VMCR.VENG0 ? 0x10 : 0) |
      (control & ICH_HCR.VGrp0DIE && !(vmcr & ICH_VMCR.VENG0) ? 0x20 : 0) |
      (control & ICH_HCR.VGrp1EIE && vmcr & ICH_VMCR.VENG1 ? 0x40 : 0) |
      (control & ICH_HCR.VGrp1DIE && !(vmcr & ICH_VMCR.VENG1) ? 0x80 : 0)
    );
  }
}

const isSpecial = (intid: number): boolean => intid >= 1020 && intid <= 1023;

const trailingZeros = (bits: number): number => 31 - Math.clz32(bits & -bits);

function countBits(bits: number): number {
  let count = 0;
  for (let rest = bits; rest; rest &= rest - 1) count++;
  return count;
}

/** Whether a system instruction accesses ICC and ICH registers: CRn 12, and ICC_PMR_EL1. */
export const touchesGic = (word: number): boolean =>
  ((word >>> 19) & 3) === 3 && (((word >>> 12) & 15) === 12 || ((word >>> 8) & 0xff) === 0x46);
