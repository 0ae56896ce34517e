import { clearDirtyLog, type DirtyLogPart, manualDirtyLog, takeDirtyLog } from './dirty-log.ts';
import { KvmError } from './errno.ts';
import type { GuestMemfd, GuestMemfdBinding } from './guest-memfd.ts';
import { PAGE_BYTES, PAGE_SHIFT } from './stage2-geometry.ts';
import { UserMappings } from './vma.ts';
import { slotRefusal, type VmaRulesHost } from './vma-rules.ts';

export { PAGE_SHIFT } from './stage2-geometry.ts';

/** KVM_SET_USER_MEMORY_REGION flags. */
export const memslotFlag = { LOG_DIRTY_PAGES: 1, READONLY: 2, GUEST_MEMFD: 4 } as const;

export const PAGE_SIZE = PAGE_BYTES;
/** KVM_CAP_NR_MEMSLOTS. */
export const MAX_MEMSLOTS = 32767;
/** KVM_MEM_MAX_NR_PAGES. */
const MAX_PAGES = 2 ** 31 - 1;
/** TASK_SIZE_MAX of a kernel with 52-bit addresses. */
const USER_ADDRESSES = 2 ** 52;

/** A range of guest physical addresses backed by user space's memory. */
export interface Memslot {
  readonly slot: number;
  readonly flags: number;
  /** Guest physical address, bytes. */
  readonly guestPhysAddr: number;
  readonly memorySize: number;
  /** Address in host memory (WebAssembly memory). */
  readonly userspaceAddr: number;
  /** One bit a page since the log was last read, in whole 64-bit words; only with LOG_DIRTY_PAGES. */
  readonly dirty?: Uint8Array;
  /** The memory of the slot is this part of a guest_memfd; `userspaceAddr` is not. */
  readonly gmem?: GuestMemfdBinding;
}

/** `struct kvm_userspace_memory_region`. */
export type MemoryRegion = Omit<Memslot, 'dirty' | 'gmem'>;

/** `struct kvm_userspace_memory_region2`. */
export interface MemoryRegion2 extends MemoryRegion {
  /** With GUEST_MEMFD: the file (null: another kind of file), and where in it the slot begins (bytes). */
  readonly guestMemfd?: GuestMemfd | null;
  readonly guestMemfdOffset?: number;
}

export const isReadonly = (slot: Memslot): boolean => (slot.flags & memslotFlag.READONLY) !== 0;
const logsDirtyPages = (slot: MemoryRegion): boolean => (slot.flags & memslotFlag.LOG_DIRTY_PAGES) !== 0;

/** What happens to the stage-2 mappings of a range that is no longer what it was. */
export type Unmap = (guestPhysAddr: number, size: number) => void;

/** What memory slots stand on. */
export interface MemslotHost {
  /** What user space has mapped. */
  readonly mappings: UserMappings;
  readonly rules: VmaRulesHost;
  /** Host address of a user address; left out: they are the same. */
  hostOf?(userspaceAddr: number): number;
  /** Takes the right to write from stage 2; TLBs know it when this returns. */
  writeProtect(guestPhysAddr: number, size: number): void;
  /** Splits blocks of stage 2 into pages, where eager splitting is enabled. */
  split(guestPhysAddr: number, size: number): void;
}

const plainHost = (): MemslotHost => ({
  mappings: new UserMappings(),
  rules: { policy: 'error', fwb: false, dic: false, mte: false },
  writeProtect: () => {},
  split: () => {},
});

/** What KVM_SET_USER_MEMORY_REGION does to a slot (`enum kvm_mr_change`). */
type Change = 'CREATE' | 'MOVE' | 'FLAGS_ONLY';

/** The VM's memory slots (virt/kvm/kvm_main.c, `kvm_set_memory_region`). */
export class Memslots {
  /** KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2: `manualDirtyLog` bits. */
  manualDirtyLogProtect = 0;
  private readonly slots = new Map<number, Memslot>();
  private last: Memslot | undefined;
  private readonly stopListening: () => void;

