import { builtinHandlers } from './interpreter/handlers.ts';
import type { Predecoder } from './interpreter/predecoder.ts';
import {
  DECODED_PAGE_BYTES,
  FETCH_TLB_ENTRIES,
  fetchTlbEntry,
  RECORD_BYTES,
  RECORDS_PER_PAGE,
  REGION_FLAG,
  REGION_INFO_OFFSET,
  regionInfo,
  slotAddress,
  slots,
} from './layout.ts';
import type { Callee, Code } from './region/batch.ts';
import { MOST_INSTRUCTIONS } from './region/graph.ts';
import { LEAF_MOST } from './region/leaves.ts';
import type { CodePlace, OutwardCall, RegionEntry, RegionHost, Translator } from './region/translator.ts';

/** Stores to a page of code before it is taken for data: freed init text, a reused page. */
const STORES_BEFORE_DROP = 64;

/** A region: where it begins, its function, and the pages it is made from. */
interface InstalledRegion extends CodePlace {
  readonly function: number;
  readonly pages: readonly number[];
}

/**
 * Predecoded pages of guest code, by the page of memory they were read from. Always coherent: a store to a page that holds code takes the slow path
 * and resets what it overwrote, so guests need no cache maintenance (and may do it).
 */
export class CodeCache implements RegionHost {
  private readonly words: Int32Array;
  private readonly bytes: Uint8Array;
  private readonly halves: Uint16Array;
  /** Host page by page of records. */
  private readonly hostOf: Float64Array;
  private readonly stores: Uint8Array;
  private readonly free: number[] = [];
  private readonly breakpoints = new Set<number>();
  /** Says of a host address whether the instruction there has to ask before it executes, breakpoint or not. Absent: none has. */
  guarded: ((host: number) => boolean) | undefined;
  private readonly dropping: number[] = [];
  private oldest = 0;
  /** Pages of records from this one on have never been used: they are still zero. */
  private used = 0;
  private translator: Translator | undefined;
  /** By handler: whether it is that of PC-relative calls. */
  private readonly callsByHandler: (boolean | undefined)[] = [];
  /** Regions by each page of records that they are made from. */
  private readonly regions = new Map<number, Set<InstalledRegion>>();
  private readonly generations: Uint32Array;
  private readonly start: number;
  readonly pages: number;

  /**
   * @param start Host address of the bytes for records.
   * @param discarded Called when records were given up: no fetch TLB may refer to them any more.
   * @param pageOf Page of records + 1, by host page number; 0: none. In the memory itself where generated code refills fetch TLBs.
   */
  constructor(
    memory: WebAssembly.Memory,
    start: number,
    bytes: number,
    private readonly predecoder: Predecoder,
    private readonly discarded: () => void,
    private readonly pageOf: Int32Array = new Int32Array(memory.buffer.byteLength / 4096),
  ) {
    this.words = new Int32Array(memory.buffer);
    this.bytes = new Uint8Array(memory.buffer);
    this.halves = new Uint16Array(memory.buffer);
    this.start = Math.ceil(start / DECODED_PAGE_BYTES) * DECODED_PAGE_BYTES;
    this.pages = Math.floor((start + bytes - this.start) / DECODED_PAGE_BYTES);
    this.hostOf = new Float64Array(this.pages).fill(-1);
    this.stores = new Uint8Array(this.pages);
    this.generations = new Uint32Array(this.pages);
    for (let page = this.pages - 1; page >= 0; page--) this.free.push(page);
  }

  /** Records of the 4 KiB page at host address `hostPage`, made (undecoded) when there are none. */
  recordsOf(hostPage: number): number {
    const known = this.pageOf[hostPage >>> 12]!;
    if (known !== 0) return this.start + (known - 1) * DECODED_PAGE_BYTES;
    const page = this.free.pop() ?? this.evict();
    this.pageOf[hostPage >>> 12] = page + 1;
    this.hostOf[page] = hostPage;
    this.stores[page] = 0;
    const records = this.start + page * DECODED_PAGE_BYTES;
    if (page < this.used) this.bytes.fill(0, records, records + DECODED_PAGE_BYTES);
    else this.used = page + 1;
    this.halves[(records + RECORDS_PER_PAGE * RECORD_BYTES) >> 1] = builtinHandlers.pageEnd;
    return records;
  }

