import type { TranslationSupport } from '../interpreter/interpreter.ts';
import { HOT_JUMPS } from '../layout.ts';
import { type BatchCompiler, batchImports, type Callee, type Code, type CompiledBatch } from './batch.ts';
import { collect, type Origin } from './collection.ts';

/** An instruction: a page of records (its number in the code cache) and its number in it. */
export interface CodePlace {
  readonly page: number;
  readonly index: number;
}

/** Where a region begins. */
export interface RegionEntry extends CodePlace {
  readonly calls: readonly OutwardCall[];
}

/** A call to a function of another page: where that lies, seen from the start of the caller's page in instructions, and where its code is. */
export interface OutwardCall {
  readonly target: number;
  readonly callee: CodePlace;
}

/** What the translator needs of the code cache. */
export interface RegionHost {
  /** What the page holds now. */
  codeOf(page: number): Code;
  calleeAt(place: CodePlace): Callee;
  /** Another number whenever what regions of the page are made from may have changed. */
  generation(page: number): number;
  /** It was asked for twice: its page was given up meanwhile, and came back. */
  hasRegion(entry: RegionEntry): boolean;
  /** From now on control that reaches the entry's record runs the function at this index of the table, which is made from these pages. */
  install(entry: RegionEntry, functionIndex: number, pages: readonly number[]): void;
  /** What was asked for is out of date: the entry may become hot anew. */
  refuse(entry: RegionEntry): void;
  /** Gives up every region. `jumps`: how often the instructions that they begin at count as jumped to; 0 where left out. */
  dropAllRegions(jumps?: number): void;
}

/** An entry, and the generation of its page when it was asked for. */
interface Asked {
  readonly entry: RegionEntry;
  readonly generation: number;
}

interface AskedBatch {
  readonly asked: readonly Asked[];
  /** Pages of the batch's callees. */
  readonly callees: readonly Origin[];
  readonly knowsWatches: boolean;
}

/** When code is translated. Whatever it is, a guest cannot tell; tests make it eager. */
export interface Eagerness {
  /** Jumps to an instruction (far, or back in its page) after which it is worth translating. */
  readonly hotJumps: number;
  /** Regions in one module: compiling many at once is cheaper for each, but the first of them waits for the last. */
  readonly batch: number;
  /** Slices that fewer wait for more. */
  readonly patience: number;
  /** Modules made before all regions are given up and start again: some engines end the process at 20,000 that live. */
  readonly mostModules: number;
  /** Likewise for what they take: bytes of the host's memory, by estimate. */
  readonly mostBytes: number;
}

/** What an engine keeps for each byte of a module (the module, its code twice, tables), and for each function that it exports. */
const KEPT_PER_BYTE = 6;
const KEPT_PER_REGION = 2048;

const DEFAULT_EAGERNESS: Eagerness = { hotJumps: 5000, batch: 8, patience: 4, mostModules: 8000, mostBytes: 200 * 2 ** 20 };

/** After all regions were given up: what runs then is needed at once, a few modules more do not matter. */
const HURRIED_SLICES = 200;

/** Turns instructions that are jumped to often into WebAssembly functions. */
export class Translator {
  private queue: Asked[] = [];
  private waited = 0;
  /** Modules made since all regions were last given up. */
  modules = 0;
  /** What those take, as `Eagerness.mostBytes` counts. */
  kept = 0;
  private readonly free: number[] = [];
  /** What was asked of the compiler, in order. */
  private readonly underWay: AskedBatch[] = [];
  private readonly eagerness: Eagerness;
  private knowsWatches = false;
  private someDoNotKnow = false;
  /** Slices that ask for regions without waiting for more of them. */
  private hurried = 0;
  /** Regions translated so far. */
  translated = 0;

  constructor(
    private readonly memory: WebAssembly.Memory,
    private readonly interpreter: TranslationSupport,
    private readonly host: RegionHost,
    private readonly compiler: BatchCompiler,
    eagerness: Partial<Eagerness> = {},
  ) {
    this.eagerness = { ...DEFAULT_EAGERNESS, ...eagerness };
    new Int32Array(memory.buffer)[HOT_JUMPS >> 2] = this.eagerness.hotJumps;
  }

