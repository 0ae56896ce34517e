import { CONTEXT_TLB_BYTES, CPU_BYTES, DECODED_PAGE_BYTES, machineWords, mainTlbState, stage2Cache } from '../translate/layout.ts';
import { CacheModel } from './cache/cache-model.ts';
import { LINE_BYTES } from './line-set.ts';
import { pageMark } from './page-mark.ts';
import { stage1Rights } from './permissions.ts';
import { type Poison, PoisonMap } from './poison.ts';

/** Host physical address of byte 0 of the WebAssembly memory: what is DRAM in it is physical memory from here on. 2^36. */
export const HOST_DRAM_BASE = 0x10_0000_0000;

export const PAGE_BYTES = 4096;

const WASM_PAGE_BYTES = 65536;
const MIB = 1024 * 1024;

/** Translation configurations that are there at once at most; attributes of each for walks in generated code (layout.ts `contextHeader`). */
export const MAX_CONFIGURATIONS = 64;
export const ATTRIBUTE_TABLE_BYTES = 8 * 16 * 2;

export interface PhysicalMemoryConfiguration {
  /** Bytes of host DRAM: guest RAM, and what the host kernel allocates (stage 2 tables). Rounded up to 2 MiB. */
  readonly dramBytes: number;
  readonly vcpus: number;
  /** Translation contexts that keep TLBs of their own. */
  readonly contexts?: number;
  /** Bytes for predecoded code. */
  readonly codeBytes?: number;
  readonly shared?: boolean;
  /** What a cache holds is apart from what memory holds: twice the DRAM. */
  readonly cacheModel?: boolean;
}

/**
 * The machine's memory: one WebAssembly memory that holds vCPU blocks, TLBs, predecoded code and host DRAM.
 * A host address is a byte offset in it; the physical address of DRAM is `HOST_DRAM_BASE` + host address.
 */
export class PhysicalMemory {
  readonly memory: WebAssembly.Memory;
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  /** TLBs of the translation contexts, `CONTEXT_TLB_BYTES` each. */
  readonly tlbStart: number;
  readonly contexts: number;
  readonly codeStart: number;
  readonly codeBytes: number;
  readonly dramStart: number;
  readonly dramEnd: number;
  /** `pageMark` bits of every 4 KiB page, by host page number. */
  readonly marks: Uint8Array;
  /** The second level TLB with its state (`main-tlb.ts`), and the results of stage 2 (`stage2.ts`). */
  readonly mainTlbWords: Int32Array;
  readonly stage2Words: Int32Array;
  /** Where the attributes of the first configuration are. */
  readonly attributeTables: number;
  /** By host page number: page of records + 1 (`code-cache.ts`), and which TLB entry lets stores through to it (`context.ts`). */
  readonly codePages: Int32Array;
  readonly pageWriters: Int32Array;
  readonly poison: PoisonMap;
  /** Absent where memory has no stale copies. */
  readonly cache: CacheModel | undefined;
  /** Told of host bytes that became bad, or good again. */
  poisonChanged: ((host: number, bytes: number) => void) | undefined;
  private readonly saveAreas: number;
  private next: number;
  private readonly freePages: number[] = [];

