import { pageMark } from '../page-mark.ts';
import { ABSENT, CachedPage, CLEAN, DIRTY, LINE_BYTES, LINES, type LineState, lineStates } from './cached-page.ts';

const PAGE_BYTES = 4096;

/** Pages as a whole. */
const [IN_CACHE, OUT_OF_CACHE, BY_LINE] = [0, 1, 2];

/** What DC does to a line. */
export type LineOperation = 'clean' | 'invalidate' | 'clean and invalidate';

/** Who keeps something that is made from memory. */
export interface CacheListeners {
  /** No data TLB lets anything (or, with `reads` false, writes) through to a page by itself. */
  dropPage(hostPage: number, reads: boolean): void;
  /** Nor to any page. */
  dropAll(): void;
  /** Bytes changed. */
  written(host: number, bytes: number): void;
}

/** Bytes of a line that the cache has otherwise than memory. */
export interface CacheDifference {
  /** Host address of the line. */
  readonly host: number;
  readonly state: LineState;
  readonly cached: Uint8Array;
  readonly memory: Uint8Array;
}

/**
 * One level of data cache, which all processors share, in front of memory. DRAM is what accesses to Normal Write-Back memory see; beside it is what memory holds: what
 * Device and Non-cacheable accesses see (Write-Through is treated as Non-cacheable, as the Cortex-A57 does), and instruction fetches unless CTR_EL0.IDC or FEAT_S2FWB
 * make them coherent. Nothing is evicted by itself, so that runs repeat: a line leaves by maintenance alone.
 *
 * Pages are as a whole in the cache (dirty where they differ from memory: who wrote the value that was there leaves a clean line), or as a whole out of it (then the first
 * cacheable access brings all of it in, as a prefetcher may), or kept by line: after maintenance of a line, and once they were written past the cache. Then lines come in
 * one by one, with the access that needs them. A page that is not as a whole in the cache is marked, so that TLBs learn of it here.
 */
export class CacheModel {
  /** From a host address in DRAM to where its memory contents are. */
  readonly distance: number;
  listeners: CacheListeners | undefined;
  /** Instruction fetches see the data cache. */
  coherentFetches = false;
  private readonly words: Int32Array;
  private readonly kinds: Uint8Array;
  private readonly byLine = new Map<number, CachedPage>();
  private readonly firstPage: number;

  /**
   * @param marks `pageMark` bits by host page, kept in step.
   * @param dramEnd Memory contents begin here.
   */
  constructor(
    private readonly bytes: Uint8Array,
    private readonly marks: Uint8Array,
    dramStart: number,
    dramEnd: number,
  ) {
    this.words = new Int32Array(bytes.buffer);
    this.distance = dramEnd - dramStart;
    this.firstPage = dramStart / PAGE_BYTES;
    this.kinds = new Uint8Array((dramEnd - dramStart) / PAGE_BYTES);
  }

  /** Power-on of the machine: memory is zero, and all that is in DRAM was written through the cache. */
  reset(): void {
    const { firstPage, kinds, distance, marks } = this;
    for (let n = 0; n < kinds.length; n++) marks[firstPage + n]! &= ~pageMark.cache;
    kinds.fill(IN_CACHE);
    this.byLine.clear();
    const memory = firstPage * PAGE_BYTES + distance;
    this.bytes.fill(0, memory, memory + distance);
    this.listeners?.written(memory, distance);
    this.listeners?.dropAll();
  }

  /** The byte of DRAM that a byte of DRAM or of memory contents belongs to. */
  dramOf(host: number): number {
    return host >= this.firstPage * PAGE_BYTES + this.distance ? host - this.distance : host;
  }

  /** A cacheable access inside one page: its lines are in the cache, and dirty where it writes. */
  reached(host: number, bytes: number, write: boolean): void {
    const hostPage = pageOf(host);
    const kind = this.kindOf(hostPage);
    if (kind === IN_CACHE) return;
    if (kind === OUT_OF_CACHE) {
      this.bringIn(hostPage);
      return;
    }
    const page = this.byLine.get(hostPage)!;
    for (let line = lineOf(host); line <= lineOf(host + bytes - 1); line++) {
      if (page.states[line] === ABSENT) {
        this.copyIn(hostPage + line * LINE_BYTES);
        page.states[line] = CLEAN;
      }
      if (write) page.states[line] = DIRTY;
    }
    if (!page.contended && page.full) this.bringIn(hostPage);
  }

