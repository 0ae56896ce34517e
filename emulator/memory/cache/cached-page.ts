/** What caches move: CTR_EL0.DminLine and the line of DC by VA. */
export const LINE_BYTES = 64;
const PAGE_BYTES = 4096;
export const LINES = PAGE_BYTES / LINE_BYTES;

/** A line in the cache: not there, as memory had it when it came in, or written since. */
export type LineState = 'absent' | 'clean' | 'dirty';

export const [ABSENT, CLEAN, DIRTY] = [0, 1, 2];
export const lineStates: readonly LineState[] = ['absent', 'clean', 'dirty'];

/** A page whose lines differ in what the cache has of them: kept line by line. */
export class CachedPage {
  readonly states = new Uint8Array(LINES);
  /** It was written past the cache: lines that are there may be out of date, and come in one by one. */
  contended = false;
  /** Data TLBs may let reads, or writes, through to parts of it. */
  readsEntered = false;
  writesEntered = false;

  /** The stretch of bytes around a line all of whose lines are in at least this state, as a TLB entry has its windows (layout.ts `tlbWindow`). */
  window(line: number, state: number): number {
    const { states } = this;
    if (states[line]! < state) return 0;
    let first = line;
    while (first > 0 && states[first - 1]! >= state) first--;
    let end = line + 1;
    while (end < LINES && states[end]! >= state) end++;
    return (first * LINE_BYTES) | (((end - first) * LINE_BYTES) << 16);
  }

  /** All lines are in the cache. */
  get full(): boolean {
    return this.states.every((state) => state !== ABSENT);
  }
}
