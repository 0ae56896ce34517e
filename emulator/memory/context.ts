import {
  CONTEXT_TLB_BYTES,
  contextHeader,
  DATA_TLB_BYTES,
  DATA_TLB_ENTRIES,
  DATA_TLB_ENTRY_BYTES,
  dataTlbEntry,
  FETCH_TLB_BYTES,
  FETCH_TLB_ENTRIES,
  FETCH_TLB_ENTRY_BYTES,
  fetchTlbEntry,
  WATCHED_TAG,
} from '../translate/layout.ts';
import type { AddressSpace } from './address-space.ts';
import { headerOf, writeContextHeader } from './context-header.ts';
import type { PhysicalMemory } from './physical-memory.ts';
import { WHOLE_PAGE } from './watch-window.ts';

const DATA_WORDS = DATA_TLB_ENTRY_BYTES / 4;
const FETCH_WORDS = FETCH_TLB_ENTRY_BYTES / 4;
const WRITE_WORD = dataTlbEntry.write / 4;
const ADDEND_WORD = dataTlbEntry.addend / 4;
const READ_WINDOW_WORD = dataTlbEntry.readWindow / 4;
const WRITE_WINDOW_WORD = dataTlbEntry.writeWindow / 4;
const RECORDS_WORD = fetchTlbEntry.records / 4;
const FLAGS_WORD = fetchTlbEntry.flags / 4;
/** More than one entry lets stores through to the page. */
const MANY = -1;

/** A set of TLBs that generated code reads: those of one address space at one privilege. */
export interface Context {
  readonly index: number;
  /** Host addresses. */
  readonly dataTlb: number;
  readonly fetchTlb: number;
  space: AddressSpace;
  /** UNPRIVILEGED at EL0, PAN at EL1 with PSTATE.PAN set, else 0. */
  privilege: number;
  /** Index of the word that is not 0 where something was entered since the last flush: refills in generated code set it too. */
  readonly dirty: number;
  used: number;
}

/** The pool of contexts, and what must hold over all of them. */
export class Contexts {
  private readonly pool: (Context | undefined)[];
  private readonly words: Int32Array;
  /** By host page: index of the first word of the one entry whose write tag is set, 0 for none, MANY. */
  private readonly writers: Int32Array;
  private clock = 0;

  constructor(private readonly physical: PhysicalMemory) {
    this.words = physical.words;
    this.pool = new Array(physical.contexts).fill(undefined);
    this.writers = physical.pageWriters;
  }