  holdsCode(hostPage: number): boolean {
    return this.pageOf[hostPage >>> 12] !== 0;
  }

  /** Import `decode` of the interpreter: fills this record, and the undecoded ones after it as far as control is sure to go on. */
  decode(record: number): void {
    const page = Math.floor((record - this.start) / DECODED_PAGE_BYTES);
    const end = this.start + page * DECODED_PAGE_BYTES + RECORDS_PER_PAGE * RECORD_BYTES;
    let index = (record & (DECODED_PAGE_BYTES - 1)) / RECORD_BYTES;
    let at = record;
    let goesOn: boolean;
    do {
      const host = this.hostOf[page]! + index * 4;
      goesOn = this.predecoder.fill(at, this.words[host / 4]!, index);
      if ((this.breakpoints.size > 0 && this.breakpoints.has(host)) || this.guarded?.(host)) this.placeBreakpoint(page, index);
      at += RECORD_BYTES;
      index++;
    } while (goesOn && at < end && this.halves[at >> 1] === builtinHandlers.undecoded);
  }

  /** The instruction's own handler is kept for when the breakpoint does not stop it. */
  private placeBreakpoint(page: number, index: number): void {
    const records = this.start + page * DECODED_PAGE_BYTES;
    const handler = (records + index * RECORD_BYTES) >> 1;
    this.halves[(records + REGION_INFO_OFFSET + index * 8 + regionInfo.handler) >> 1] = this.halves[handler]!;
    this.halves[handler] = builtinHandlers.breakpoint;
  }

  /** Instruction word that a record was made from; 0 when the address is no record of an instruction. */
  wordOf(record: number): number {
    const page = Math.floor((record - this.start) / DECODED_PAGE_BYTES);
    if (page < 0 || page >= this.pages || this.hostOf[page]! < 0) return 0;
    const index = (record - this.start - page * DECODED_PAGE_BYTES) / RECORD_BYTES;
    return index < RECORDS_PER_PAGE ? this.words[(this.hostOf[page]! + index * 4) / 4]! >>> 0 : 0;
  }

  /** A store is about to hit (or has hit) `bytes` bytes at `host` in a page that holds code. */
  written(host: number, bytes: number): void {
    const known = this.pageOf[host >>> 12]!;
    if (known === 0) return;
    this.reset(known - 1, (host & 0xfff) >> 2, Math.min(0xfff, (host & 0xfff) + bytes - 1) >> 2);
    if (++this.stores[known - 1]! === STORES_BEFORE_DROP) this.dropping.push(known - 1);
  }

  private reset(page: number, first: number, last: number): void {
    this.outdate(page);
    for (let index = first; index <= last; index++)
      this.halves[(this.start + page * DECODED_PAGE_BYTES + index * RECORD_BYTES) >> 1] = builtinHandlers.undecoded;
  }

  /** Between slices, when no record is executing: gives up pages that turned out to hold data. */
  settle(): void {
    this.translator?.settle();
    if (this.dropping.length === 0) return;
    for (const page of this.dropping.splice(0)) {
      if (this.hostOf[page]! < 0) continue;
      this.forget(page);
      this.free.push(page);
    }
    this.discarded();
  }

  /** Forgets everything decoded. Only between slices. */
  discardAll(): void {
    for (let page = 0; page < this.pages; page++) {
      if (this.hostOf[page]! < 0) continue;
      this.forget(page);
      this.free.push(page);
    }
    this.discarded();
  }

  private forget(page: number): void {
    this.outdate(page);
    this.pageOf[this.hostOf[page]! >>> 12] = 0;
    this.hostOf[page] = -1;
  }

  /** Called while a jump leaves the page that executes, so any page may go. */
  private evict(): number {
    const page = this.oldest;
    this.oldest = (this.oldest + 1) % this.pages;
    this.forget(page);
    this.discarded();
    return page;
  }

