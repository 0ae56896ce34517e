import { access as accessBits, machineWords, mainTlbInfo, SCRATCH, slots } from '../translate/layout.ts';
import { EL0_SHIFT, FETCH, MAINTENANCE, MISALIGNED, NO_DIRTY, neededRights, PAN, READ, UNPRIVILEGED, WRITE, ZERO } from './access.ts';
import type { AddressSpace } from './address-space.ts';
import { translateAddress } from './address-translation.ts';
import { misalignedFaults } from './alignment.ts';
import type { LineOperation } from './cache/cache-model.ts';
import { CachedAccess } from './cache/cached-access.ts';
import { ATTRIBUTE_COLUMNS, attributeFlag, STAGE1_OFF_DATA, STAGE2_OFF } from './configuration.ts';
import { Consumption } from './consumption.ts';
import type { Context, Contexts } from './context.ts';
import { DataWatches } from './data-watches.ts';
import { DebugMemory } from './debug-memory.ts';
import { type ExplainedAccess, type Explanation, explain } from './explain.ts';
import type { Fault, FaultSink } from './fault.ts';
import type { MmuFeatures } from './features.ts';
import type { MainTlb } from './main-tlb.ts';
import { pageMark } from './page-mark.ts';
import type { PhysicalMemory } from './physical-memory.ts';
import { ContextSelection, type RegisterState } from './selection.ts';
import { invalidate, invalidateOperand } from './tlb-maintenance.ts';
import { Translation } from './translation.ts';
import type { WatchedRange } from './watched-ranges.ts';

export type { RegisterState } from './selection.ts';

/** The predecoded code, as far as memory has to know of it (`emulator/translate/code-cache.ts`). */
export interface CodePages {
  recordsOf(hostPage: number): number;
  holdsCode(hostPage: number): boolean;
  written(host: number, bytes: number): void;
  hasBreakpoint(host: number): boolean;
}

const PSTATE_PAN = 1 << 22;
const PAGE = 4096;

/**
 * The memory management unit of a machine's processors: the slow path behind the TLBs that generated code looks up, TLB contexts and maintenance.
 * One for all vCPUs, which take turns: entries are told apart by what they were made from, so sharing them changes nothing a guest can see.
 */
export class Mmu {
  readonly translation: Translation;
  readonly selection: ContextSelection;
  readonly contexts: Contexts;
  readonly tlb: MainTlb;
  /** The fault of the last access that did not complete. */
  readonly fault: Fault;
  /** Data watches of a debugger. Set through `setWatches`. */
  readonly watches: DataWatches;
  /** Memory as a debugger sees it. */
  readonly debug: DebugMemory;
  private readonly consumption: Consumption;
  private readonly bytes: Uint8Array;
  /** With a cache model. */
  private readonly cached: CachedAccess | undefined;
  private whenFetched: ((pcLow: number, pcHigh: number, hostPage: number) => void) | undefined;
  private splitFirst = 0;
  private splitFirstBytes = 0;
  private splitSecond = 0;
  private splitBytes = 0;

  /**
   * @param code May be set later (`attachCode`), before the first fetch.
   * @param sink Told of faults of `access` and `fetch`.
   */
  constructor(
    readonly physical: PhysicalMemory,
    readonly features: MmuFeatures,
    private sink: FaultSink,
    private code: CodePages,
  ) {
    this.translation = new Translation(physical);
    this.fault = this.translation.fault;
    this.selection = new ContextSelection(physical, features, this.translation.stage2);
    this.contexts = this.selection.contexts;
    this.tlb = this.selection.tlb;
    this.consumption = new Consumption(physical, this.fault);
    this.bytes = physical.bytes;
    this.watches = new DataWatches(physical.bytes, physical.marks);
    this.debug = new DebugMemory(this.translation, physical, () => this.code);
    // Where instructions come from, refills in generated code don't know.
    this.fetchWatch = undefined;
    this.cached = physical.cache && new CachedAccess(physical.cache, this.contexts, (host, bytes) => this.code.written(host, bytes));
  }

