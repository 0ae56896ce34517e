import { pageMark } from './page-mark.ts';

const PAGE = 4096;
/** A range of more pages than this is compared with by its bounds instead of being entered page by page. */
const FEW_PAGES = 256;
/** A watch of at most this many bytes inside one page is reported as a whole, whatever part of it an access touches. */
const WHOLE_BYTES = 16;

/** Bytes that are watched: from `first` in page `firstPage` to `last` (inclusive) in page `lastPage`. */
export interface WatchedRange {
  /** Number that accesses are reported under. */
  readonly id: number;
  /** Pages are virtual, numbered by `virtualPage`; otherwise of host memory. */
  readonly virtual: boolean;
  readonly firstPage: number;
  readonly first: number;
  readonly lastPage: number;
  readonly last: number;
  /** READ, WRITE or both. */
  readonly access: number;
}

/** An access to watched bytes by the instruction that was executed while recording. */
export interface WatchedAccess {
  readonly id: number;
  /** Virtual address of `before`. */
  readonly vaLow: number;
  readonly vaHigh: number;
  /** Host address of `before`. */
  readonly host: number;
  /** READ, WRITE or both. */
  access: number;
  /** The bytes before the instruction. */
  readonly before: Uint8Array;
}

/** Number of a virtual page, without the address tag (bits 63:56): 44 bits. */
export const virtualPage = (vaLow: number, vaHigh: number): number => (vaHigh & 0xff_ffff) * 0x10_0000 + (vaLow >>> 12);

const NONE: readonly WatchedRange[] = [];

/** Ranges by page. */
class RangesByPage {
  private pages = new Map<number, WatchedRange[]>();
  private wide: WatchedRange[] = [];

  set(ranges: readonly WatchedRange[]): void {
    this.pages = new Map();
    this.wide = ranges.filter((r) => r.lastPage - r.firstPage >= FEW_PAGES);
    for (const range of ranges) {
      if (range.lastPage - range.firstPage >= FEW_PAGES) continue;
      for (let page = range.firstPage; page <= range.lastPage; page++) {
        const list = this.pages.get(page);
        if (list) list.push(range);
        else this.pages.set(page, [range]);
      }
    }
  }

  has(page: number): boolean {
    if (this.pages.has(page)) return true;
    for (const { firstPage, lastPage } of this.wide) if (page >= firstPage && page <= lastPage) return true;
    return false;
  }

  /** Those that touch a page. */
  at(page: number): readonly WatchedRange[] {
    const few = this.pages.get(page) ?? NONE;
    if (this.wide.length === 0) return few;
    return [...few, ...this.wide.filter(({ firstPage, lastPage }) => page >= firstPage && page <= lastPage)];
  }
}

/**
 * Data watches of a debugger, exact to the byte. A page with a watch is never entered in a TLB that generated code reads, so only accesses to it come here.
 * An access to watched bytes is refused (`takeStopped`), before anything has changed. Whoever runs the processor then executes the instruction alone with `recording` set
 * and finds its accesses in `accesses`.
 */
export class DataWatches {
  /** Anything is watched. */
  armed = false;
  private stopped = false;
  /** Accesses are performed and recorded. */
  recording = false;
  readonly accesses: WatchedAccess[] = [];
  private readonly virtual = new RangesByPage();
  private readonly host = new RangesByPage();
  private marked: readonly WatchedRange[] = [];
  private anyVirtual = false;

  /**
   * @param bytes Host memory.
   * @param marks `pageMark` bits by host page, kept in step.
   */
  constructor(
    private readonly bytes: Uint8Array,
    private readonly marks: Uint8Array,
  ) {}

  /** Replaces all. The caller drops what TLBs hold. */
  set(ranges: readonly WatchedRange[]): void {
    const hostRanges = ranges.filter((r) => !r.virtual);
    this.mark(this.marked, false);
    this.mark(hostRanges, true);
    this.marked = hostRanges;
    this.host.set(hostRanges);
    const virtual = ranges.filter((r) => r.virtual);
    this.virtual.set(virtual);
    this.anyVirtual = virtual.length > 0;
    this.armed = ranges.length > 0;
    this.stopped = false;
    this.accesses.length = 0;
  }

  /** A page that must not be entered in a TLB, by its virtual address. */
  watchesVirtual(vaLow: number, vaHigh: number): boolean {
    return this.anyVirtual && this.virtual.has(virtualPage(vaLow, vaHigh));
  }

  /** An access inside one page that is watched; false: it is refused. `access`: READ, WRITE or both. */
  permits(vaLow: number, vaHigh: number, host: number, bytes: number, access: number): boolean {
    let hit = false;
    if (this.anyVirtual) hit = this.look(this.virtual, virtualPage(vaLow, vaHigh), vaLow, vaHigh, host, bytes, access);
    const page = Math.floor(host / PAGE);
    if ((this.marks[page]! & pageMark.watch) !== 0) hit = this.look(this.host, page, vaLow, vaHigh, host, bytes, access) || hit;
    if (!hit || this.recording) return true;
    this.stopped = true;
    return false;
  }

  /** Whether an access was refused since this was last asked. */
  takeStopped(): boolean {
    const { stopped } = this;
    this.stopped = false;
    return stopped;
  }

  /** The instruction that made them was not completed: it took an exception. */
  drop(): void {
    this.accesses.length = 0;
  }

  /** Whether an access touches a range in this page; while recording all that it touches are noted. */
  private look(ranges: RangesByPage, page: number, vaLow: number, vaHigh: number, host: number, bytes: number, access: number): boolean {
    const offset = vaLow & (PAGE - 1);
    let hit = false;
    for (const range of ranges.at(page)) {
      if ((range.access & access) === 0) continue;
      const from = page === range.firstPage ? range.first : 0;
      const to = page === range.lastPage ? range.last : PAGE - 1;
      if (offset > to || offset + bytes - 1 < from) continue;
      hit = true;
      if (this.recording) this.record(range, vaLow - offset, vaHigh, host - offset, offset, bytes, from, to, access & range.access);
    }
    return hit;
  }

  private record(
    { id, firstPage, lastPage }: WatchedRange,
    pageLow: number,
    vaHigh: number,
    hostPage: number,
    offset: number,
    bytes: number,
    from: number,
    to: number,
    access: number,
  ): void {
    const known = this.accesses.find((a) => a.id === id);
    if (known) {
      known.access |= access;
      return;
    }
    const whole = firstPage === lastPage && to - from < WHOLE_BYTES;
    const start = whole ? from : Math.max(offset, from);
    const end = whole ? to : Math.min(offset + bytes - 1, to);
    const host = hostPage + start;
    this.accesses.push({ id, vaLow: (pageLow + start) | 0, vaHigh, host, access, before: this.bytes.slice(host, host + end - start + 1) });
  }

  private mark(ranges: readonly WatchedRange[], on: boolean): void {
    for (const { firstPage, lastPage } of ranges) {
      for (let page = firstPage; page <= lastPage; page++) {
        if (on) this.marks[page]! |= pageMark.watch;
        else this.marks[page]! &= ~pageMark.watch;
      }
    }
  }
}