  /** The context of an address space at a privilege; takes the least recently used one where there is none. */
  get(space: AddressSpace, privilege: number): Context {
    let free = 0;
    let oldest = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.pool.length; i++) {
      const context = this.pool[i];
      if (context === undefined) {
        if (oldest !== -1) free = i;
        oldest = -1;
        continue;
      }
      if (context.space === space && context.privilege === privilege) {
        context.used = ++this.clock;
        return context;
      }
      if (context.used < oldest) {
        oldest = context.used;
        free = i;
      }
    }
    let context = this.pool[free];
    if (context === undefined) {
      const dataTlb = this.physical.tlbStart + free * CONTEXT_TLB_BYTES;
      const dirty = headerOf(dataTlb) + contextHeader.dirty / 4;
      context = { index: free, dataTlb, fetchTlb: dataTlb + DATA_TLB_BYTES, space, privilege, dirty, used: 0 };
      this.words[dirty] = 1;
      this.pool[free] = context;
    }
    context.space = space;
    context.privilege = privilege;
    context.used = ++this.clock;
    this.flush(context);
    writeContextHeader(this.physical, context);
    return context;
  }

  /** The numbers of address spaces have changed. */
  renumbered(): void {
    for (const context of this.pool) if (context !== undefined) writeContextHeader(this.physical, context);
  }

  /** Forgets the contexts of an address space that is given up. */
  release(space: AddressSpace): void {
    for (const context of this.pool) {
      if (context?.space !== space) continue;
      this.flush(context);
      context.used = 0;
    }
  }

  /** Marks a context as used just now, so that it is not the one to make room. */
  touch(context: Context): void {
    context.used = ++this.clock;
  }

  flush(context: Context): void {
    if (this.words[context.dirty] === 0) return;
    this.physical.bytes.fill(0xff, context.dataTlb, context.fetchTlb + FETCH_TLB_BYTES);
    this.words[context.dirty] = 0;
  }

  flushAll(): void {
    for (const context of this.pool) if (context !== undefined) this.flush(context);
  }

  flushAsid(asid: number): void {
    for (const context of this.pool) if (context !== undefined && context.space.asid === asid) this.flush(context);
  }

  flushFetch(): void {
    for (const context of this.pool) {
      if (context !== undefined && this.words[context.dirty] !== 0)
        this.physical.bytes.fill(0xff, context.fetchTlb, context.fetchTlb + FETCH_TLB_BYTES);
    }
  }

  /** Drops one page from every context, whatever the top byte of the entry's VA. */
  invalidatePage(vaLow: number): void {
    const words = this.words;
    const page = vaLow & ~0xfff;
    const data = (page >>> 12) & (DATA_TLB_ENTRIES - 1);
    const fetch = (page >>> 12) & (FETCH_TLB_ENTRIES - 1);
    for (const context of this.pool) {
      if (context === undefined || words[context.dirty] === 0) continue;
      const at = (context.dataTlb >>> 2) + data * DATA_WORDS;
      if ((words[at]! & ~WATCHED_TAG) === page) words[at] = words[at + 1] = -1;
      if ((words[at + WRITE_WORD]! & ~WATCHED_TAG) === page) words[at + WRITE_WORD] = words[at + WRITE_WORD + 1] = -1;
      const code = (context.fetchTlb >>> 2) + fetch * FETCH_WORDS;
      if (words[code] === page) words[code] = words[code + 1] = -1;
    }
  }

  /** Enters a page for data. An access that reads and writes only looks at the write tag, so `write` implies that reading is permitted. */
  fillData(context: Context, vaLow: number, vaHigh: number, hostPage: number, read: boolean, write: boolean): void {
    const words = this.words;
    const page = vaLow & ~0xfff;
    const at = (context.dataTlb >>> 2) + ((page >>> 12) & (DATA_TLB_ENTRIES - 1)) * DATA_WORDS;
    words[at] = read ? page : -1;
    words[at + 1] = read ? vaHigh : -1;
    words[at + WRITE_WORD] = write ? page : -1;
    words[at + WRITE_WORD + 1] = write ? vaHigh : -1;
    words[at + ADDEND_WORD] = hostPage - page;
    words[context.dirty] = 1;
    if (write) {
      const writer = this.writers[hostPage >>> 12]!;
      if (writer === 0) this.writers[hostPage >>> 12] = at;
      else if (writer !== at) this.writers[hostPage >>> 12] = MANY;
    }
  }

  /** The page just entered is watched: its accesses are confined to windows (`watch-window.ts`). */
  narrowData(context: Context, vaLow: number, reads: number, writes: number): void {
    const words = this.words;
    const at = (context.dataTlb >>> 2) + ((vaLow >>> 12) & (DATA_TLB_ENTRIES - 1)) * DATA_WORDS;
    words[at + READ_WINDOW_WORD] = reads;
    words[at + WRITE_WINDOW_WORD] = writes;
    if (reads !== WHOLE_PAGE) words[at]! |= WATCHED_TAG;
    if (writes !== WHOLE_PAGE) words[at + WRITE_WORD]! |= WATCHED_TAG;
  }

  fillFetch(context: Context, pcLow: number, pcHigh: number, records: number, guarded: boolean): void {
    const words = this.words;
    const page = pcLow & ~0xfff;
    const at = (context.fetchTlb >>> 2) + ((page >>> 12) & (FETCH_TLB_ENTRIES - 1)) * FETCH_WORDS;
    words[at] = page;
    words[at + 1] = pcHigh;
    words[at + RECORDS_WORD] = records;
    words[at + FLAGS_WORD] = guarded ? 1 : 0;
    words[context.dirty] = 1;
  }

  /** The page becomes code: no store may reach it without the slow path. */
  protectCode(hostPage: number): void {
    const writer = this.writers[hostPage >>> 12]!;
    if (writer === 0) return;
    this.writers[hostPage >>> 12] = 0;
    if (writer !== MANY) {
      this.words[writer + WRITE_WORD] = this.words[writer + WRITE_WORD + 1] = -1;
      return;
    }
    this.drop(hostPage, false);
  }

  /** Drops every data entry of a host page, or only its write tags. */
  drop(hostPage: number, reads: boolean): void {
    const words = this.words;
    for (const context of this.pool) {
      if (context === undefined || words[context.dirty] === 0) continue;
      const first = context.dataTlb >>> 2;
      for (let at = first; at < first + DATA_TLB_ENTRIES * DATA_WORDS; at += DATA_WORDS) {
        const write = words[at + WRITE_WORD]!;
        const read = words[at]!;
        const addend = words[at + ADDEND_WORD]!;
        if (write !== -1 && (((write & ~WATCHED_TAG) + addend) | 0) === (hostPage | 0))
          words[at + WRITE_WORD] = words[at + WRITE_WORD + 1] = -1;
        if (reads && read !== -1 && (((read & ~WATCHED_TAG) + addend) | 0) === (hostPage | 0)) words[at] = words[at + 1] = -1;
      }
    }
  }
}
