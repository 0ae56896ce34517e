import { KvmError } from './errno.ts';
import type { GuestMemfd, GuestMemfdBinding } from './guest-memfd.ts';

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
  /** The memory of the slot is this part of a guest_memfd; `userspaceAddr` is not. */
  readonly gmem?: GuestMemfdBinding;
}

/** `struct kvm_userspace_memory_region`. */
export type MemoryRegion = Omit<Memslot, 'dirty' | 'gmem'>;

/** `struct kvm_userspace_memory_region2`. */
export interface MemoryRegion2 extends MemoryRegion {
  /** With GUEST_MEMFD: the file, and where in it the slot begins (bytes). */
  readonly guestMemfd?: GuestMemfd;
  readonly guestMemfdOffset?: number;
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
  set(region: MemoryRegion): void {
    if (region.flags & memslotFlag.GUEST_MEMFD) throw new KvmError('EINVAL', `KVM_SET_USER_MEMORY_REGION of slot ${region.slot}`);
    this.set2(region);
  }

  /**
   * KVM_SET_USER_MEMORY_REGION2: as `set`, and with GUEST_MEMFD the memory is a guest_memfd's. Such a slot cannot be logged, read-only, changed or moved.
   * @throws KvmError as `set`; EBADF for a closed file; EINVAL for a file of another VM, one that user space cannot map (there is no other memory behind a slot on
   * arm64), or a part of it that is not page-aligned, not there or in use by another slot.
   */
  set2(region: MemoryRegion2): void {
    const { slot, flags, guestPhysAddr, memorySize, userspaceAddr } = region;
    const what = `KVM_SET_USER_MEMORY_REGION of slot ${slot}`;
    const gmemOnly = (flags & memslotFlag.GUEST_MEMFD) !== 0;
    const valid = gmemOnly ? memslotFlag.GUEST_MEMFD : memslotFlag.LOG_DIRTY_PAGES | memslotFlag.READONLY;
    if (slot < 0 || slot >= MAX_MEMSLOTS || flags & ~valid) throw new KvmError('EINVAL', what);
    if (gmemOnly && (region.guestMemfdOffset ?? 0) % PAGE_SIZE !== 0) throw new KvmError('EINVAL', what);
    if ([guestPhysAddr, memorySize, userspaceAddr].some((n) => n < 0 || n % PAGE_SIZE !== 0)) throw new KvmError('EINVAL', what);
    const old = this.slots.get(slot);
    if (memorySize === 0) {
      if (!old) throw new KvmError('EINVAL', what);
      this.remove(old);
      return;
    }
    if (guestPhysAddr + memorySize > 2 ** this.ipaBits) throw new KvmError('EFAULT', what);
    const fixed = memslotFlag.READONLY | memslotFlag.GUEST_MEMFD;
    if (old && (gmemOnly || old.memorySize !== memorySize || old.userspaceAddr !== userspaceAddr || (old.flags ^ flags) & fixed)) {
      throw new KvmError('EINVAL', what);
    }
    for (const other of this.slots.values()) {
      if (other.slot === slot) continue;
      if (guestPhysAddr < other.guestPhysAddr + other.memorySize && other.guestPhysAddr < guestPhysAddr + memorySize)
        throw new KvmError('EEXIST', what);
    }
    const gmem = gmemOnly ? this.bind(region, what) : undefined;
    if (old) this.remove(old);
    const dirty = flags & memslotFlag.LOG_DIRTY_PAGES ? new Uint8Array(Math.ceil(memorySize / PAGE_SIZE / 8)) : undefined;
    const made = { slot, flags, guestPhysAddr, memorySize, userspaceAddr };
    this.slots.set(slot, { ...made, ...(dirty ? { dirty } : {}), ...(gmem ? { gmem } : {}) });
  }

  /** Host address of a guest physical address; -1: no slot, or nothing behind it now. */
  hostAddress(gpa: number): number {
    const slot = this.find(gpa);
    if (!slot) return -1;
    const offset = gpa - slot.guestPhysAddr;
    return slot.gmem ? (slot.gmem.file?.peek(slot.gmem.offset + offset) ?? -1) : slot.userspaceAddr + offset;
  }

  markDirty(slot: Memslot, gpa: number): void {
    if (!slot.dirty) return;
    const page = (gpa - slot.guestPhysAddr) >>> PAGE_SHIFT;
    slot.dirty[page >> 3]! |= 1 << (page & 7);
  }

  private bind({ guestMemfd, guestMemfdOffset = 0, guestPhysAddr, memorySize }: MemoryRegion2, what: string): GuestMemfdBinding {
    if (!guestMemfd) throw new KvmError('EBADF', what);
    if (guestMemfd.owner !== this || !guestMemfd.mappable) throw new KvmError('EINVAL', what);
    return guestMemfd.bind(guestPhysAddr, memorySize, guestMemfdOffset);
  }

  private remove(slot: Memslot): void {
    if (slot.gmem) slot.gmem.file?.unbind(slot.gmem);
    this.slots.delete(slot.slot);
    this.last = undefined;
    this.unmap(slot.guestPhysAddr, slot.memorySize);
  }
}
