/**
 * The stage-2 tables that KVM builds for a VM (arch/arm64/kvm/hyp/pgtable.c): real descriptors in host memory, which the processor walks.
 * 4 KiB granule, 40-bit IPA: start level 1 with two concatenated tables, as KVM chooses for a VM of type 0.
 */

/** Host memory that KVM allocates tables from. */
export interface TableMemory {
  readonly memory: WebAssembly.Memory;
  /** Zeroed bytes at a host address (in the WebAssembly memory), aligned as asked. */
  allocate(bytes: number, alignment: number): number;
  /** Physical address of host address 0. */
  readonly physicalBase: number;
}

export const IPA_BITS = 40;
const PAGE_SHIFT = 12;
export const PAGE_BYTES = 1 << PAGE_SHIFT;
export const BLOCK_BYTES = 1 << 21;
const START_TABLES = 2;
const ENTRIES = 512;

/** Stage-2 descriptor bits (VMSAv8-64). The low word holds all but the execute-never bits and the high address bits. */
const descriptor = {
  valid: 1,
  /** Table at levels 1 and 2, page at level 3. */
  table: 2,
  memAttrShift: 2,
  read: 1 << 6,
  write: 1 << 7,
  innerShareable: 3 << 8,
  accessFlag: 1 << 10,
  /** XN[1], bit 54. */
  executeNever: 1 << 22,
} as const;

/** MemAttr[3:0] that KVM uses for each kind of mapping, by HCR_EL2.FWB. */
const memAttr = {
  normal: { fwb: 6, plain: 0xf },
  normalNc: { fwb: 5, plain: 0x5 },
  device: { fwb: 1, plain: 0x1 },
} as const;

export type Stage2MemoryType = keyof typeof memAttr;

export interface Stage2Protection {
  readonly write: boolean;
  readonly execute: boolean;
  readonly type: Stage2MemoryType;
}

/** VTCR_EL2 for these tables: T0SZ 24, SL0 1, write-back tables, inner shareable, 4 KiB granule, hardware access flag, RES1. `parange` is ID_AA64MMFR0_EL1.PARange. */
export const vtcr = (parange: number, vmid16: boolean): bigint =>
  BigInt(64 - IPA_BITS) |
  (1n << 6n) |
  (1n << 8n) |
  (1n << 10n) |
  (3n << 12n) |
  (BigInt(Math.min(parange, 5)) << 16n) |
  (vmid16 ? 1n << 19n : 0n) |
  (1n << 21n) |
  (1n << 31n);

export class Stage2 {
  /** Host address of the two concatenated start tables. */
  private readonly root: number;
  private words: Uint32Array;
  /** Table pages in use, the root included. */
  pages = START_TABLES;
  private free: number[] = [];

  constructor(
    private readonly host: TableMemory,
    /** HCR_EL2.FWB: which encodings of MemAttr apply. */
    private readonly fwb: boolean,
  ) {
    this.root = host.allocate(START_TABLES * PAGE_BYTES, START_TABLES * PAGE_BYTES);
    this.words = new Uint32Array(host.memory.buffer);
  }

  /** VTTBR_EL2 with a VMID. */
  vttbr(vmid: number): bigint {
    return (BigInt(vmid) << 48n) | BigInt(this.host.physicalBase + this.root);
  }

  /**
   * Maps a page or a 2 MiB block. Returns whether something valid was there before: its translations must be invalidated from TLBs.
   * @param ipa Guest physical address, aligned to `size`.
   * @param pa Host physical address, aligned to `size`.
   */
  map(ipa: number, pa: number, size: number, protection: Stage2Protection): boolean {
    const entry = this.entry(ipa, size === BLOCK_BYTES ? 2 : 3, true);
    if (entry === 0) throw new Error(`stage 2: 0x${ipa.toString(16)} lies in a block already`);
    const attributes = memAttr[protection.type];
    let low = descriptor.valid | descriptor.read | descriptor.innerShareable | descriptor.accessFlag;
    low |= (this.fwb ? attributes.fwb : attributes.plain) << descriptor.memAttrShift;
    if (protection.write) low |= descriptor.write;
    if (size !== BLOCK_BYTES) low |= descriptor.table;
    const was = this.get(entry, 0);
    this.set(entry, ((pa % 2 ** 32) | low) >>> 0, Math.floor(pa / 2 ** 32) | (protection.execute ? 0 : descriptor.executeNever));
    if (size === BLOCK_BYTES && (was & 3) === 3) this.freeTable(was, this.get(entry, 1));
    return (was & descriptor.valid) !== 0;
  }