  constructor(
    /** Size of the guest physical address space, bits. */
    private readonly ipaBits: number,
    private readonly unmap: Unmap,
    private readonly host: MemslotHost = plainHost(),
  ) {
    this.stopListening = host.mappings.onInvalidate((start, end) => this.unmapUserRange(start, end));
  }

  /** The VM is gone: all slots are. */
  destroy(): void {
    this.stopListening();
    for (const slot of this.all()) this.remove(slot);
  }

  all(): readonly Memslot[] {
    return [...this.slots.values()];
  }

  byId(slot: number): Memslot | undefined {
    return this.slots.get(slot);
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
   * KVM_SET_USER_MEMORY_REGION: creates, moves, changes the flags of or (size 0) deletes a slot.
   * @throws KvmError EINVAL for misalignment, an unknown flag, a resized slot or memory that a slot cannot show; EEXIST for an overlap; EFAULT beyond the IPA range.
   */
  set(region: MemoryRegion): void {
    if (region.flags & memslotFlag.GUEST_MEMFD) throw new KvmError('EINVAL', `KVM_SET_USER_MEMORY_REGION of slot ${region.slot}`);
    this.set2(region);
  }

  /**
   * KVM_SET_USER_MEMORY_REGION2: as `set`, and with GUEST_MEMFD the memory is a guest_memfd's. Such a slot cannot be logged, read-only, changed or moved.
   * @throws KvmError as `set`; EBADF for a closed file; EINVAL for a file of another VM, one that user space cannot map (there is no other memory behind a slot on
   * arm64), or a part of it that is not page-aligned or not there; EEXIST for one that another slot has.
   */
  set2(region: MemoryRegion2): void {
    const { slot, flags, guestPhysAddr, memorySize, userspaceAddr } = region;
    const what = `KVM_SET_USER_MEMORY_REGION of slot ${slot}`;
    const invalid = (why: string): KvmError => new KvmError('EINVAL', `${what}: ${why}`);
    checkRegion(region, invalid);
    const old = this.slots.get(slot);
    if (memorySize === 0) {
      if (!old) throw invalid('there is no such slot to delete');
      this.flush(old);
      this.remove(old);
      return;
    }
    const change = changeOf(old, region, invalid);
    if (change === undefined) return;
    if (change !== 'FLAGS_ONLY' && this.overlaps(region)) throw new KvmError('EEXIST', `${what}: it overlaps another slot`);
    const gmem = flags & memslotFlag.GUEST_MEMFD ? this.bind(region, what) : undefined;
    // The old place is unmapped before anything else is looked at: it is so even where the move is refused.
    if (change === 'MOVE') this.flush(old!);
    try {
      this.prepare(region, what);
    } catch (error) {
      gmem?.file?.unbind(gmem);
      throw error;
    }
    if (old) this.remove(old);
    const dirty = logsDirtyPages(region) ? (old?.dirty ?? this.newDirtyBitmap(memorySize)) : undefined;
    const made = { slot, flags, guestPhysAddr, memorySize, userspaceAddr };
    this.slots.set(slot, { ...made, ...(dirty ? { dirty } : {}), ...(gmem ? { gmem } : {}) });
    // With every bit set from the start, pages are protected as the log is cleared.
    if (dirty && !(this.manualDirtyLogProtect & manualDirtyLog.INITIALLY_SET)) {
      this.host.writeProtect(guestPhysAddr, memorySize);
      this.host.split(guestPhysAddr, memorySize);
    }
  }

  /** Host address of a guest physical address; -1: no slot, or nothing behind it now. */
  hostAddress(gpa: number): number {
    const slot = this.find(gpa);
    if (!slot) return -1;
    const offset = gpa - slot.guestPhysAddr;
    if (slot.gmem) return slot.gmem.file?.peek(slot.gmem.offset + offset) ?? -1;
    const address = slot.userspaceAddr + offset;
    return this.host.mappings.at(address) ? (this.host.hostOf?.(address) ?? address) : -1;
  }

  /** As `hostAddress`, and a page of a guest_memfd that is not there yet is allocated: user space writes the memory. */
  populate(gpa: number): number {
    const slot = this.find(gpa);
    if (!slot?.gmem) return this.hostAddress(gpa);
    return slot.gmem.file?.userAddress(slot.gmem.offset + (gpa - slot.guestPhysAddr)) ?? -1;
  }

  /** `mark_page_dirty_in_slot`. */
  markDirty(slot: Memslot, gpa: number): void {
    if (!slot.dirty) return;
    const page = (gpa - slot.guestPhysAddr) >>> PAGE_SHIFT;
    slot.dirty[page >> 3]! |= 1 << (page & 7);
  }

  /**
   * KVM_GET_DIRTY_LOG: one bit a page, in whole 64-bit words. Reading clears the log and write-protects its pages again, unless that is done by hand.
   * @throws KvmError EINVAL for a slot number that none has; ENOENT for a slot that is not there or not logged.
   */
  getDirtyLog(slot: number): Uint8Array {
    return takeDirtyLog(this.logged(slot), this.manualDirtyLogProtect, (gpa, size) => this.protectAgain(gpa, size));
  }

  /**
   * KVM_CLEAR_DIRTY_LOG: clears the bits that are set in a part of the log and protects their pages again.
   * @throws KvmError EINVAL for a slot number that none has, or a part that is not whole 64-bit words of the log; ENOENT as `getDirtyLog`.
   */
  clearDirtyLog(slot: number, part: DirtyLogPart): void {
    if (slot < 0 || slot >= MAX_MEMSLOTS || part.firstPage % 64 !== 0) throw new KvmError('EINVAL', `KVM_CLEAR_DIRTY_LOG of slot ${slot}`);
    clearDirtyLog(this.logged(slot), part, (gpa, size) => this.protectAgain(gpa, size));
  }

  private protectAgain(gpa: number, size: number): void {
    this.host.writeProtect(gpa, size);
    if (this.manualDirtyLogProtect & manualDirtyLog.INITIALLY_SET) this.host.split(gpa, size);
  }

  private logged(slot: number): Memslot & { readonly dirty: Uint8Array } {
    if (slot < 0 || slot >= MAX_MEMSLOTS) throw new KvmError('EINVAL', `dirty log of slot ${slot}`);
    const found = this.slots.get(slot);
    if (!found?.dirty) throw new KvmError('ENOENT', `dirty log of slot ${slot}`);
    return { ...found, dirty: found.dirty };
  }

  private newDirtyBitmap(memorySize: number): Uint8Array {
    const pages = memorySize / PAGE_BYTES;
    const bitmap = new Uint8Array(Math.ceil(pages / 64) * 8);
    if (this.manualDirtyLogProtect & manualDirtyLog.INITIALLY_SET) {
      bitmap.fill(0xff, 0, pages >>> 3);
      if (pages & 7) bitmap[pages >>> 3] = (1 << (pages & 7)) - 1;
    }
    return bitmap;
  }

  /** `kvm_arch_prepare_memory_region`: what the architecture asks of the slot's place and of the memory behind it. */
  private prepare(region: MemoryRegion2, what: string): void {
    const { guestPhysAddr, memorySize, userspaceAddr, guestMemfd, flags } = region;
    if (guestPhysAddr + memorySize > 2 ** this.ipaBits)
      throw new KvmError('EFAULT', `${what}: it ends beyond the VM's ${this.ipaBits}-bit guest physical addresses`);
    if (flags & memslotFlag.GUEST_MEMFD && !guestMemfd!.mappable)
      throw new KvmError(
        'EINVAL',
        `${what}: user space cannot map the guest_memfd, and on arm64 there is no other memory behind such a slot`,
      );
    const { mappings, rules } = this.host;
    if (flags & memslotFlag.GUEST_MEMFD && rules.mte) throw new KvmError('EINVAL', `${what}: a guest_memfd has no room for tags`);
    const end = userspaceAddr + memorySize;
    for (let at = userspaceAddr; at < end; ) {
      const vma = mappings.first(at, end);
      if (!vma) return;
      const refusal = slotRefusal(vma, logsDirtyPages(region), rules);
      if (refusal) throw new KvmError(refusal.errno, `${what}: ${refusal.rule}`);
      at = Math.min(end, vma.end);
    }
  }

  private overlaps({ slot, guestPhysAddr, memorySize }: MemoryRegion): boolean {
    return this.all().some(
      (other) =>
        other.slot !== slot && guestPhysAddr < other.guestPhysAddr + other.memorySize && other.guestPhysAddr < guestPhysAddr + memorySize,
    );
  }

  private bind({ guestMemfd, guestMemfdOffset = 0, guestPhysAddr, memorySize }: MemoryRegion2, what: string): GuestMemfdBinding {
    if (guestMemfd === undefined) throw new KvmError('EBADF', what);
    if (guestMemfd === null) throw new KvmError('EINVAL', `${what}: the file is no guest_memfd`);
    if (guestMemfd.owner !== this) throw new KvmError('EINVAL', `${what}: the guest_memfd belongs to another VM`);
    return guestMemfd.bind(guestPhysAddr, memorySize, guestMemfdOffset);
  }

  private remove(slot: Memslot): void {
    if (slot.gmem) slot.gmem.file?.unbind(slot.gmem);
    this.slots.delete(slot.slot);
    this.last = undefined;
  }

  private flush(slot: Memslot): void {
    this.unmap(slot.guestPhysAddr, slot.memorySize);
  }

  /** The `mmu_notifier` of the VM: user addresses that are mapped in another way now. */
  private unmapUserRange(start: number, end: number): void {
    for (const { userspaceAddr, memorySize, guestPhysAddr, gmem } of this.slots.values()) {
      const [from, to] = [Math.max(start, userspaceAddr), Math.min(end, userspaceAddr + memorySize)];
      if (!gmem && from < to) this.unmap(guestPhysAddr + (from - userspaceAddr), to - from);
    }
  }
}

/** What is wrong with a region whatever slots there are. */
function checkRegion(region: MemoryRegion2, invalid: (why: string) => KvmError): void {
  const { slot, flags, guestPhysAddr, memorySize, userspaceAddr, guestMemfdOffset = 0 } = region;
  const gmem = (flags & memslotFlag.GUEST_MEMFD) !== 0;
  const valid = gmem ? memslotFlag.GUEST_MEMFD : memslotFlag.LOG_DIRTY_PAGES | memslotFlag.READONLY;
  if (flags & ~valid) throw invalid(`flags 0x${(flags >>> 0).toString(16)} do not go together, or are not known`);
  const aligned = { memorySize, guestPhysAddr, userspaceAddr, ...(gmem ? { guestMemfdOffset } : {}) };
  for (const [name, value] of Object.entries(aligned))
    if (value < 0 || value % PAGE_BYTES !== 0) throw invalid(`${name} is not page-aligned`);
  if (userspaceAddr + memorySize > USER_ADDRESSES) throw invalid('the memory lies beyond the addresses of user space');
  if (slot < 0 || slot >= MAX_MEMSLOTS) throw invalid('slots are numbered 0 to 32766');
  if (guestPhysAddr + memorySize >= 2 ** 64) throw invalid('guest physical addresses have 64 bits');
  if (memorySize / PAGE_BYTES > MAX_PAGES) throw invalid('a slot has less than 2^31 pages');
}

function changeOf(old: Memslot | undefined, region: MemoryRegion, invalid: (why: string) => KvmError): Change | undefined {
  if (!old) return 'CREATE';
  if (region.flags & memslotFlag.GUEST_MEMFD) throw invalid('a slot with a guest_memfd can only be deleted');
  if (region.userspaceAddr !== old.userspaceAddr || region.memorySize !== old.memorySize)
    throw invalid('the size and the memory of a slot do not change');
  const fixed = memslotFlag.READONLY | memslotFlag.GUEST_MEMFD;
  if ((region.flags ^ old.flags) & fixed) throw invalid('READONLY and GUEST_MEMFD of a slot do not change');
  if (region.guestPhysAddr !== old.guestPhysAddr) return 'MOVE';
  return region.flags === old.flags ? undefined : 'FLAGS_ONLY';
}
