import type { CacheMaintenance } from './cache-maintenance.ts';
import { descriptor, isCacheable, leafBits, type Stage2Protection } from './stage2-attributes.ts';
import {
  BLOCK_BYTES,
  ENTRIES,
  IPA_BITS,
  LARGE_BLOCK_BYTES,
  levelOf,
  levelShift,
  PAGE_BYTES,
  STRIDE,
  startLevel,
  startTables,
} from './stage2-geometry.ts';
import { type TableMemory, TablePages } from './stage2-tables.ts';

/** What is mapped at an address: level, descriptor words and bytes covered. */
export interface Stage2Mapping {
  readonly level: number;
  readonly low: number;
  readonly high: number;
  readonly bytes: number;
}

export interface Stage2Leaf extends Stage2Mapping {
  readonly ipa: number;
  readonly pa: number;
}

export interface Stage2Options {
  /** HCR_EL2.FWB: which encodings of MemAttr apply. */
  readonly fwb: boolean;
  /** IPA size of the VM. */
  readonly ipaBits?: number;
  /** TLBI IPAS2E1IS of a range and what follows it: translations made from it are used no more. */
  readonly invalidate?: (ipa: number, bytes: number) => void;
  readonly maintenance?: CacheMaintenance;
}

const isTable = (low: number, level: number): boolean => level < 3 && (low & 3) === (descriptor.valid | descriptor.table);

/** All bits of a leaf but its rights (`KVM_PTE_LEAF_ATTR_S2_PERMS`). */
const sameButRights = (low: number, high: number, otherLow: number, otherHigh: number): boolean =>
  ((low ^ otherLow) & ~(descriptor.read | descriptor.write)) === 0 && ((high ^ otherHigh) & ~descriptor.executeNever) === 0;

/**
 * The stage-2 tables that KVM builds for a VM (arch/arm64/kvm/hyp/pgtable.c): real descriptors in host memory, which the processor walks. 4 KiB granule.
 * A live descriptor changes its size, output address or attributes by break-before-make only: it becomes invalid, its translations leave the TLBs, then comes the new one.
 */
export class Stage2 {
  readonly fwb: boolean;
  readonly ipaBits: number;
  readonly startLevel: number;
  private readonly tables: TablePages;
  /** Host address of the concatenated start tables. */
  private readonly root: number;
  private readonly rootEntries: number;
  private readonly invalidate: (ipa: number, bytes: number) => void;

  constructor(
    host: TableMemory,
    private readonly options: Stage2Options,
  ) {
    this.fwb = options.fwb;
    this.ipaBits = options.ipaBits ?? IPA_BITS;
    this.startLevel = startLevel(this.ipaBits);
    this.invalidate = options.invalidate ?? (() => {});
    const concatenated = startTables(this.ipaBits);
    this.rootEntries = 2 ** (this.ipaBits - levelShift(this.startLevel));
    this.tables = new TablePages(host, concatenated);
    this.root = this.tables.root;
  }

  /** Table pages in use, those of the start level included. */
  get pages(): number {
    return this.tables.pages;
  }

  /** VTTBR_EL2 with a VMID. */
  vttbr(vmid: number): bigint {
    return (BigInt(vmid) << 48n) | BigInt(this.tables.physical(this.root));
  }

  /**
   * Maps a page, a 2 MiB or a 1 GiB block (`kvm_pgtable_stage2_map`). What is in the way is broken first: a block around it, or the tables below it.
   * False: nothing was done, because what is there differs in its rights alone; `relax` changes those.
   * @param ipa Guest physical address, aligned to `size`.
   * @param pa Host physical address, aligned to `size`.
   * @throws KvmError EINVAL for a protection that stage 2 does not have.
   */
  map(ipa: number, pa: number, size: number, protection: Stage2Protection): boolean {
    const target = levelOf(size);
    const low = (leafBits(protection, this.fwb) | (target === 3 ? descriptor.table : 0) | (pa % 2 ** 32)) >>> 0;
    const high = Math.floor(pa / 2 ** 32) | (protection.execute ? 0 : descriptor.executeNever);
    const { tables } = this;
    let entry = this.rootEntry(ipa);
    for (let level = this.startLevel; level < target; level++) {
      const there = tables.low(entry);
      if (!isTable(there, level)) {
        // Taken first: without memory nothing has changed.
        const table = tables.take();
        if (there & descriptor.valid) this.break(entry, ipa, level);
        tables.link(entry, table);
      }
      entry = this.entryIn(tables.next(entry), ipa, level + 1);
    }
    const [oldLow, oldHigh] = [tables.low(entry), tables.high(entry)];
    const table = isTable(oldLow, target);
    if (oldLow & descriptor.valid && !table && sameButRights(low, high, oldLow, oldHigh)) return false;
    const below = table ? tables.next(entry) : 0;
    if (oldLow & descriptor.valid) this.break(entry, ipa, target);
    if (table) this.free(below, target + 1);
    const { maintenance } = this.options;
    if (isCacheable(low, this.fwb)) maintenance?.cleanInvalidate(pa, size);
    if (protection.execute) maintenance?.invalidateInstructions(pa, size);
    tables.set(entry, low, high);
    return true;
  }

