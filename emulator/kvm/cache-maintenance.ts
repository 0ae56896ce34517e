/**
 * What the host does to its caches for a guest. The memory of this machine has no stale copies, so nothing has to be done; it is counted, and a model of caches can listen.
 */
export interface CacheMaintenance {
  /** Data cache lines of a physical range, cleaned and invalidated to the Point of Coherency (`kvm_flush_dcache_to_poc`). */
  cleanInvalidate(pa: number, bytes: number): void;
  /** Instruction cache lines of a physical range, invalidated to the Point of Unification. */
  invalidateInstructions(pa: number, bytes: number): void;
}

/** Counts what is done, and passes it on. */
export class CountedMaintenance implements CacheMaintenance {
  /** Bytes cleaned and invalidated to PoC, bytes invalidated in instruction caches, and times a whole VM was cleaned. */
  cleaned = 0;
  invalidated = 0;
  wholeVm = 0;

  constructor(private readonly next?: CacheMaintenance) {}

  cleanInvalidate(pa: number, bytes: number): void {
    this.cleaned += bytes;
    this.next?.cleanInvalidate(pa, bytes);
  }

  invalidateInstructions(pa: number, bytes: number): void {
    this.invalidated += bytes;
    this.next?.invalidateInstructions(pa, bytes);
  }

  reset(): void {
    this.cleaned = 0;
    this.invalidated = 0;
    this.wholeVm = 0;
  }
}