  /** Whether a page is kept by line, so that TLB entries have to be confined to `readWindow` and `writeWindow`. They are entered now. */
  confines(hostPage: number): boolean {
    return this.kindOf(hostPage) === BY_LINE;
  }

  /** Where reads of a page that is kept by line need not ask, around an access. */
  readWindow(host: number): number {
    const page = this.byLine.get(pageOf(host))!;
    page.readsEntered = true;
    return page.window(lineOf(host), CLEAN);
  }

  writeWindow(host: number): number {
    const page = this.byLine.get(pageOf(host))!;
    page.writesEntered = true;
    return page.window(lineOf(host), DIRTY);
  }

  /** An access past the cache writes to a page. What is in the cache stays there. */
  writtenPast(hostPage: number): void {
    this.keepByLine(hostPage).contended = true;
  }

  /** Writes past the cache to this page need not be told: it is kept by line already. */
  expectsWrites(hostPage: number): boolean {
    return this.byLine.get(hostPage)?.contended === true;
  }

  /** Where instructions of a page are fetched from. */
  fetchPage(hostPage: number, cacheable: boolean): number {
    if (!cacheable || !this.coherentFetches) return hostPage + this.distance;
    this.settle(hostPage, PAGE_BYTES);
    return hostPage;
  }

  /** Where a walk finds a descriptor. Walks bring nothing in: how many there are is not the guest's doing alone. */
  descriptorAt(host: number, cacheable: boolean): number {
    return cacheable && this.stateOf(host) !== 'absent' ? host : host + this.distance;
  }

  /** Where a walk updates a descriptor. */
  descriptorUpdateAt(host: number, cacheable: boolean): number {
    if (cacheable) this.reached(host, 8, true);
    else this.writtenPast(pageOf(host));
    return cacheable ? host : host + this.distance;
  }

  /** DC by VA: of the line that holds a byte. */
  maintain(host: number, operation: LineOperation): void {
    const at = host - (host % LINE_BYTES);
    const hostPage = pageOf(at);
    const kind = this.kindOf(hostPage);
    if (kind === OUT_OF_CACHE) return;
    if (kind === IN_CACHE && operation === 'clean') {
      this.copyOut(at);
      return;
    }
    const page = this.keepByLine(hostPage);
    const line = lineOf(at);
    const state = page.states[line]!;
    if (state === ABSENT) return;
    if (state === DIRTY && operation !== 'invalidate') this.copyOut(at);
    page.states[line] = operation === 'clean' ? CLEAN : ABSENT;
    if (operation !== 'clean') this.copyIn(at);
    this.dropEntered(hostPage, page, operation !== 'clean');
  }

  /** Everything is cleaned and leaves the cache, page by page of a range: the host's maintenance before it maps, or for set and way. */
  cleanInvalidate(host: number, bytes: number): void {
    for (let hostPage = pageOf(host); hostPage < host + bytes; hostPage += PAGE_BYTES) {
      const kind = this.kindOf(hostPage);
      if (kind === OUT_OF_CACHE) continue;
      const page = kind === BY_LINE ? this.byLine.get(hostPage) : undefined;
      for (let line = 0; line < LINES; line++) {
        const at = hostPage + line * LINE_BYTES;
        if (page === undefined || page.states[line] === DIRTY) this.copyOut(at);
        else this.copyIn(at);
      }
      this.byLine.delete(hostPage);
      this.kinds[this.indexOf(hostPage)] = OUT_OF_CACHE;
      this.marks[hostPage / PAGE_BYTES]! |= pageMark.cache;
    }
    this.listeners?.dropAll();
  }

  /** DC by set and way: of all that is in the cache. */
  maintainAll(operation: LineOperation): void {
    const first = this.firstPage * PAGE_BYTES;
    if (operation === 'clean and invalidate') this.cleanInvalidate(first, this.distance);
    else
      for (let at = first; at < first + this.distance; at += LINE_BYTES)
        if (operation === 'clean' || this.stateOf(at) !== 'absent') this.maintain(at, operation);
  }

  /** The host takes memory for something else: it writes all of it. */
  forget(host: number, bytes: number): void {
    for (let hostPage = pageOf(host); hostPage < host + bytes; hostPage += PAGE_BYTES) {
      this.byLine.delete(hostPage);
      this.kinds[this.indexOf(hostPage)] = IN_CACHE;
      this.marks[hostPage / PAGE_BYTES]! &= ~pageMark.cache;
    }
  }