  /** Told of every page that is entered for execution, with the address executed: a debugger arms its breakpoints there. */
  set fetchWatch(watch: ((pcLow: number, pcHigh: number, hostPage: number) => void) | undefined) {
    this.whenFetched = watch;
    this.physical.words[machineWords.fetchWatched >> 2] = watch === undefined && this.physical.cache === undefined ? 0 : 1;
  }

  /** Whom faults are told from now on: the processor that runs. */
  attachSink(sink: FaultSink): void {
    this.sink = sink;
  }

  attachCode(code: CodePages): void {
    this.code = code;
  }

  // ---- contexts -------------------------------------------------------------------------------------------------

  /**
   * Makes the TLBs of the state's current translation context those that generated code looks up. To be called after every change of PSTATE.EL, PAN, UAO
   * or a register of the EL1&0 regime (SCTLR, TCR, MAIR, TTBRn, HCR, VTCR, VTTBR), and when another vCPU is loaded. Cheap where nothing changed.
   */
  switchContext(state: RegisterState): void {
    this.selection.switchContext(state);
  }

  /** The address space that a state's registers select. */
  spaceOf(state: RegisterState): AddressSpace {
    return this.selection.spaceOf(state);
  }

  // ---- slow path of generated code --------------------------------------------------------------------------------

  /**
   * Import `access` of generated code (`flags` as in layout.ts): host address to use, or 0: faulted, and the sink knows.
   * An access that crosses into the next page is given scratch bytes; a write is finished by `commit`.
   */
  access(vaLow: number, vaHigh: number, flags: number): number {
    const bytes = flags & accessBits.bytesMask;
    const context = (flags & accessBits.unprivileged) !== 0 ? this.selection.unprivileged! : this.selection.current!;
    let access = context.privilege | ((flags & accessBits.write) === 0 ? READ : (flags & accessBits.read) !== 0 ? READ | WRITE : WRITE);
    const element = (flags >>> accessBits.alignShift) & 0xff || bytes;
    if ((vaLow & (element - 1)) !== 0) {
      if (misalignedFaults(context.space.configuration, vaLow, bytes, flags, this.features.lse2))
        return this.noteAlignment(vaLow, vaHigh, access);
      access |= MISALIGNED;
    }
    // Only DC ZVA writes one element of 64 bytes.
    if (element === 64) access |= ZERO;
    const offset = vaLow & 0xfff;
    if (offset + bytes > PAGE) return this.split(context, vaLow, vaHigh, access, bytes);
    const host = this.locate(context, vaLow, vaHigh, access, bytes);
    if ((access & MISALIGNED) !== 0 && host !== 0 && (flags & accessBits.aligned) !== 0 && (this.info & mainTlbInfo.writeBack) === 0)
      return this.noteAlignment(vaLow, vaHigh, access);
    return host;
  }

  /** Import `commit` of generated code: stores the scratch bytes of the last split write. */
  commit(): void {
    const first = this.splitFirstBytes;
    this.bytes.copyWithin(this.splitFirst, SCRATCH, SCRATCH + first);
    this.bytes.copyWithin(this.splitSecond, SCRATCH + first, SCRATCH + this.splitBytes);
  }

  private noteAlignment(vaLow: number, vaHigh: number, access: number): 0 {
    const fault = this.fault;
    fault.type = 'alignment';
    fault.rule = 'alignment';
    fault.access = 'data';
    fault.stage = 1;
    fault.level = 0;
    fault.s1ptw = false;
    fault.walk = false;
    fault.write = (access & (READ | WRITE)) === WRITE;
    fault.vaLow = vaLow;
    fault.vaHigh = vaHigh;
    this.sink.fault(fault);
    return 0;
  }

