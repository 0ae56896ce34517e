import { descriptor } from './stage2-attributes.ts';
import { levelShift, PAGE_BYTES } from './stage2-geometry.ts';

/** Host memory that KVM allocates tables from. */
export interface TableMemory {
  readonly memory: WebAssembly.Memory;
  /** Zeroed bytes at a host address (in the WebAssembly memory), aligned as asked. */
  allocate(bytes: number, alignment: number): number;
  /** Physical address of host address 0. */
  readonly physicalBase: number;
}

/** Pages that hold stage-2 tables, and the 64-bit descriptors in them as two words each. Addresses are host addresses. */
export class TablePages {
  readonly root: number;
  /** In use, those of the start level included. */
  pages: number;
  private words: Uint32Array;
  private readonly unused: number[] = [];

  /** @param concatenated Tables side by side at the start level. */
  constructor(
    private readonly host: TableMemory,
    concatenated: number,
  ) {
    this.root = host.allocate(concatenated * PAGE_BYTES, concatenated * PAGE_BYTES);
    this.pages = concatenated;
    this.words = new Uint32Array(host.memory.buffer);
  }

  physical(address: number): number {
    return this.host.physicalBase + address;
  }

  /** A zeroed table. */
  take(): number {
    this.pages++;
    const page = this.unused.pop();
    if (page === undefined) return this.host.allocate(PAGE_BYTES, PAGE_BYTES);
    this.view().fill(0, page >>> 2, (page + PAGE_BYTES) >>> 2);
    return page;
  }

  giveBack(table: number): void {
    this.pages--;
    this.unused.push(table);
  }

  isEmpty(table: number): boolean {
    const words = this.view();
    for (let word = table >>> 2; word < (table + PAGE_BYTES) >>> 2; word += 2) if (words[word]! & descriptor.valid) return false;
    return true;
  }

  /** Makes a descriptor lead to a table. */
  link(entry: number, table: number): void {
    const pa = this.physical(table);
    this.set(entry, ((pa % 2 ** 32) | descriptor.valid | descriptor.table) >>> 0, Math.floor(pa / 2 ** 32));
  }

  /** The table that a descriptor leads to. */
  next(entry: number): number {
    return this.output(entry, 3) - this.host.physicalBase;
  }

  /** Output address of a descriptor. */
  output(entry: number, level: number): number {
    const address = (this.high(entry) & 0xffff) * 2 ** 32 + ((this.low(entry) & ~0xfff) >>> 0);
    return Math.floor(address / 2 ** levelShift(level)) * 2 ** levelShift(level);
  }

  low(entry: number): number {
    return this.view()[entry >>> 2]!;
  }

  high(entry: number): number {
    return this.view()[(entry >>> 2) + 1]!;
  }

  set(entry: number, low: number, high: number): void {
    const words = this.view();
    words[entry >>> 2] = low;
    words[(entry >>> 2) + 1] = high;
  }

  private view(): Uint32Array {
    if (this.words.buffer !== this.host.memory.buffer) this.words = new Uint32Array(this.host.memory.buffer);
    return this.words;
  }
}