  /** Adds rights to the leaf at an address (`kvm_pgtable_stage2_relax_perms`); it counts as accessed. */
  relax(ipa: number, { write, execute }: { readonly write: boolean; readonly execute: boolean }): void {
    this.eachEntry(ipa, PAGE_BYTES, (entry, at, level) => {
      const { tables } = this;
      const [low, high] = [tables.low(entry), tables.high(entry)];
      const bytes = 2 ** levelShift(level);
      if (execute && high & descriptor.executeNever) this.options.maintenance?.invalidateInstructions(tables.output(entry, level), bytes);
      tables.set(
        entry,
        (low | descriptor.read | descriptor.accessFlag | (write ? descriptor.write : 0)) >>> 0,
        execute ? high & ~descriptor.executeNever : high,
      );
      this.invalidate(at, bytes);
    });
  }

  /** What is mapped at an address. */
  lookup(ipa: number): Stage2Mapping | undefined {
    const { tables } = this;
    if (ipa >= 2 ** this.ipaBits) return undefined;
    let entry = this.rootEntry(ipa);
    for (let level = this.startLevel; ; level++) {
      const low = tables.low(entry);
      if (!(low & descriptor.valid)) return undefined;
      if (!isTable(low, level)) return { level, low, high: tables.high(entry), bytes: 2 ** levelShift(level) };
      entry = this.entryIn(tables.next(entry), ipa, level + 1);
    }
  }

  /** Whether a lookup's mapping lets the guest execute. */
  static executable(mapping: { readonly high: number }): boolean {
    return (mapping.high & descriptor.executeNever) === 0;
  }

  static writable(mapping: { readonly low: number }): boolean {
    return (mapping.low & descriptor.write) !== 0;
  }

  /** Removes every mapping that touches a range, and the tables that are empty then (`kvm_pgtable_stage2_unmap`). */
  unmap(ipa: number, size: number): void {
    const removed = this.unmapBelow(this.root, this.rootEntries, this.startLevel, 0, ipa, ipa + size);
    if (removed) this.invalidate(ipa, size);
  }

  /** Takes the right to write from every leaf that touches a range, blocks as a whole (`kvm_pgtable_stage2_wrprotect`). */
  writeProtect(ipa: number, size: number): void {
    let changed = false;
    this.eachEntry(ipa, size, (entry) => {
      const low = this.tables.low(entry);
      changed ||= (low & descriptor.write) !== 0;
      this.tables.set(entry, (low & ~descriptor.write) >>> 0, this.tables.high(entry));
    });
    if (changed) this.invalidate(ipa, size);
  }

  /** Replaces the blocks that touch a range by pages with the same attributes (`kvm_pgtable_stage2_split`). */
  split(ipa: number, size: number): void {
    for (const bytes of [LARGE_BLOCK_BYTES, BLOCK_BYTES]) {
      this.eachEntry(ipa, size, (entry, at, level) => {
        if (level === levelOf(bytes)) this.splitBlock(entry, at, level);
      });
    }
  }

  /** Whether a leaf in a range was accessed since this was last asked; it counts as not accessed then (`kvm_pgtable_stage2_test_clear_young`). No TLB is told. */
  testClearYoung(ipa: number, size: number): boolean {
    let young = false;
    this.eachEntry(ipa, size, (entry) => {
      const low = this.tables.low(entry);
      young ||= (low & descriptor.accessFlag) !== 0;
      this.tables.set(entry, (low & ~descriptor.accessFlag) >>> 0, this.tables.high(entry));
    });
    return young;
  }

