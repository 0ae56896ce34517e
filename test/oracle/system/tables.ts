export type Granule = '4K' | '16K' | '64K';

const granuleBits = { '4K': 12, '16K': 14, '64K': 16 } as const;
const TABLE = 3n;
/** Virtual addresses have 48 bits. */
const VA_BITS = 48;

/** Builds translation tables for 48-bit addresses inside an image, one table after the other. */
export class Tables {
  private readonly bits: number;
  private next_: number;

  /** @param loadAddress Physical address of the image's first byte. `firstTable`: where tables may be, physical. */
  constructor(
    private readonly image: DataView,
    private readonly loadAddress: number,
    firstTable: number,
    granule: Granule,
  ) {
    this.bits = granuleBits[granule];
    this.next_ = firstTable;
  }

  /** A new, empty table; its physical address. */
  table(): bigint {
    const at = this.next_;
    this.next_ += 1 << this.bits;
    return BigInt(at);
  }

  private get firstLevel(): number {
    const perLevel = this.bits - 3;
    return 4 - Math.ceil((VA_BITS - this.bits) / perLevel);
  }

  private entry(table: bigint, va: bigint, level: number): number {
    const perLevel = this.bits - 3;
    const shift = this.bits + (3 - level) * perLevel;
    const width = level === this.firstLevel ? VA_BITS - shift : perLevel;
    const index = Number((va >> BigInt(shift)) & ((1n << BigInt(width)) - 1n));
    return Number(table) - this.loadAddress + index * 8;
  }

  /** The table that the entry of `va` at `level` points to; made where there is none. */
  next(root: bigint, va: bigint, level: number): bigint {
    const table = this.tableFor(root, va, level);
    const entry = this.entry(table, va, level);
    const descriptor = this.image.getBigUint64(entry, true);
    if (descriptor !== 0n) return descriptor & 0xffff_ffff_f000n;
    const made = this.table();
    this.image.setBigUint64(entry, made | TABLE, true);
    return made;
  }

  private tableFor(root: bigint, va: bigint, level: number): bigint {
    return level === this.firstLevel ? root : this.next(root, va, level - 1);
  }

  /** Puts a descriptor into the entry of `va` at `level`. */
  block(root: bigint, va: bigint, level: number, descriptor: bigint): void {
    this.image.setBigUint64(this.entry(this.tableFor(root, va, level), va, level), descriptor, true);
  }

  /** Maps `bytes` from `va` on by pages, with the address in the descriptor going up. */
  fill(root: bigint, va: bigint, page: bigint, bytes: bigint, descriptor: bigint): void {
    for (let offset = 0n; offset < bytes; offset += page) this.block(root, va + offset, 3, descriptor + offset);
  }
}
