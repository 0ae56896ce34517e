const PAGE = 4096;
/** A range of more pages than this is compared with by its bounds instead of being entered page by page. */
const FEW_PAGES = 256;

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

/** Number of a virtual page, without the address tag (bits 63:56): 44 bits. */
export const virtualPage = (vaLow: number, vaHigh: number): number => (vaHigh & 0xff_ffff) * 0x10_0000 + (vaLow >>> 12);

const NONE: readonly WatchedRange[] = [];

/** The watched bytes of a range in one page of it. */
export const firstIn = (range: WatchedRange, page: number): number => (page === range.firstPage ? range.first : 0);
export const lastIn = (range: WatchedRange, page: number): number => (page === range.lastPage ? range.last : PAGE - 1);

/** Ranges by page. */
export class RangesByPage {
  private pages = new Map<number, WatchedRange[]>();
  private wide: WatchedRange[] = [];
  /** What was asked for last: accesses come in runs to one page. */
  private lastPage = -1;
  private lastAt = NONE;

  set(ranges: readonly WatchedRange[]): void {
    this.pages = new Map();
    this.lastPage = -1;
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
    if (page !== this.lastPage) {
      this.lastPage = page;
      this.lastAt = [...few, ...this.wide.filter(({ firstPage, lastPage }) => page >= firstPage && page <= lastPage)];
    }
    return this.lastAt;
  }
}
