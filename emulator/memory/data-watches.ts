import { pageMark } from './page-mark.ts';
import { WatchWindow } from './watch-window.ts';
import { firstIn, lastIn, RangesByPage, virtualPage, type WatchedRange } from './watched-ranges.ts';

const PAGE = 4096;
/** A watch of at most this many bytes inside one page is reported as a whole, whatever part of it an access touches. */
const WHOLE_BYTES = 16;
/** Watches one behind the other that a search for a window goes past. */
const MOST_ATTEMPTS = 4;

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

/**
 * Data watches of a debugger, exact to the byte. Of a page with a watch, generated code reaches by itself only what `window` permits; other accesses come here.
 * An access to watched bytes is refused (`takeStopped`), before anything has changed. Whoever runs the processor then has the instruction executed alone
 * (`record`) and finds its accesses in `accesses`.
 */
export class DataWatches {
  /** Anything is watched. */
  armed = false;
  private stopped = false;
  /** Accesses are performed and recorded. */
  private recording = false;
  readonly accesses: WatchedAccess[] = [];
  private readonly virtual = new RangesByPage();
  private readonly host = new RangesByPage();
  private marked: readonly WatchedRange[] = [];
  private anyVirtual = false;
  private readonly found = new WatchWindow();

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

  /** Some bytes of the page are watched by their virtual address. */
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

  /**
   * The stretch around an access (or after the watched bytes that it starts in) where generated code needs to ask nobody, as `WatchWindow` has it.
   * @param access What it may do there: READ, WRITE or both.
   */
  window(vaLow: number, vaHigh: number, host: number, access: number): number {
    const { found } = this;
    const virtual = this.anyVirtual ? virtualPage(vaLow, vaHigh) : 0;
    const page = Math.floor(host / PAGE);
    let at = vaLow & (PAGE - 1);
    for (let attempt = 0; ; attempt++) {
      found.begin(at);
      if (this.anyVirtual) this.exclude(this.virtual, virtual, access);
      if ((this.marks[page]! & pageMark.watch) !== 0) this.exclude(this.host, page, access);
      if (found.bytes > 0 || attempt === MOST_ATTEMPTS) return found.word;
      at = found.past;
    }
  }

  private exclude(ranges: RangesByPage, page: number, access: number): void {
    for (const range of ranges.at(page)) if ((range.access & access) !== 0) this.found.exclude(firstIn(range, page), lastIn(range, page));
  }

  /** Whether an access was refused since this was last asked. */
  takeStopped(): boolean {
    const { stopped } = this;
    this.stopped = false;
    return stopped;
  }

  /** What is executed may access watched memory; what it did there is in `accesses` then. */
  record<T>(execute: () => T): T {
    this.drop();
    this.recording = true;
    try {
      return execute();
    } finally {
      this.recording = false;
    }
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
      const from = firstIn(range, page);
      const to = lastIn(range, page);
      if (offset > to || offset + bytes - 1 < from) continue;
      hit = true;
      if (this.recording) this.note(range, vaLow - offset, vaHigh, host - offset, offset, bytes, from, to, access & range.access);
    }
    return hit;
  }

  private note(
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