  /** Before the instruction at this host address executes, the host is asked whether to leave with `breakpoint` instead. */
  setBreakpoint(host: number): void {
    if (this.breakpoints.has(host)) return;
    this.breakpoints.add(host);
    this.resetAt(host);
  }

  hasBreakpoint(host: number): boolean {
    return this.breakpoints.has(host);
  }

  /** Decodes what is in these bytes anew: what `guarded` says of them has changed. */
  refresh(host: number, bytes: number): void {
    for (let at = host; at < host + bytes; ) {
      const end = Math.min(host + bytes, (Math.floor(at / 4096) + 1) * 4096);
      const known = this.pageOf[at >>> 12]!;
      if (known !== 0) this.reset(known - 1, (at & 0xfff) >> 2, ((end - 1) & 0xfff) >> 2);
      at = end;
    }
  }

  clearBreakpoint(host: number): void {
    if (this.breakpoints.delete(host)) this.resetAt(host);
  }

  private resetAt(host: number): void {
    const known = this.pageOf[host >>> 12]!;
    if (known !== 0) this.reset(known - 1, (host & 0xfff) >> 2, (host & 0xfff) >> 2);
  }

  // ---- translated regions ---------------------------------------------------------------------------------------------

  attachTranslator(translator: Translator): void {
    this.translator = translator;
  }

  /** Memory is watched from now on, or no longer (translator.ts). Only between slices. */
  setKnowsWatches(on: boolean): void {
    this.translator?.setKnowsWatches(on);
  }

  /** Import `hot` of the interpreter. What the code calls is found now: later another translation context may be in force. */
  hot(record: number, pcLow: number, pcHigh: number): void {
    if (!this.translator) return;
    if (this.halves[record >> 1] === builtinHandlers.undecoded) this.decode(record);
    const place = this.placeOf(record);
    this.translator.request({ ...place, calls: this.callsNear(place, [pcLow, pcHigh]) });
  }

  private placeOf(record: number): CodePlace {
    return { page: Math.floor((record - this.start) / DECODED_PAGE_BYTES), index: (record & (DECODED_PAGE_BYTES - 1)) / RECORD_BYTES };
  }

  /** Calls to other pages as far from the place as a region may reach. */
  private callsNear({ page, index }: CodePlace, pc: readonly [number, number]): OutwardCall[] {
    const calls: OutwardCall[] = [];
    const records = this.start + page * DECODED_PAGE_BYTES;
    const words = this.hostOf[page]! / 4;
    const end = Math.min(RECORDS_PER_PAGE, index + MOST_INSTRUCTIONS);
    for (let at = Math.max(0, index - MOST_INSTRUCTIONS); at < end; at++) {
      if (!this.isCall(records, at, this.words[words + at]!)) continue;
      const target = at + this.predecoder.callOffset(this.words[words + at]! >>> 0)! / 4;
      if (target >= 0 && target < RECORDS_PER_PAGE) continue;
      const record = this.recordAt(pc, (target - index) * 4);
      if (record !== undefined) calls.push({ target, callee: this.placeOf(record) });
    }
    return calls;
  }

  /** Whether the record is of a PC-relative call that was executed: by its handler, which says so for all words of it. */
  private isCall(records: number, index: number, word: number): boolean {
    let handler = this.halves[(records + index * RECORD_BYTES) >> 1]!;
    if (handler === builtinHandlers.region) handler = this.halves[(records + REGION_INFO_OFFSET + index * 8 + regionInfo.handler) >> 1]!;
    if (handler === builtinHandlers.undecoded || handler === builtinHandlers.breakpoint) return false;
    let calls = this.callsByHandler[handler];
    if (calls === undefined) {
      calls = this.predecoder.callOffset(word >>> 0) !== undefined;
      this.callsByHandler[handler] = calls;
    }
    return calls;
  }

  codeOf(page: number): Code {
    return this.excerpt({ page, index: 0 }, RECORDS_PER_PAGE);
  }

  calleeAt(place: CodePlace): Callee {
    return { ...this.excerpt(place, LEAF_MOST), records: this.start + place.page * DECODED_PAGE_BYTES };
  }

