import { KvmError } from './errno.ts';
import { PAGE_SIZE } from './memslots.ts';
import type { TableMemory } from './stage2-tables.ts';

/** KVM_CREATE_GUEST_MEMFD flags: user space can map the file, and its pages are shared with user space from the start. */
export const guestMemfdFlag = { MMAP: 1, INIT_SHARED: 2 } as const;
/** KVM_CAP_GUEST_MEMFD_FLAGS. */
export const GUEST_MEMFD_FLAGS = guestMemfdFlag.MMAP | guestMemfdFlag.INIT_SHARED;

/** `mode` of fallocate(2). */
export const fallocateMode = { KEEP_SIZE: 1, PUNCH_HOLE: 2 } as const;

/** What a guest_memfd needs of the machine below it. */
export interface PageSource extends Pick<TableMemory, 'allocate'> {
  /** Takes pages back. */
  release(address: number, bytes: number): void;
}

/** The part of a file that a memory slot shows the guest. The file is gone once it is closed. */
export interface GuestMemfdBinding {
  file: GuestMemfd | undefined;
  /** Byte offset in the file. */
  readonly offset: number;
  readonly guestPhysAddr: number;
  readonly size: number;
}

/**
 * Memory that belongs to one VM and has no user space mapping behind it (KVM_CREATE_GUEST_MEMFD, virt/kvm/guest_memfd.c). Pages come when they are first needed,
 * zeroed; a hole is punched by giving them back. The size never changes.
 */
export class GuestMemfd {
  /** Host address by page number. */
  private readonly pages = new Map<number, number>();
  private readonly poisoned = new Set<number>();
  private readonly bindings = new Set<GuestMemfdBinding>();
  private closed = false;

  /**
   * KVM_CREATE_GUEST_MEMFD.
   * @param owner The memory slots of the VM that the file belongs to; no other VM can bind it.
   * @param size Bytes.
   * @param unmap Removes a range of guest physical addresses from stage 2.
   * @throws KvmError EINVAL for an unknown flag, or a size that is 0 or not page-aligned.
   */
  constructor(
    readonly owner: object,
    readonly size: number,
    readonly flags: number,
    private readonly source: PageSource,
    private readonly unmap: (guestPhysAddr: number, size: number) => void,
  ) {
    if (flags & ~GUEST_MEMFD_FLAGS || size <= 0 || size % PAGE_SIZE !== 0) throw new KvmError('EINVAL', 'KVM_CREATE_GUEST_MEMFD');
  }

  /** KVM_MEMSLOT_GMEM_ONLY: a file that user space can map is all the memory there is behind a slot. */
  get mappable(): boolean {
    return (this.flags & guestMemfdFlag.MMAP) !== 0;
  }

  /** Bytes that are backed by pages now. */
  get allocated(): number {
    return this.pages.size * PAGE_SIZE;
  }

  /**
   * fallocate(2): allocates the pages of a range, or (PUNCH_HOLE) gives them back and unmaps them from the guest. KEEP_SIZE goes with either.
   * @throws KvmError EOPNOTSUPP for another mode; EINVAL for a range that is empty, not page-aligned or, to be allocated, beyond the end; EBADF once closed.
   */
  fallocate(mode: number, offset: number, length: number): void {
    if (this.closed) throw new KvmError('EBADF', 'fallocate of a guest_memfd');
    if (offset < 0 || length <= 0) throw new KvmError('EINVAL', 'fallocate of a guest_memfd');
    const { KEEP_SIZE, PUNCH_HOLE } = fallocateMode;
    if (!(mode & KEEP_SIZE) || mode & ~(KEEP_SIZE | PUNCH_HOLE)) throw new KvmError('EOPNOTSUPP', 'fallocate of a guest_memfd');
    if (offset % PAGE_SIZE !== 0 || length % PAGE_SIZE !== 0) throw new KvmError('EINVAL', 'fallocate of a guest_memfd');
    if (mode & PUNCH_HOLE) {
      this.invalidate(offset, offset + length);
      for (const index of [...this.pages.keys()]) if (index * PAGE_SIZE >= offset && index * PAGE_SIZE < offset + length) this.drop(index);
      return;
    }
    if (offset + length > this.size) throw new KvmError('EINVAL', 'fallocate of a guest_memfd');
    for (let at = offset; at < offset + length; at += PAGE_SIZE) this.page(at / PAGE_SIZE);
  }