  private split(context: Context, vaLow: number, vaHigh: number, access: number, bytes: number): number {
    const first = PAGE - (vaLow & 0xfff);
    const firstHost = this.locate(context, vaLow, vaHigh, access, first);
    if (firstHost === 0) return 0;
    const nextLow = (vaLow + first) | 0;
    const secondHost = this.locate(context, nextLow, nextLow === 0 ? (vaHigh + 1) | 0 : vaHigh, access, bytes - first);
    if (secondHost === 0) return 0;
    if ((access & READ) !== 0) {
      this.bytes.copyWithin(SCRATCH, firstHost, firstHost + first);
      this.bytes.copyWithin(SCRATCH + first, secondHost, secondHost + bytes - first);
    }
    this.splitFirst = firstHost;
    this.splitFirstBytes = first;
    this.splitSecond = secondHost;
    this.splitBytes = bytes;
    return SCRATCH;
  }

  /** Info word of the page that `locate` or `page` found last. */
  private info = 0;

  /** Host address of bytes inside one page, after all checks; 0: faulted. Fills the TLB of the context where generated code may use it. */
  private locate(context: Context, vaLow: number, vaHigh: number, access: number, bytes: number): number {
    const hostPage = this.page(context.space, vaLow, vaHigh, access);
    if (hostPage === 0) {
      this.sink.fault(this.fault);
      return 0;
    }
    const host = hostPage + (vaLow & 0xfff);
    const write = (access & WRITE) !== 0;
    const marks = this.physical.marks[hostPage >>> 12]!;
    const watched = this.watches.armed && ((marks & pageMark.watch) !== 0 || this.watches.watchesVirtual(vaLow, vaHigh));
    if (watched && !this.watches.permits(vaLow, vaHigh, host, bytes, access & (READ | WRITE))) return 0;
    if ((marks & pageMark.poison) !== 0 && !this.consumption.data(vaLow, vaHigh, host, bytes, access)) {
      this.sink.fault(this.fault);
      return 0;
    }
    const info = this.info;
    const { cached } = this;
    const page = cached === undefined ? hostPage : cached.place(host, bytes, write, info);
    const code = this.code.holdsCode(page);
    if (write && code) this.code.written(page + (vaLow & 0xfff), bytes);
    if ((marks & pageMark.poison) === 0 && (info & mainTlbInfo.device) === 0 && !context.space.configuration.alignmentChecked) {
      const shift = (access & UNPRIVILEGED) !== 0 ? EL0_SHIFT : 0;
      const read = ((info >>> shift) & READ) !== 0;
      // PAN denies both; that was checked for this access.
      const storable = read && !code && ((info >>> shift) & WRITE) !== 0;
      if (cached === undefined) this.contexts.fillData(context, vaLow, vaHigh, page, read, storable);
      const whole = cached === undefined || cached.enter(context, vaLow, vaHigh, host, page, read, storable, watched);
      if (watched && whole) this.narrow(context, vaLow, vaHigh, host);
    }
    return page + (vaLow & 0xfff);
  }

  /** The page just entered has watched bytes. What reads and writes only looks at the write tag, so that has to mind watches of reads too. */
  private narrow(context: Context, vaLow: number, vaHigh: number, host: number): void {
    const { watches } = this;
    const reads = watches.window(vaLow, vaHigh, host, READ);
    this.contexts.narrowData(context, vaLow, reads, watches.window(vaLow, vaHigh, host, READ | WRITE));
  }

  /** Host address of the page an access goes to, through the main TLB or the tables; 0: `fault` says why not. Leaves `info`. */
  private page(space: AddressSpace, vaLow: number, vaHigh: number, access: number): number {
    const configuration = space.configuration;
    const upper = (vaHigh & 0x80_0000) !== 0;
    const range = upper ? configuration.upper : configuration.lower;
    const tbi = (access & FETCH) !== 0 ? range.tbiFetch : range.tbiData;
    const top = ((upper ? ~vaHigh : vaHigh) & (tbi ? 0x00ff_ffff : -1)) >>> 16;
    // What the tags do not tell apart goes through the walk: non-canonical addresses, E0PD.
    if (top === 0 && !(range.e0pd && (access & UNPRIVILEGED) !== 0)) {
      const at = this.tlb.find(vaLow, vaHigh, upper ? space.upperGlobal : space.lowerGlobal, upper ? space.upperLocal : space.lowerLocal);
      if (at >= 0) {
        const info = this.tlb.words[at + 3]!;
        const permitted =
          (neededRights(access) & ~info) === 0 &&
          ((access & (MISALIGNED | ZERO)) === 0 || (info & mainTlbInfo.device) === 0) &&
          ((access & PAN) === 0 || (info & mainTlbInfo.panDenied) === 0 || (access & (READ | WRITE)) === 0);
        if (permitted) {
          this.info = info;
          return this.tlb.words[at + 2]! >>> 0;
        }
      }
    }
    return this.walk(space, vaLow, vaHigh, access);
  }