  private excerpt({ page, index }: CodePlace, most: number): Code {
    // A page that was given up meanwhile holds nothing.
    const count = this.hostOf[page]! < 0 ? 0 : Math.min(most, RECORDS_PER_PAGE - index);
    const host = this.hostOf[page]! / 4 + index;
    const eligible = new Uint8Array(count);
    const records = (this.start + page * DECODED_PAGE_BYTES + index * RECORD_BYTES) >> 1;
    for (let k = 0; k < count; k++) {
      const handler = this.halves[records + k * (RECORD_BYTES >> 1)]!;
      if (handler !== builtinHandlers.undecoded && handler !== builtinHandlers.breakpoint) eligible[k] = 1;
    }
    return { words: this.words.slice(host, host + count), eligible };
  }

  /** The record of the instruction at a VA (halves, and bytes to add), as far as the fetch TLB knows it now. */
  private recordAt([pcLow, pcHigh]: readonly [number, number], offset: number): number | undefined {
    const sum = (pcLow >>> 0) + offset;
    const low = sum >>> 0;
    const high = (pcHigh + Math.floor(sum / 2 ** 32)) | 0;
    const entry = this.words[slotAddress(slots.fetchTlb) >> 2]! + ((low >>> 8) & ((FETCH_TLB_ENTRIES - 1) << 4));
    if (this.words[(entry + fetchTlbEntry.tag) >> 2] !== (low & ~0xfff) || this.words[(entry + fetchTlbEntry.tag + 4) >> 2] !== high)
      return undefined;
    return this.words[(entry + fetchTlbEntry.records) >> 2]! + ((low & 0xffc) << 2);
  }

  generation(page: number): number {
    return this.generations[page]!;
  }

  hasRegion({ page, index }: CodePlace): boolean {
    return this.halves[(this.start + page * DECODED_PAGE_BYTES + index * RECORD_BYTES) >> 1] === builtinHandlers.region;
  }

  refuse(entry: RegionEntry): void {
    if (this.hasRegion(entry)) return;
    const { page, index } = entry;
    const info = this.start + page * DECODED_PAGE_BYTES + REGION_INFO_OFFSET + index * 8;
    this.words[(info + regionInfo.function) >> 2] = 0;
  }

  install({ page, index }: RegionEntry, functionIndex: number, pages: readonly number[]): void {
    const record = this.start + page * DECODED_PAGE_BYTES + index * RECORD_BYTES;
    // The interpreter falls back on the instruction's own handler, so the record has to be filled.
    if (this.halves[record >> 1] === builtinHandlers.undecoded) this.decode(record);
    const info = this.start + page * DECODED_PAGE_BYTES + REGION_INFO_OFFSET + index * 8;
    this.halves[(info + regionInfo.handler) >> 1] = this.halves[record >> 1]!;
    this.words[(info + regionInfo.function) >> 2] = functionIndex | REGION_FLAG;
    this.halves[record >> 1] = builtinHandlers.region;
    const region = { page, index, function: functionIndex, pages };
    for (const origin of pages) {
      const known = this.regions.get(origin);
      if (known) known.add(region);
      else this.regions.set(origin, new Set([region]));
    }
  }

  /** Only between slices. */
  dropAllRegions(jumps = 0): void {
    for (const page of [...this.regions.keys()]) this.dropRegions(page, jumps);
  }

  /** Something in the page changes: its regions may have been made from it, and those that are being made. */
  private outdate(page: number): void {
    this.generations[page]!++;
    this.dropRegions(page);
  }

  /** @param jumps How often the instructions that they begin at count as jumped to. */
  private dropRegions(page: number, jumps = 0): void {
    const known = this.regions.get(page);
    if (!known) return;
    for (const region of known) {
      for (const origin of region.pages) this.regions.get(origin)?.delete(region);
      const record = this.start + region.page * DECODED_PAGE_BYTES + region.index * RECORD_BYTES;
      const info = this.start + region.page * DECODED_PAGE_BYTES + REGION_INFO_OFFSET + region.index * 8;
      this.halves[record >> 1] = this.halves[(info + regionInfo.handler) >> 1]!;
      this.words[(info + regionInfo.function) >> 2] = jumps;
      this.translator?.release(region.function);
    }
    this.regions.delete(page);
  }
}
