/** The VMID that a VM had last: its number, and in which generation it was given out. */
export interface VmidHolder {
  vmid: number;
  generation: number;
}

/**
 * Gives VMIDs to the VMs of a host as they run (arch/arm64/kvm/vmid.c). Number 0 is the host's. When all are taken a new generation begins: every TLB is emptied, the VMs that are
 * inside a guest right then keep their numbers, and the others get one when they next run.
 */
export class VmidAllocator {
  generation = 1;
  /** Times that the numbers ran out. */
  rollovers = 0;
  private readonly taken = new Set<number>();
  /** VM by physical CPU that runs it now. */
  private readonly active = new Map<number, VmidHolder>();
  private next = 1;

  constructor(
    readonly bits: 8 | 16,
    /** TLBI VMALLS12E1IS of every VMID. */
    private readonly invalidateAll: () => void = () => {},
  ) {}

  /** The VM is about to run on a CPU (`kvm_arm_vmid_update`): its VMID is valid from then on. */
  update(holder: VmidHolder, cpu = 0): number {
    if (holder.generation !== this.generation) this.renew(holder);
    if (this.active.get(cpu) !== holder) this.active.set(cpu, holder);
    return holder.vmid;
  }

  /** No VM runs on a CPU any more (`kvm_arm_vmid_clear_active`). */
  clearActive(cpu = 0): void {
    this.active.delete(cpu);
  }

  private renew(holder: VmidHolder): void {
    const keep = holder.generation !== 0 && !this.taken.has(holder.vmid);
    if (!keep) holder.vmid = this.free();
    holder.generation = this.generation;
    this.taken.add(holder.vmid);
  }

  private free(): number {
    const limit = 2 ** this.bits;
    for (; this.next < limit; this.next++) if (!this.taken.has(this.next)) return this.next;
    this.rollOver();
    for (this.next = 1; this.taken.has(this.next); this.next++);
    return this.next;
  }

  private rollOver(): void {
    this.generation++;
    this.rollovers++;
    this.taken.clear();
    for (const holder of this.active.values()) {
      holder.generation = this.generation;
      this.taken.add(holder.vmid);
    }
    this.invalidateAll();
  }
}