  /** The state of the line that holds a byte. */
  stateOf(host: number): LineState {
    const hostPage = pageOf(host);
    const kind = this.kindOf(hostPage);
    if (kind === OUT_OF_CACHE) return 'absent';
    if (kind === BY_LINE) return lineStates[this.byLine.get(hostPage)!.states[lineOf(host)]!]!;
    return this.differs(host - (host % LINE_BYTES)) ? 'dirty' : 'clean';
  }

  /** The lines in a range that memory has otherwise than the cache. Lines that are not in the cache do not differ. */
  differences(host: number, bytes: number): CacheDifference[] {
    const found: CacheDifference[] = [];
    for (let at = host - (host % LINE_BYTES); at < host + bytes; at += LINE_BYTES) {
      const state = this.stateOf(at);
      if (state !== 'absent' && this.differs(at)) found.push({ host: at, state, ...this.contents(at, LINE_BYTES) });
    }
    return found;
  }

  /** What cacheable accesses and what accesses past the cache find. */
  contents(host: number, bytes: number): { readonly cached: Uint8Array; readonly memory: Uint8Array } {
    this.settle(host, bytes);
    const memory = host + this.distance;
    return { cached: this.bytes.slice(host, host + bytes), memory: this.bytes.slice(memory, memory + bytes) };
  }

  /** The host looks at DRAM, as a cacheable access would but without one: what is not in the cache is as memory has it. */
  settle(host: number, bytes: number): void {
    for (let at = host - (host % LINE_BYTES); at < host + bytes; at += LINE_BYTES) if (this.stateOf(at) === 'absent') this.copyIn(at);
  }

  /** Settles all of DRAM. */
  settleAll(): void {
    for (const hostPage of this.byLine.keys()) this.settle(hostPage, PAGE_BYTES);
  }

  /** A debugger wrote to DRAM: everybody sees it. */
  poked(host: number, bytes: number): void {
    const memory = host + this.distance;
    this.bytes.copyWithin(memory, host, host + bytes);
    this.listeners?.written(memory, bytes);
  }

  /** What the model is in, beside the bytes: for comparing machines. */
  get state(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.byLine].map(([hostPage, page]) => [String(hostPage), `${page.contended} ${page.states.join('')}`]));
  }

  private kindOf(hostPage: number): number {
    return this.kinds[this.indexOf(hostPage)]!;
  }

  private indexOf(hostPage: number): number {
    return hostPage / PAGE_BYTES - this.firstPage;
  }

  /** All of a page is in the cache, and what it has there is memory's or dirty. */
  private bringIn(hostPage: number): void {
    this.settle(hostPage, PAGE_BYTES);
    this.byLine.delete(hostPage);
    this.kinds[this.indexOf(hostPage)] = IN_CACHE;
    this.marks[hostPage / PAGE_BYTES]! &= ~pageMark.cache;
  }

  private keepByLine(hostPage: number): CachedPage {
    const known = this.byLine.get(hostPage);
    if (known) return known;
    const page = new CachedPage();
    if (this.kindOf(hostPage) === IN_CACHE) {
      for (let line = 0; line < LINES; line++) page.states[line] = this.differs(hostPage + line * LINE_BYTES) ? DIRTY : CLEAN;
      this.listeners?.dropPage(hostPage, true);
    }
    this.byLine.set(hostPage, page);
    this.kinds[this.indexOf(hostPage)] = BY_LINE;
    this.marks[hostPage / PAGE_BYTES]! |= pageMark.cache;
    return page;
  }

  private dropEntered(hostPage: number, page: CachedPage, reads: boolean): void {
    if (!page.writesEntered && !(reads && page.readsEntered)) return;
    this.listeners?.dropPage(hostPage, reads);
    page.writesEntered = false;
    if (reads) page.readsEntered = false;
  }

  private differs(at: number): boolean {
    const { words } = this;
    const [first, memory] = [at / 4, (at + this.distance) / 4];
    for (let n = 0; n < LINE_BYTES / 4; n++) if (words[first + n] !== words[memory + n]) return true;
    return false;
  }

  private copyOut(at: number): void {
    if (!this.differs(at)) return;
    this.bytes.copyWithin(at + this.distance, at, at + LINE_BYTES);
    this.listeners?.written(at + this.distance, LINE_BYTES);
  }

  private copyIn(at: number): void {
    if (!this.differs(at)) return;
    this.bytes.copyWithin(at, at + this.distance, at + this.distance + LINE_BYTES);
    this.listeners?.written(at, LINE_BYTES);
  }
}

const pageOf = (host: number): number => host - (host % PAGE_BYTES);
const lineOf = (host: number): number => Math.floor((host % PAGE_BYTES) / LINE_BYTES);