  private walk(space: AddressSpace, vaLow: number, vaHigh: number, access: number): number {
    const t = this.translation;
    if (!t.translate(space, vaLow, vaHigh, access)) return 0;
    const host = this.physical.hostOf(t.pa);
    if (host < 0) {
      this.consumption.absent(t.pa);
      return 0;
    }
    const hostPage = host - (vaLow & 0xfff);
    this.enter(space, vaLow, vaHigh, hostPage);
    return hostPage;
  }

  /** Enters the page just translated in the second level TLB. */
  private enter(space: AddressSpace, vaLow: number, vaHigh: number, hostPage: number): void {
    const t = this.translation;
    let { flags } = t;
    const { configuration } = space;
    // With stage 1 off the type depends on fetch or data; what is cached must hold for data.
    if (!configuration.stage1 && !configuration.defaultCacheable) {
      const column = configuration.stage2.enabled ? t.stage2.memAttr : STAGE2_OFF;
      flags = configuration.attributeFlags[STAGE1_OFF_DATA * ATTRIBUTE_COLUMNS + column]!;
    }
    const info =
      mainTlbInfo.valid |
      t.rights |
      (t.panDenied ? mainTlbInfo.panDenied : 0) |
      (t.guarded && configuration.guardedPages ? mainTlbInfo.guarded : 0) |
      (this.watches.watchesVirtual(vaLow, vaHigh) ? mainTlbInfo.watched : 0) |
      ((flags & attributeFlag.device) !== 0 ? mainTlbInfo.device : 0) |
      ((flags & attributeFlag.writeBack) !== 0 ? mainTlbInfo.writeBack : this.physical.cache === undefined ? 0 : mainTlbInfo.notCached);
    this.info = info;
    const upper = (vaHigh & 0x80_0000) !== 0;
    const number = upper ? (t.global ? space.upperGlobal : space.upperLocal) : t.global ? space.lowerGlobal : space.lowerLocal;
    this.tlb.insert(vaLow, vaHigh, number, hostPage, info, t.span);
  }

  /**
   * Import `fetch` of generated code: translates PC for execution and fills its fetch TLB entry; address of the page's records, or 0: faulted, and
   * the sink knows. PC alignment and guarded pages are checked by generated code.
   */
  fetch(pcLow: number, pcHigh: number): number {
    const context = this.selection.current!;
    const access = FETCH | (context.privilege & UNPRIVILEGED);
    const hostPage = this.page(context.space, pcLow, pcHigh, access);
    if (hostPage === 0) {
      this.sink.fault(this.fault);
      return 0;
    }
    const guarded = (this.info & mainTlbInfo.guarded) !== 0;
    const page = this.cached === undefined ? hostPage : this.cached.fetchPage(hostPage, this.info, context.space.configuration);
    if (!this.code.holdsCode(page)) this.contexts.protectCode(page);
    const records = this.code.recordsOf(page);
    this.whenFetched?.(pcLow, pcHigh, page);
    this.contexts.fillFetch(context, pcLow, pcHigh, records, guarded);
    return records;
  }

  /**
   * The record of the instruction at PC asks before it executes: it has a breakpoint, or its line is bad.
   * @param stop Asks whether a breakpoint stops.
   * @returns `abort`: the line is bad, and `fault` says so.
   */
  atRecord(pcLow: number, pcHigh: number, stop: () => boolean): 'breakpoint' | 'abort' | 'good' {
    const { space, privilege } = this.selection.current!;
    const hostPage = this.page(space, pcLow, pcHigh, FETCH | (privilege & UNPRIVILEGED));
    const host = hostPage + (pcLow & 0xfff);
    const page = this.cached === undefined ? hostPage : this.cached.fetchPage(hostPage, this.info, space.configuration);
    if (this.code.hasBreakpoint(page + (pcLow & 0xfff)) && stop()) return 'breakpoint';
    return this.consumption.fetch(pcLow, pcHigh, host) ? 'good' : 'abort';
  }

