import { pageMark } from './page-mark.ts';

const GRANULE = 64;

/** Poisoned memory: consuming a byte of it is a synchronous external abort. Kept by cache line of 64 bytes, by host address. */
export class PoisonMap {
  private readonly lines = new Set<number>();

  /** @param marks `pageMark` bits by host page, kept in step. */
  constructor(private readonly marks: Uint8Array) {}

  get empty(): boolean {
    return this.lines.size === 0;
  }

  /** Marks the lines that hold these bytes. The caller drops the page from TLBs. */
  add(host: number, bytes: number): void {
    for (let line = Math.floor(host / GRANULE); line * GRANULE < host + bytes; line++) {
      this.lines.add(line);
      this.marks[(line * GRANULE) >>> 12]! |= pageMark.poison;
    }
  }

  remove(host: number, bytes: number): void {
    for (let line = Math.floor(host / GRANULE); line * GRANULE < host + bytes; line++) this.lines.delete(line);
    for (let page = Math.floor(host / 4096); page * 4096 < host + bytes; page++) {
      const first = page * (4096 / GRANULE);
      let poisoned = false;
      for (let line = first; line < first + 4096 / GRANULE; line++) poisoned ||= this.lines.has(line);
      if (!poisoned) this.marks[page]! &= ~pageMark.poison;
    }
  }

  hits(host: number, bytes: number): boolean {
    for (let line = Math.floor(host / GRANULE); line * GRANULE < host + bytes; line++) if (this.lines.has(line)) return true;
    return false;
  }
}
