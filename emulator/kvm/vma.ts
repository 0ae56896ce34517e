import { BLOCK_BYTES, LARGE_BLOCK_BYTES, PAGE_BYTES } from './stage2-geometry.ts';

/** Memory attributes that user space maps with: AttrIndx of `vm_page_prot`, by its MAIR index in Linux. */
export const pageProtections = ['MT_NORMAL', 'MT_NORMAL_TAGGED', 'MT_NORMAL_NC', 'MT_DEVICE_nGnRnE', 'MT_DEVICE_nGnRE'] as const;
export type PageProtection = (typeof pageProtections)[number];

/** A mapping of user space (`struct vm_area_struct`): what KVM asks of the memory behind a memslot. */
export interface Vma {
  /** User addresses, `end` excluded. */
  readonly start: number;
  readonly end: number;
  /** What is mapped, for people. */
  readonly name: string;
  readonly pageProt: PageProtection;
  /** VM_PFNMAP: page frames without a `struct page` behind each. VM_MIXEDMAP: of both kinds. */
  readonly flags: 'none' | 'VM_PFNMAP' | 'VM_MIXEDMAP';
  /** VM_ALLOW_ANY_UNCACHED: the device behind it takes every uncached access. */
  readonly allowAnyUncached: boolean;
  /** VM_MTE_ALLOWED. */
  readonly mteAllowed: boolean;
  /** `pfn_is_map_memory`: its frames are in the kernel's linear map. */
  readonly mapMemory: boolean;
  /** The largest page that the host maps it with, where alignment permits: by THP, hugetlbfs, or VM_PFNMAP's frames in a row. */
  readonly pageSize: number;
  /** VM_WRITE. */
  readonly writable: boolean;
}

/** VM_ANONYMOUS memory of user space with transparent huge pages. */
export const anonymous = (start: number, end: number): Vma => ({
  ...{ start, end, name: 'anonymous', pageProt: 'MT_NORMAL', flags: 'none' },
  ...{ allowAnyUncached: false, mteAllowed: true, mapMemory: true, pageSize: BLOCK_BYTES, writable: true },
});

/** `kvm_vma_is_cacheable`: every AttrIndx but Normal-NC and Device. */
export const isCacheableVma = (vma: Vma): boolean => vma.pageProt === 'MT_NORMAL' || vma.pageProt === 'MT_NORMAL_TAGGED';

const contains = (vma: Vma, address: number, bytes: number): boolean => address >= vma.start && address + bytes <= vma.end;

/** What KVM registers for with the host's memory management (`mmu_notifier`): user addresses whose mapping is no longer what it was. */
export type InvalidateRange = (start: number, end: number) => void;

/** The mappings of the process that owns a VM (`struct mm_struct`). */
export class UserMappings {
  private areas: readonly Vma[];
  /** Pages with a memory error, by their address: `memory_failure` has taken them out of the page tables. */
  private readonly broken = new Set<number>();
  private readonly listeners = new Set<InvalidateRange>();

  /** Everything is one anonymous mapping, which others take the place of. */
  constructor(bytes: number = 2 ** 32) {
    this.areas = [anonymous(0, bytes)];
  }

  /** Each VM of the process asks to be told. Returns what ends that. */
  onInvalidate(listener: InvalidateRange): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** By address. */
  all(): readonly Vma[] {
    return this.areas;
  }

  /** `vma_lookup`: the mapping that holds an address. */
  at(address: number): Vma | undefined {
    return this.areas.find((vma) => address >= vma.start && address < vma.end);
  }

  /** `find_vma_intersection`: the first mapping that has a part of a range. */
  first(start: number, end: number): Vma | undefined {
    return this.areas.find((vma) => vma.start < end && start < vma.end);
  }

  /** mmap(2) with MAP_FIXED: takes the place of what is there. Guests see it at their next fault. */
  map(vma: Vma): void {
    this.replace(vma.start, vma.end, [vma]);
  }

  /** munmap(2). */
  unmap(start: number, end: number): void {
    this.replace(start, end, []);
  }

  /** The host found a memory error in the page of an address: no mapping shows it any more, and who touches it gets SIGBUS. */
  memoryFailure(address: number): void {
    const page = Math.floor(address / PAGE_BYTES) * PAGE_BYTES;
    this.broken.add(page);
    this.invalidate(page, page + PAGE_BYTES);
  }

  /** The page of an address has a memory error (KVM_PFN_ERR_HWPOISON). */
  poisoned(address: number): boolean {
    return this.broken.has(Math.floor(address / PAGE_BYTES) * PAGE_BYTES);
  }

  /**
   * Bytes that user space maps an address with (`get_vma_page_shift`, `get_user_mapping_size`). A user address and its frame are aligned alike. A page with a memory error has
   * been split from the block that it was in.
   */
  mappingSize(vma: Vma, address: number): number {
    const fits = (bytes: number): boolean => {
      const start = Math.floor(address / bytes) * bytes;
      return bytes <= vma.pageSize && contains(vma, start, bytes) && !this.brokenIn(start, start + bytes);
    };
    return [LARGE_BLOCK_BYTES, BLOCK_BYTES].find(fits) ?? PAGE_BYTES;
  }

  private brokenIn(start: number, end: number): boolean {
    for (const page of this.broken) if (page >= start && page < end) return true;
    return false;
  }

  private replace(start: number, end: number, by: readonly Vma[]): void {
    if (start % PAGE_BYTES !== 0 || end % PAGE_BYTES !== 0 || end <= start) throw new RangeError('a mapping is whole pages');
    const kept = this.areas.flatMap((vma) => [
      ...(vma.start < start ? [{ ...vma, end: Math.min(vma.end, start) }] : []),
      ...(vma.end > end ? [{ ...vma, start: Math.max(vma.start, end) }] : []),
    ]);
    this.areas = [...kept, ...by].sort((a, b) => a.start - b.start);
    // Other pages come with another mapping.
    for (const page of this.broken) if (page >= start && page < end) this.broken.delete(page);
    this.invalidate(start, end);
  }

  private invalidate(start: number, end: number): void {
    for (const listener of this.listeners) listener(start, end);
  }
}
