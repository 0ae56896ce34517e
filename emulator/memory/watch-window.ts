const PAGE = 4096;

/** Window of a page without watched bytes. */
export const WHOLE_PAGE = PAGE << 16;

/**
 * Finds the window around a byte of a page: the longest stretch without watched bytes, as a TLB entry has it (layout.ts `tlbWindow`).
 * The page counts as a ring, so that a single watch leaves one window and all the rest of the page is in it.
 */
export class WatchWindow {
  private at = 0;
  /** Distance from `at` to the next watched byte, and back to the one before it. */
  private ahead = PAGE;
  private behind = PAGE;
  /** Offset after the watched bytes that `at` is among. */
  past = 0;

  /** @param at Offset in the page. */
  begin(at: number): void {
    this.at = at;
    this.ahead = PAGE;
    this.behind = PAGE;
    this.past = at;
  }

  /** Watched bytes of the page, `from` to `to`. */
  exclude(from: number, to: number): void {
    const { at } = this;
    if (from <= at && at <= to) {
      this.ahead = 0;
      this.behind = 1;
      this.past = (to + 1) & (PAGE - 1);
      return;
    }
    this.ahead = Math.min(this.ahead, (from - at) & (PAGE - 1));
    this.behind = Math.min(this.behind, (at - to) & (PAGE - 1));
  }

  /** Bytes of the window; none where `at` is watched. */
  get bytes(): number {
    return this.ahead === PAGE ? PAGE : this.ahead + this.behind - 1;
  }

  /** The window: its start in the low half, its bytes in the high one. */
  get word(): number {
    if (this.ahead === PAGE) return WHOLE_PAGE;
    return ((this.at - this.behind + 1) & (PAGE - 1)) | (this.bytes << 16);
  }
}
