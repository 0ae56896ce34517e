/** Where descriptors are kept, by host address. */
export interface DescriptorStore {
  read(slot: number): bigint;
  write(slot: number, descriptor: bigint): void;
}

/** Descriptors in a machine's memory. */
export function inMemory(memory: WebAssembly.Memory): DescriptorStore {
  const view = new DataView(memory.buffer);
  return {
    read: (slot) => view.getBigUint64(slot, true),
    write: (slot, descriptor) => view.setBigUint64(slot, descriptor, true),
  };
}

/** Where tables go: their address in the space that descriptors speak of, and where that is in host memory. */
export interface TableSpace {
  /** Takes zeroed bytes, aligned to their size; the address to put into descriptors. */
  allocate(bytes: number): bigint;
  host(address: bigint): number;
}

export interface Geometry {
  /** log2 of the page. */
  readonly granule: 12 | 14 | 16;
  readonly iaBits: number;
  readonly startLevel: number;
}

export const VALID = 1n;
export const TABLE = 3n;
export const PAGE = 3n;
export const BLOCK = 1n;
export const AF = 1n << 10n;
export const NG = 1n << 11n;
export const PXN = 1n << 53n;
export const UXN = 1n << 54n;
export const DBM = 1n << 51n;
export const GP = 1n << 50n;
export const INNER_SHAREABLE = 3n << 8n;
export const ap = (bits: number): bigint => BigInt(bits) << 6n;
export const attrIndex = (index: number): bigint => BigInt(index) << 2n;
export const memAttr = (bits: number): bigint => BigInt(bits) << 2n;
export const s2ap = (bits: number): bigint => BigInt(bits) << 6n;
export const xn = (bits: number): bigint => BigInt(bits) << 53n;

/** Translation tables made as a kernel makes them: descriptors in memory. */
export class Tables {
  readonly root: bigint;

  constructor(
    private readonly store: DescriptorStore,
    private readonly space: TableSpace,
    readonly geometry: Geometry,
  ) {
    const entries = 2 ** (geometry.iaBits - this.shift(geometry.startLevel));
    this.root = space.allocate(Math.max(entries * 8, 64));
  }

  shift(level: number): number {
    const { granule } = this.geometry;
    return granule + (granule - 3) * (3 - level);
  }

  /** Host address of the descriptor for an input address at a level; tables on the way are made, with `tableBits` in their descriptors. */
  slot(input: bigint, level: number, tableBits = 0n): number {
    const { startLevel, iaBits, granule } = this.geometry;
    const address = BigInt.asUintN(iaBits, input);
    let table = this.root;
    for (let at = startLevel; ; at++) {
      const width = at === startLevel ? iaBits - this.shift(at) : granule - 3;
      const index = BigInt.asUintN(width, address >> BigInt(this.shift(at)));
      const slot = this.space.host(table + index * 8n);
      if (at === level) return slot;
      let descriptor = this.read(slot);
      if ((descriptor & 3n) !== TABLE) {
        descriptor = this.space.allocate(2 ** granule) | TABLE;
        this.write(slot, descriptor);
      }
      if (tableBits) this.write(slot, descriptor | tableBits);
      table = descriptor & 0xffff_ffff_f000n & ~((1n << BigInt(granule)) - 1n);
    }
  }

  /** Maps with a leaf at `level`; `bits`: everything but the address and the type. */
  map(input: bigint, output: bigint, bits: bigint, level = 3, tableBits = 0n): number {
    const slot = this.slot(input, level, tableBits);
    this.write(slot, output | bits | (level === 3 ? PAGE : BLOCK));
    return slot;
  }

  read(slot: number): bigint {
    return this.store.read(slot);
  }

  write(slot: number, descriptor: bigint): void {
    this.store.write(slot, descriptor);
  }
}
