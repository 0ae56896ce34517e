import { MAIN_TLB_BYTES, mainTlb, mainTlbState } from '../translate/layout.ts';

const SETS = mainTlb.sets;
const WAYS = mainTlb.ways;
const WAY_WORDS = mainTlb.entryBytes / 4;
const SET_WORDS = WAYS * WAY_WORDS;
const VICTIM_WORD = mainTlbState.victim / 4;
const HUGE_WORD = mainTlbState.hugeBlocks / 4;
const { hugeSpan: HUGE, pageSpan: LARGEST_PAGE } = mainTlbState;

/** The two words of an address space's part of a tag. */
export const spaceTagLow = (space: number): number => space & 0xfff;
export const spaceTagHigh = (space: number): number => (space >>> 12) << 17;

/**
 * The second level TLB: results of whole walks, by 4 KiB page of VA and address space (ASID, VMID and tables, or global), for all contexts.
 * Four ways. An address space is a number that `AddressSpaces` gives out and takes back; 0 is none.
 */
export class MainTlb {
  /** Stage 1 leaves of more than a page: an invalidation there must cover the whole block. */
  private readonly blocks: Uint8Array;

  /** @param words Entries and state, as generated code has them (layout.ts `mainTlb`, `mainTlbState`). */
  constructor(readonly words: Int32Array) {
    this.blocks = new Uint8Array(words.buffer, words.byteOffset + mainTlbState.blocks, mainTlbState.blockEntries);
  }

  /** Index of the entry's first word, or -1. Two spaces are looked for: the global one of the tables, and the ASID's. */
  find(vaLow: number, vaHigh: number, global: number, local: number): number {
    const words = this.words;
    const set = setOf(vaLow, vaHigh);
    const page = vaLow & ~0xfff;
    const top = topOf(vaHigh);
    const globalLow = page | spaceTagLow(global);
    const globalHigh = top | spaceTagHigh(global);
    const localLow = page | spaceTagLow(local);
    const localHigh = top | spaceTagHigh(local);
    for (let at = set; at < set + SET_WORDS; at += WAY_WORDS) {
      const tagLow = words[at]!;
      const tagHigh = words[at + 1]!;
      if ((tagLow === localLow && tagHigh === localHigh) || (tagLow === globalLow && tagHigh === globalHigh)) return at;
    }
    return -1;
  }

  /**
   * Enters a page's translation; replaces the one it had. Index of its first word.
   * @param span log2 of the bytes of its stage 1 leaf.
   */
  insert(vaLow: number, vaHigh: number, space: number, hostPage: number, info: number, span: number): number {
    const words = this.words;
    const set = setOf(vaLow, vaHigh);
    const tagLow = (vaLow & ~0xfff) | spaceTagLow(space);
    const tagHigh = topOf(vaHigh) | spaceTagHigh(space);
    let at = -1;
    for (let way = set; way < set + SET_WORDS; way += WAY_WORDS) {
      if (words[way] === tagLow && words[way + 1] === tagHigh) {
        at = way;
        break;
      }
      if (at < 0 && words[way] === 0 && words[way + 1] === 0) at = way;
    }
    if (at < 0) {
      const victim = (words[VICTIM_WORD]! + 1) & (WAYS - 1);
      words[VICTIM_WORD] = victim;
      at = set + victim * WAY_WORDS;
    }
    words[at] = tagLow;
    words[at + 1] = tagHigh;
    words[at + 2] = hostPage;
    words[at + 3] = info;
    if (span > HUGE) words[HUGE_WORD] = 1;
    else if (span > LARGEST_PAGE) this.blocks[blockOf(vaLow, vaHigh)] = 1;
    return at;
  }

  /** Drops a page in every address space. */
  invalidatePage(vaLow: number, vaHigh: number): void {
    const words = this.words;
    const set = setOf(vaLow, vaHigh);
    const page = vaLow & ~0xfff;
    const top = topOf(vaHigh);
    for (let at = set; at < set + SET_WORDS; at += WAY_WORDS) {
      if ((words[at]! & ~0xfff) === page && (words[at + 1]! & 0x1_ffff) === top) {
        words[at] = 0;
        words[at + 1] = 0;
      }
    }
  }

  /** True where an invalidation at this VA may concern a block: then everything has to go. */
  mayBeBlock(vaLow: number, vaHigh: number): boolean {
    return this.words[HUGE_WORD] !== 0 || this.blocks[blockOf(vaLow, vaHigh)] !== 0;
  }

  flush(): void {
    const { words } = this;
    words.fill(0, 0, MAIN_TLB_BYTES / 4);
    this.blocks.fill(0);
    // A leaf of more than 2 MiB is cached: any invalidation by VA drops everything.
    words[HUGE_WORD] = 0;
  }
}

const setOf = (vaLow: number, vaHigh: number): number => (((vaLow >>> 12) ^ (vaLow >>> 23) ^ (vaHigh << 5)) & (SETS - 1)) * SET_WORDS;
const topOf = (vaHigh: number): number => (vaHigh & 0xffff) | ((vaHigh & 0x80_0000) >>> 7);
const blockOf = (vaLow: number, vaHigh: number): number => ((vaLow >>> 21) ^ ((vaHigh & 0xffff) << 3) ^ ((vaHigh & 0xffff) >>> 8)) & 4095;