  /** Throws RangeError where a WebAssembly memory (4 GiB) cannot hold it. */
  constructor(configuration: PhysicalMemoryConfiguration) {
    this.contexts = configuration.contexts ?? 32;
    this.codeBytes = configuration.codeBytes ?? 64 * MIB;
    this.saveAreas = WASM_PAGE_BYTES;
    this.tlbStart = align(this.saveAreas + configuration.vcpus * CPU_BYTES, PAGE_BYTES);
    const mainTlbStart = align(this.tlbStart + this.contexts * CONTEXT_TLB_BYTES, PAGE_BYTES);
    const mainTlbEnd = mainTlbStart + mainTlbState.blocks + mainTlbState.blockEntries;
    const stage2Start = align(mainTlbEnd, 16);
    const rights = stage2Start + stage2Cache.entries * stage2Cache.entryBytes;
    this.attributeTables = rights + stage1Rights.length;
    this.codeStart = align(this.attributeTables + MAX_CONFIGURATIONS * ATTRIBUTE_TABLE_BYTES, DECODED_PAGE_BYTES);
    const tables = this.codeStart + this.codeBytes;
    const dram = align(configuration.dramBytes, 2 * MIB);
    // The tables by host page lie below DRAM and cover all of the memory, themselves and the alignment included.
    const contents = configuration.cacheModel ? 2 * dram : dram;
    const pagesAtMost = Math.ceil(((tables + contents) * 1.01) / PAGE_BYTES) + 2 * (MIB / PAGE_BYTES);
    const [codePages, pageWriters, marks] = [tables, tables + 4 * pagesAtMost, tables + 8 * pagesAtMost];
    this.dramStart = align(marks + pagesAtMost, 2 * MIB);
    this.dramEnd = this.dramStart + dram;
    this.next = this.dramStart;
    const end = this.dramStart + contents;
    const pages = end / WASM_PAGE_BYTES;
    if (pages > 65535)
      throw new RangeError(
        `${Math.floor(configuration.dramBytes / MIB)} MiB of memory do not fit: the machine can have ${Math.floor(((65535 * WASM_PAGE_BYTES - this.dramStart) / MIB) * (dram / contents))} MiB`,
      );
    const shared = configuration.shared ?? false;
    this.memory = new WebAssembly.Memory(shared ? { initial: pages, maximum: pages, shared } : { initial: pages, maximum: pages });
    this.bytes = new Uint8Array(this.memory.buffer);
    this.words = new Int32Array(this.memory.buffer);
    const { buffer } = this.memory;
    const hostPages = end / PAGE_BYTES;
    this.marks = new Uint8Array(buffer, marks, hostPages);
    this.codePages = new Int32Array(buffer, codePages, hostPages);
    this.pageWriters = new Int32Array(buffer, pageWriters, hostPages);
    this.mainTlbWords = new Int32Array(buffer, mainTlbStart, (mainTlbEnd - mainTlbStart) / 4);
    this.stage2Words = new Int32Array(buffer, stage2Start, (rights - stage2Start) / 4);
    this.bytes.set(stage1Rights, rights);
    const places = {
      ...{ mainTlb: mainTlbStart, pageMarks: marks, codePages, pageWriters, codeStart: this.codeStart },
      ...{ stage2Cache: stage2Start, stage1Rights: rights },
    };
    for (const [name, place] of Object.entries(places)) this.words[machineWords[name as keyof typeof places] >> 2] = place;
    this.cache = configuration.cacheModel ? new CacheModel(this.bytes, this.marks, this.dramStart, this.dramEnd) : undefined;
    this.poison = new PoisonMap(this.marks, (first, last) => this.poisonChanged?.(first * LINE_BYTES, (last - first + 1) * LINE_BYTES));
  }

  /** Host address of a vCPU's save area (`CPU_BYTES`). */
  saveArea(vcpu: number): number {
    return this.saveAreas + vcpu * CPU_BYTES;
  }

  /** Host address of a physical address, or -1 where nothing answers (an access is a synchronous external abort). */
  hostOf(pa: number): number {
    const host = pa - HOST_DRAM_BASE;
    return host >= this.dramStart && host < this.dramEnd ? host : -1;
  }

  /** Physical address of a host address in DRAM. */
  physical(host: number): number {
    return HOST_DRAM_BASE + host;
  }

  /** A walk reads the descriptor at `host`: what it trips over. */
  consumedByWalk(host: number, dry: boolean): Poison | undefined {
    return (this.marks[host >>> 12]! & pageMark.poison) === 0 ? undefined : this.poison.consume(host, 8, 'walk', dry);
  }

  /** Takes zeroed DRAM; host address. Throws RangeError when there is not enough. `alignment` in bytes, a power of two of at least a page. */
  allocate(bytes: number, alignment = PAGE_BYTES): number {
    const size = align(bytes, PAGE_BYTES);
    if (size === PAGE_BYTES && alignment === PAGE_BYTES) {
      const page = this.freePages.pop();
      if (page !== undefined) {
        this.bytes.fill(0, page, page + PAGE_BYTES);
        return page;
      }
    }
    const start = align(this.next, alignment);
    if (start + size > this.dramEnd)
      throw new RangeError(`host DRAM is used up: ${size} bytes asked for, ${Math.max(0, this.dramEnd - start)} left`);
    for (let skipped = this.next; skipped < start; skipped += PAGE_BYTES) this.freePages.push(skipped);
    this.next = start + size;
    return start;
  }

  /** Gives back DRAM of `allocate`. */
  free(host: number, bytes: number): void {
    this.cache?.forget(host, bytes);
    for (let page = host; page < host + bytes; page += PAGE_BYTES) this.freePages.push(page);
  }
}

function align(n: number, alignment: number): number {
  return Math.ceil(n / alignment) * alignment;
}
