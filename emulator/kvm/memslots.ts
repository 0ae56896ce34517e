import { KvmError } from './errno.ts';

/** KVM_SET_USER_MEMORY_REGION flags. */
export const memslotFlag = { LOG_DIRTY_PAGES: 1, READONLY: 2, GUEST_MEMFD: 4 } as const;

export const PAGE_SHIFT = 12;
export const PAGE_SIZE = 4096;
/** KVM_CAP_NR_MEMSLOTS. */
export const MAX_MEMSLOTS = 32767;

/** A range of guest physical addresses backed by user space's memory. */
export interface Memslot {
  readonly slot: number;
  readonly flags: number;
  /** Guest physical address, bytes. */
  readonly guestPhysAddr: number;
  readonly memorySize: number;
  /** Address in host memory (WebAssembly memory). */
  readonly userspaceAddr: number;
  /** One bit a page since the log was last read; only with LOG_DIRTY_PAGES. */
  readonly dirty?: Uint8Array;
}

export const isReadonly = (slot: Memslot): boolean => (slot.flags & memslotFlag.READONLY) !== 0;

/** What happens to the stage-2 mappings of a range that is no longer what it was. */
export type Unmap = (guestPhysAddr: number, size: number) => void;

/** The VM's memory slots (virt/kvm/kvm_main.c, `__kvm_set_memory_region`). */
export class Memslots {
  private readonly slots = new Map<number, Memslot>();
  private last: Memslot | undefined;

  constructor(
    /** Size of the guest physical address space, bits. */
    private readonly ipaBits: number,
    private readonly unmap: Unmap,
  ) {}

  all(): readonly Memslot[] {
    return [...this.slots.values()];
  }

  /** The slot that holds a guest physical address. */
  find(gpa: number): Memslot | undefined {
    const { last } = this;
    if (last && gpa >= last.guestPhysAddr && gpa < last.guestPhysAddr + last.memorySize) return last;
    for (const slot of this.slots.values()) {
      if (gpa >= slot.guestPhysAddr && gpa < slot.guestPhysAddr + slot.memorySize) {
        this.last = slot;
        return slot;
      }
    }
    return undefined;
  }

  /**
   * KVM_SET_USER_MEMORY_REGION: creates, moves, changes or (size 0) deletes a slot.
   * @throws KvmError EINVAL for misalignment, an unknown flag or a resized slot; EEXIST for an overlap; EFAULT beyond the IPA range.
   */
  set(region: Omit<Memslot, 'dirty'>): void {
    const { slot, flags, guestPhysAddr, memorySize, userspaceAddr } = region;
    const what = `KVM_SET_USER_MEMORY_REGION of slot ${slot}`;
    if (slot < 0 || slot >= MAX_MEMSLOTS || flags & ~(memslotFlag.LOG_DIRTY_PAGES | memslotFlag.READONLY))
      throw new KvmError('EINVAL', what);
    if ([guestPhysAddr, memorySize, userspaceAddr].some((n) => n < 0 || n % PAGE_SIZE !== 0)) throw new KvmError('EINVAL', what);
    const old = this.slots.get(slot);
    if (memorySize === 0) {
      if (!old) throw new KvmError('EINVAL', what);
      this.remove(old);
      return;
    }
    if (guestPhysAddr + memorySize > 2 ** this.ipaBits) throw new KvmError('EFAULT', what);
    if (old && (old.memorySize !== memorySize || old.userspaceAddr !== userspaceAddr || (old.flags ^ flags) & memslotFlag.READONLY)) {
      throw new KvmError('EINVAL', what);
    }
    for (const other of this.slots.values()) {
      if (other.slot === slot) continue;
      if (guestPhysAddr < other.guestPhysAddr + other.memorySize && other.guestPhysAddr < guestPhysAddr + memorySize)
        throw new KvmError('EEXIST', what);
    }
    if (old) this.remove(old);
    const dirty = flags & memslotFlag.LOG_DIRTY_PAGES ? new Uint8Array(Math.ceil(memorySize / PAGE_SIZE / 8)) : undefined;
    this.slots.set(slot, { ...region, ...(dirty ? { dirty } : {}) });
  }

  markDirty(slot: Memslot, gpa: number): void {
    if (!slot.dirty) return;
    const page = (gpa - slot.guestPhysAddr) >>> PAGE_SHIFT;
    slot.dirty[page >> 3]! |= 1 << (page & 7);
  }

  private remove(slot: Memslot): void {
    this.slots.delete(slot.slot);
    this.last = undefined;
    this.unmap(slot.guestPhysAddr, slot.memorySize);
  }
}