  /**
   * Host address of a byte as user space's own mapping shows it, its page allocated where there is none; -1: SIGBUS (beyond the end, or not shared with user space).
   * @throws KvmError ENODEV when the file cannot be mapped (mmap(2)); EHWPOISON; ENOMEM.
   */
  userAddress(offset: number): number {
    if (!this.mappable) throw new KvmError('ENODEV', 'mmap of a guest_memfd');
    if (this.closed || offset >= this.size || !(this.flags & guestMemfdFlag.INIT_SHARED)) return -1;
    return this.pageFor(offset) + (offset % PAGE_SIZE);
  }

  /** Host address of a byte whose page is there, without allocating it; -1: a hole, a poisoned page, or closed. */
  peek(offset: number): number {
    const index = Math.floor(offset / PAGE_SIZE);
    const page = this.poisoned.has(index) ? undefined : this.pages.get(index);
    return page === undefined ? -1 : page + (offset % PAGE_SIZE);
  }

  /**
   * Host address of the page that holds an offset, for the guest (`kvm_gmem_get_pfn`): a hole gets a zeroed page.
   * @throws KvmError EHWPOISON for a page with a memory error; ENOMEM.
   */
  pageFor(offset: number): number {
    const index = Math.floor(offset / PAGE_SIZE);
    const page = this.page(index);
    if (this.poisoned.has(index)) throw new KvmError('EHWPOISON', `page ${index} of a guest_memfd`);
    return page;
  }

  /** A memory error of the host hit the page of this offset (`memory_failure`): it leaves the guest, and cannot be had again until a hole is punched. */
  poison(offset: number): void {
    const start = Math.floor(offset / PAGE_SIZE) * PAGE_SIZE;
    if (!this.pages.has(start / PAGE_SIZE)) return;
    this.poisoned.add(start / PAGE_SIZE);
    this.invalidate(start, start + PAGE_SIZE);
  }

  /**
   * Puts a part of the file behind a memory slot (`kvm_gmem_bind`).
   * @throws KvmError EBADF once closed; EINVAL for a range that is not page-aligned or beyond the end; EEXIST for one that is bound already.
   */
  bind(guestPhysAddr: number, size: number, offset: number): GuestMemfdBinding {
    if (this.closed) throw new KvmError('EBADF', 'binding a guest_memfd');
    const taken = [...this.bindings].some((other) => offset < other.offset + other.size && other.offset < offset + size);
    if (offset < 0 || offset % PAGE_SIZE !== 0 || offset + size > this.size) throw new KvmError('EINVAL', 'binding a guest_memfd');
    if (taken) throw new KvmError('EEXIST', 'binding a part of a guest_memfd that another slot has');
    const binding: GuestMemfdBinding = { file: this, offset, guestPhysAddr, size };
    this.bindings.add(binding);
    return binding;
  }

  unbind(binding: GuestMemfdBinding): void {
    this.bindings.delete(binding);
  }

  /** close(2) of the last descriptor: the slots that show it have no memory any more. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    for (const binding of this.bindings) binding.file = undefined;
    this.invalidate(0, this.size);
    this.bindings.clear();
    for (const index of [...this.pages.keys()]) this.drop(index);
  }

  private page(index: number): number {
    const there = this.pages.get(index);
    if (there !== undefined) return there;
    let page: number;
    try {
      page = this.source.allocate(PAGE_SIZE, PAGE_SIZE);
    } catch (error) {
      if (error instanceof RangeError) throw new KvmError('ENOMEM', 'a page of a guest_memfd');
      throw error;
    }
    this.pages.set(index, page);
    return page;
  }

  private drop(index: number): void {
    const page = this.pages.get(index)!;
    this.pages.delete(index);
    // A page with a memory error is never used again.
    if (!this.poisoned.delete(index)) this.source.release(page, PAGE_SIZE);
  }

  /** Unmaps file offsets from `start` to `end` from the guest, wherever slots show them. */
  private invalidate(start: number, end: number): void {
    for (const { offset, size, guestPhysAddr } of this.bindings) {
      const [from, to] = [Math.max(start, offset), Math.min(end, offset + size)];
      if (from < to) this.unmap(guestPhysAddr + (from - offset), to - from);
    }
  }
}