  /** What is mapped at an address: level, descriptor words and bytes covered. */
  lookup(ipa: number): { readonly level: number; readonly low: number; readonly high: number; readonly bytes: number } | undefined {
    for (const level of [2, 3]) {
      const entry = this.entry(ipa, level, false);
      if (entry === 0) return undefined;
      const low = this.get(entry, 0);
      if (!(low & descriptor.valid)) return undefined;
      const leaf = level === 3 || !(low & descriptor.table);
      if (leaf) return { level, low, high: this.get(entry, 1), bytes: level === 2 ? BLOCK_BYTES : PAGE_BYTES };
    }
    return undefined;
  }

  /** Whether a lookup's mapping lets the guest execute. */
  static executable(mapping: { readonly high: number }): boolean {
    return (mapping.high & descriptor.executeNever) === 0;
  }

  static writable(mapping: { readonly low: number }): boolean {
    return (mapping.low & descriptor.write) !== 0;
  }

  /** Removes every mapping in a range; the caller invalidates TLBs. */
  unmap(ipa: number, size: number): void {
    for (let at = ipa; at < ipa + size; ) {
      const found = this.lookup(at);
      if (!found) {
        at = this.entry(at, 3, false) === 0 ? Math.floor(at / BLOCK_BYTES + 1) * BLOCK_BYTES : at + PAGE_BYTES;
        continue;
      }
      const start = Math.floor(at / found.bytes) * found.bytes;
      this.set(this.entry(start, found.level, false), 0, 0);
      at = start + found.bytes;
    }
  }

  /** Removes everything. */
  clear(): void {
    const freeBelow = (table: number, entries: number, level: number): void => {
      for (let at = table; at < table + entries * 8; at += 8) {
        const low = this.get(at, 0);
        if (level === 3 || (low & 3) !== (descriptor.valid | descriptor.table)) continue;
        const next = this.tableAddress(low, this.get(at, 1));
        freeBelow(next, ENTRIES, level + 1);
        this.freeTable(low, this.get(at, 1));
      }
    };
    freeBelow(this.root, START_TABLES * ENTRIES, 1);
    this.bytesOf(this.root, START_TABLES * PAGE_BYTES).fill(0);
  }

  /** Host address of the descriptor for `ipa` at `level`, making tables on the way when asked; 0 when a table is missing or a block is in the way. */
  private entry(ipa: number, level: number, make: boolean): number {
    let table = this.root;
    let at = table + Math.floor(ipa / 2 ** 30) * 8;
    for (let current = 1; current < level; current++) {
      let low = this.get(at, 0);
      if (!(low & descriptor.valid)) {
        if (!make) return 0;
        const next = this.newTable();
        const pa = this.host.physicalBase + next;
        this.set(at, ((pa % 2 ** 32) | descriptor.valid | descriptor.table) >>> 0, Math.floor(pa / 2 ** 32));
        low = this.get(at, 0);
      } else if (!(low & descriptor.table)) return 0;
      table = this.tableAddress(low, this.get(at, 1));
      const shift = 2 ** (PAGE_SHIFT + 9 * (2 - current));
      at = table + (Math.floor(ipa / shift) % ENTRIES) * 8;
    }
    return at;
  }

  private tableAddress(low: number, high: number): number {
    return (high & 0xffff) * 2 ** 32 + ((low & ~0xfff) >>> 0) - this.host.physicalBase;
  }

  private newTable(): number {
    this.pages++;
    const reused = this.free.pop();
    if (reused === undefined) return this.host.allocate(PAGE_BYTES, PAGE_BYTES);
    this.bytesOf(reused, PAGE_BYTES).fill(0);
    return reused;
  }

  private freeTable(low: number, high: number): void {
    this.pages--;
    this.free.push(this.tableAddress(low, high));
  }

  private bytesOf(address: number, length: number): Uint8Array {
    return new Uint8Array(this.host.memory.buffer, address, length);
  }

  private get(entry: number, word: number): number {
    if (this.words.buffer !== this.host.memory.buffer) this.words = new Uint32Array(this.host.memory.buffer);
    return this.words[(entry >>> 2) + word]!;
  }

  private set(entry: number, low: number, high: number): void {
    if (this.words.buffer !== this.host.memory.buffer) this.words = new Uint32Array(this.host.memory.buffer);
    this.words[entry >>> 2] = low;
    this.words[(entry >>> 2) + 1] = high;
  }
}