  /** The leaf at an address was accessed (`kvm_pgtable_stage2_mkyoung`). An entry with a clear Access flag is in no TLB. */
  makeYoung(ipa: number): void {
    this.eachEntry(ipa, 1, (entry) => {
      this.tables.set(entry, (this.tables.low(entry) | descriptor.accessFlag) >>> 0, this.tables.high(entry));
    });
  }

  /** Every leaf, by address. */
  leaves(ipa = 0, size: number = 2 ** this.ipaBits): Stage2Leaf[] {
    const found: Stage2Leaf[] = [];
    this.eachEntry(ipa, size, (entry, at, level) => {
      const { tables } = this;
      found.push({
        ...{ ipa: at, pa: tables.output(entry, level), level, bytes: 2 ** levelShift(level) },
        ...{ low: tables.low(entry), high: tables.high(entry) },
      });
    });
    return found;
  }

  /** Removes everything. */
  clear(): void {
    this.unmap(0, 2 ** this.ipaBits);
  }

  private break(entry: number, ipa: number, level: number): void {
    const bytes = 2 ** levelShift(level);
    this.tables.set(entry, 0, 0);
    this.invalidate(Math.floor(ipa / bytes) * bytes, bytes);
  }

  private splitBlock(entry: number, ipa: number, level: number): void {
    const { tables } = this;
    const [low, high] = [tables.low(entry), tables.high(entry)];
    const pa = tables.output(entry, level);
    const bytes = 2 ** levelShift(level + 1);
    const bits = (low & 0xfff) | (level + 1 === 3 ? descriptor.table : 0);
    const table = tables.take();
    for (let n = 0; n < ENTRIES; n++) {
      const at = pa + n * bytes;
      tables.set(table + n * 8, ((at % 2 ** 32) | bits) >>> 0, Math.floor(at / 2 ** 32) | (high & descriptor.executeNever));
    }
    this.break(entry, ipa, level);
    tables.link(entry, table);
  }

  /** Visits the leaves that touch a range, in order. */
  private eachEntry(ipa: number, size: number, visit: (entry: number, ipa: number, level: number) => void): void {
    this.visit(this.root, this.rootEntries, this.startLevel, 0, ipa, ipa + size, visit);
  }

  private visit(
    table: number,
    entries: number,
    level: number,
    base: number,
    from: number,
    to: number,
    visit: (entry: number, ipa: number, level: number) => void,
  ): void {
    const bytes = 2 ** levelShift(level);
    const first = Math.max(0, Math.floor((from - base) / bytes));
    const end = Math.min(entries, Math.ceil((to - base) / bytes));
    for (let n = first; n < end; n++) {
      const entry = table + n * 8;
      const low = this.tables.low(entry);
      if (!(low & descriptor.valid)) continue;
      const at = base + n * bytes;
      if (isTable(low, level)) this.visit(this.tables.next(entry), ENTRIES, level + 1, at, from, to, visit);
      else visit(entry, at, level);
    }
  }

  private unmapBelow(table: number, entries: number, level: number, base: number, from: number, to: number): boolean {
    const { tables } = this;
    const bytes = 2 ** levelShift(level);
    const first = Math.max(0, Math.floor((from - base) / bytes));
    const end = Math.min(entries, Math.ceil((to - base) / bytes));
    let removed = false;
    for (let n = first; n < end; n++) {
      const entry = table + n * 8;
      const low = tables.low(entry);
      if (!(low & descriptor.valid)) continue;
      if (isTable(low, level)) {
        const next = tables.next(entry);
        if (this.unmapBelow(next, ENTRIES, level + 1, base + n * bytes, from, to)) removed = true;
        if (!tables.isEmpty(next)) continue;
        tables.giveBack(next);
      } else removed = true;
      tables.set(entry, 0, 0);
    }
    return removed;
  }

  /** Gives back a table and what is below it. */
  private free(table: number, level: number): void {
    const { tables } = this;
    for (let entry = table; entry < table + PAGE_BYTES; entry += 8)
      if (isTable(tables.low(entry), level)) this.free(tables.next(entry), level + 1);
    tables.giveBack(table);
  }

  private rootEntry(ipa: number): number {
    return this.root + Math.floor(ipa / 2 ** levelShift(this.startLevel)) * 8;
  }

  private entryIn(table: number, ipa: number, level: number): number {
    return table + (Math.floor(ipa / 2 ** levelShift(level)) % 2 ** STRIDE) * 8;
  }
}
