/** Bytes of a line: what caches move and memory protects as one. */
export const LINE_BYTES = 64;

export const lineOf = (host: number): number => Math.floor(host / LINE_BYTES);
export const lastLine = (host: number, bytes: number): number => Math.floor((host + bytes - 1) / LINE_BYTES);

/** Lines `first` to `last`. */
export interface LineInterval {
  readonly first: number;
  readonly last: number;
}

/** A set of lines, as few intervals as possible, in order. */
export class LineSet {
  intervals: readonly LineInterval[];

  constructor(ranges: readonly { readonly host: number; readonly bytes: number }[]) {
    const sorted = ranges
      .filter(({ bytes }) => bytes > 0)
      .map(({ host, bytes }) => ({ first: lineOf(host), last: lastLine(host, bytes) }))
      .sort((a, b) => a.first - b.first);
    const merged: { first: number; last: number }[] = [];
    for (const { first, last } of sorted) {
      const before = merged.at(-1);
      if (before && first <= before.last + 1) before.last = Math.max(before.last, last);
      else merged.push({ first, last });
    }
    this.intervals = merged;
  }

  get empty(): boolean {
    return this.intervals.length === 0;
  }

  get bytes(): number {
    return this.intervals.reduce((sum, { first, last }) => sum + (last - first + 1) * LINE_BYTES, 0);
  }

  /** Whether any of these lines is in it. */
  touches(first: number, last: number): boolean {
    return this.firstFrom(first) <= last;
  }

  /** The first of these bytes that lies in it. */
  firstIn(host: number, bytes: number): number {
    const line = this.firstFrom(lineOf(host));
    return line <= lastLine(host, bytes) ? Math.max(host, line * LINE_BYTES) : -1;
  }

  /** Takes lines away. False: none of them was there. */
  remove(first: number, last: number): boolean {
    if (!this.touches(first, last)) return false;
    this.intervals = this.intervals.flatMap((interval) => [
      ...(interval.first < first ? [{ first: interval.first, last: Math.min(interval.last, first - 1) }] : []),
      ...(interval.last > last ? [{ first: Math.max(interval.first, last + 1), last: interval.last }] : []),
    ]);
    return true;
  }

  /** The first line of it that is not before this one; Infinity: none. */
  private firstFrom(line: number): number {
    const { intervals } = this;
    let low = 0;
    let high = intervals.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (intervals[middle]!.last < line) low = middle + 1;
      else high = middle;
    }
    return low < intervals.length ? Math.max(line, intervals[low]!.first) : Number.POSITIVE_INFINITY;
  }
}