  /** Import `hot` of the interpreter, after the code cache has found the record's place. */
  request(entry: RegionEntry): void {
    this.queue.push({ entry, generation: this.host.generation(entry.page) });
  }

  /**
   * Memory is watched from now on, or no longer: only regions that know of it go on where a watched page is accessed; the others leave, and are given up:
   * each is asked for again as soon as it is jumped to.
   * Those that know stay when nothing is watched any more: they are no slower. Between slices.
   */
  setKnowsWatches(on: boolean): void {
    this.knowsWatches = on;
    if (!on || !this.someDoNotKnow) return;
    this.someDoNotKnow = false;
    this.host.dropAllRegions(this.eagerness.hotJumps - 1);
    this.hurried = HURRIED_SLICES;
  }

  /** A region's function is not called any more. */
  release(functionIndex: number): void {
    this.interpreter.table.set(functionIndex, null);
    this.free.push(functionIndex);
  }

  /** Between slices: asks for what is wanted, when there is enough of it, and installs what is done. */
  settle(): void {
    const { batch, patience } = this.eagerness;
    const hurried = this.hurried > 0 && this.hurried-- > 0;
    if (this.queue.length > 0 && (hurried || this.queue.length >= batch || ++this.waited >= patience)) this.post();
    if (this.underWay.length > 0) this.installDone();
  }

  /** Asks for what is wanted now, and installs what is done. Between slices. */
  flush(): void {
    this.post();
    this.installDone();
  }

  private post(): void {
    this.waited = 0;
    const asked = this.queue.filter((wanted) => this.isCurrent(wanted));
    this.queue = [];
    if (asked.length === 0) return;
    const { pages, callees, origins, entries } = collect(
      this.host,
      asked.map(({ entry }) => entry),
    );
    const { knowsWatches } = this;
    this.underWay.push({ asked, callees: origins, knowsWatches });
    this.compiler.post({ pages, callees, entries, knowsWatches });
  }

  /** Whether the page is still what it was; else the entry is given up. */
  private isCurrent({ entry, generation }: Asked): boolean {
    if (this.host.generation(entry.page) === generation) return true;
    this.host.refuse(entry);
    return false;
  }

  private installDone(): void {
    for (let done = this.compiler.take(); done; done = this.compiler.take()) {
      const batch = this.underWay.shift()!;
      if (done.compiled) this.install(batch, done.compiled);
    }
  }

  private install({ asked, callees, knowsWatches }: AskedBatch, { module, translated, covered, functions, bytes }: CompiledBatch): void {
    if (this.knowsWatches && !knowsWatches) {
      for (const { entry } of asked) this.host.refuse(entry);
      return;
    }
    for (const n of covered) this.host.refuse(asked[n]!.entry);
    this.someDoNotKnow ||= !knowsWatches;
    const kept = bytes * KEPT_PER_BYTE + translated.length * KEPT_PER_REGION;
    if (this.modules >= this.eagerness.mostModules || this.kept + kept > this.eagerness.mostBytes) {
      this.host.dropAllRegions();
      this.modules = 0;
      this.kept = 0;
    }
    this.modules++;
    this.kept += kept;
    const instance = new WebAssembly.Instance(module, batchImports(this.memory, this.interpreter.nzcv, functions));
    for (const { entry: n, callees: called } of translated) {
      const { entry } = asked[n]!;
      if (!this.isCurrent(asked[n]!) || this.host.hasRegion(entry)) continue;
      const origins = called.map((callee) => callees[callee]!);
      if (origins.some(({ page, generation }) => this.host.generation(page) !== generation)) {
        this.host.refuse(entry);
        continue;
      }
      const index = this.free.pop() ?? this.interpreter.table.grow(1);
      this.interpreter.table.set(index, instance.exports[String(n)] as () => number);
      this.host.install(entry, index, [...new Set([entry.page, ...origins.map(({ page }) => page)])]);
      this.translated++;
    }
  }
}