  /** Generated code's records were given up or moved: no fetch TLB may refer to them. For the code cache's `discarded`. */
  flushFetch(): void {
    this.contexts.flushFetch();
  }

  // ---- maintenance --------------------------------------------------------------------------------------------------

  /**
   * DC and IC by VA: whether the address translates with what the operation needs. False: `fault` says why (the sink is not told).
   * @param needs `write`: DC IVAC. `read`: any at EL0. `nothing`: the rest.
   * @param readsLine DC, as against IC: an error in the line is consumed.
   * @param operation What DC does to the line.
   */
  maintain(
    vaLow: number,
    vaHigh: number,
    needs: 'nothing' | 'read' | 'write',
    readsLine = false,
    operation: LineOperation = 'clean and invalidate',
  ): boolean {
    const { space, privilege } = this.selection.current!;
    const rights = needs === 'write' ? WRITE : needs === 'read' ? READ : 0;
    const t = this.translation;
    if (!t.translate(space, vaLow, vaHigh, (privilege & UNPRIVILEGED) | MAINTENANCE | NO_DIRTY | rights)) return false;
    // Generated code performs the next one for this page itself.
    const host = this.physical.hostOf(t.pa);
    const poisoned = host >= 0 && (this.physical.marks[host >>> 12]! & pageMark.poison) !== 0;
    if (poisoned && readsLine && !this.consumption.maintenance(vaLow, vaHigh, host)) return false;
    if (host >= 0 && t.accessed && !poisoned) this.enter(space, vaLow, vaHigh, host - (vaLow & 0xfff));
    if (host >= 0) this.cached?.maintain(host, readsLine ? operation : undefined);
    return true;
  }

  /**
   * TLBI. Local and broadcast forms do the same: the vCPUs share what is cached.
   * @param operation As written after the mnemonic: `VAE1IS`. Throws for a name that is no TLBI operation.
   */
  invalidate(operation: string, xtLow: number, xtHigh: number): void {
    invalidate(this.selection, operation, xtLow, xtHigh);
  }

  /** TLBI by VA, as `invalidate` does it, of what the operand names. */
  invalidateAddress(xtLow: number, xtHigh: number): void {
    invalidateOperand(this.selection, xtLow, xtHigh);
  }

  /** Drops every translation of both stages. */
  invalidateAll(): void {
    this.selection.invalidateAll();
  }

  /** AT at this level, with the registers of the state: PAR_EL1, or undefined where it is an exception that `fault` describes (the sink is not told). */
  translateAddress(state: RegisterState, operation: string, va: bigint): bigint | undefined {
    const pstate = state.low(slots.pstate);
    return translateAddress(this.translation, this.spaceOf(state), operation, va, (pstate & PSTATE_PAN) !== 0, (pstate >>> 2) & 3);
  }

  /** What an access by this vCPU would do, step by step, without doing it. `ipa`: through stage 2 alone. */
  explain(state: RegisterState, space: 'va' | 'ipa', address: bigint, access: ExplainedAccess): Explanation {
    return explain(this.translation, this.physical, this.spaceOf(state), space, address, access);
  }

  /** Replaces all data watches. */
  setWatches(ranges: readonly WatchedRange[]): void {
    this.watches.set(ranges);
    this.physical.words[machineWords.virtualWatches >> 2] = ranges.some((r) => r.virtual) ? 1 : 0;
    // Entries say which pages have watches.
    this.tlb.flush();
    this.contexts.flushAll();
  }

  /** Marks of a page changed (poison, watch): what generated code may reach of it goes. */
  marksChanged(hostPage: number): void {
    this.contexts.drop(hostPage, true);
  }
}
