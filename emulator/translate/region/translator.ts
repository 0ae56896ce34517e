import { type RuntimeFunction, type RuntimeFunctionName, runtimeFunctions } from '../../isa/functions/index.ts';
import type { TranslationSupport } from '../interpreter/interpreter.ts';
import type { MemoryImport } from '../interpreter/module.ts';
import { regionSignature } from '../interpreter/region-entry.ts';
import { nzcvSignature } from '../ir/flag-origins.ts';
import { HOT_JUMPS } from '../layout.ts';
import { ModuleWriter } from '../wasm/module.ts';
import { RegionCompiler } from './compiler.ts';
import { calledFunctions, discover, type RegionBlock, type TranslatableInstruction } from './graph.ts';

/** Where a region begins: a page of records (its number in the code cache) and an instruction of it. */
export interface RegionEntry {
  readonly page: number;
  readonly index: number;
}

/** What the translator needs of the code cache. */
export interface RegionHost {
  /** The instruction at a number in the page; undefined: only the interpreter deals with it. */
  instruction(page: number, index: number): TranslatableInstruction | undefined;
  /** From now on control that reaches the entry's record runs the function at this index of the table. */
  install(entry: RegionEntry, functionIndex: number): void;
  /** Gives up every region. */
  dropAllRegions(): void;
}

/** When code is translated. Whatever it is, a guest cannot tell; tests make it eager. */
export interface Eagerness {
  /** Jumps to an instruction (far, or back in its page) after which it is worth translating. */
  readonly hotJumps: number;
  /** Regions in one module: compiling many at once is several times cheaper for each. */
  readonly batch: number;
  /** Slices that fewer wait for more. */
  readonly patience: number;
  /** Modules made before all regions are given up and start again: some engines end the process at 20,000 that live. */
  readonly mostModules: number;
}

const DEFAULT_EAGERNESS: Eagerness = { hotJumps: 2000, batch: 32, patience: 50, mostModules: 8000 };

/** Turns instructions that are jumped to often into WebAssembly functions. */
export class Translator {
  private queue: RegionEntry[] = [];
  private waited = 0;
  /** Modules made since all regions were last given up. */
  modules = 0;
  private readonly free: number[] = [];
  private readonly eagerness: Eagerness;
  private knowsWatches = false;
  private someDoNotKnow = false;
  /** Regions translated so far. */
  translated = 0;

  constructor(
    private readonly memory: WebAssembly.Memory,
    private readonly memoryImport: MemoryImport,
    private readonly interpreter: TranslationSupport,
    private readonly host: RegionHost,
    eagerness: Partial<Eagerness> = {},
  ) {
    this.eagerness = { ...DEFAULT_EAGERNESS, ...eagerness };
    new Int32Array(memory.buffer)[HOT_JUMPS >> 2] = this.eagerness.hotJumps;
  }

  /** Import `hot` of the interpreter, after the code cache has found the record's place. */
  request(entry: RegionEntry): void {
    this.queue.push(entry);
  }

  /**
   * Memory is watched from now on, or no longer: only regions that know of it go on where a watched page is accessed; the others leave, and are given up.
   * Those that know stay when nothing is watched any more: they are no slower. Between slices.
   */
  setKnowsWatches(on: boolean): void {
    this.knowsWatches = on;
    if (!on || !this.someDoNotKnow) return;
    this.someDoNotKnow = false;
    this.host.dropAllRegions();
  }

  /** The page's records were given up: what was asked of it is void. */
  forget(page: number): void {
    if (this.queue.length > 0) this.queue = this.queue.filter((e) => e.page !== page);
  }

  /** A region's function is not called any more. */
  release(functionIndex: number): void {
    this.interpreter.table.set(functionIndex, null);
    this.free.push(functionIndex);
  }

  /** Between slices: translates what is asked for, when there is enough of it. */
  settle(): void {
    const { batch, patience } = this.eagerness;
    if (this.queue.length === 0 || (this.queue.length < batch && ++this.waited < patience)) return;
    this.flush();
  }

  /** Translates what is asked for now. Between slices. */
  flush(): void {
    this.waited = 0;
    const wanted = this.queue;
    this.queue = [];
    const regions: { entry: RegionEntry; blocks: readonly RegionBlock[] }[] = [];
    for (const entry of wanted) {
      const blocks = discover(entry.index, (index) => this.host.instruction(entry.page, index));
      if (blocks) regions.push({ entry, blocks });
    }
    if (regions.length === 0) return;
    if (this.modules >= this.eagerness.mostModules) {
      this.host.dropAllRegions();
      this.modules = 0;
    }
    this.translate(regions);
    this.modules++;
  }

  private translate(regions: readonly { readonly entry: RegionEntry; readonly blocks: readonly RegionBlock[] }[]): void {
    if (!this.knowsWatches) this.someDoNotKnow = true;
    const module = new ModuleWriter({ module: 'machine', name: 'memory', ...this.memoryImport });
    const imported = new Map<RuntimeFunctionName, number>();
    for (const { blocks } of regions)
      for (const name of calledFunctions(blocks)) {
        if (imported.has(name)) continue;
        const { parameters, result }: RuntimeFunction = runtimeFunctions[name];
        imported.set(name, module.import('functions', name, { parameters, results: [result] }));
      }
    const nzcv = module.import('machine', 'nzcv', nzcvSignature);
    const functions = { nzcv, access: -1, commit: -1, runtime: (name: RuntimeFunctionName) => imported.get(name)! };
    regions.forEach(({ blocks }, n) => {
      module.export(String(n), module.function(regionSignature, new RegionCompiler(blocks, functions, this.knowsWatches).compile()));
    });
    const imports = {
      machine: { memory: this.memory, nzcv: this.interpreter.nzcv },
      functions: Object.fromEntries([...imported.keys()].map((name) => [name, runtimeFunctions[name].run])),
    };
    const instance = new WebAssembly.Instance(new WebAssembly.Module(module.finish()), imports as unknown as WebAssembly.Imports);
    regions.forEach(({ entry }, n) => {
      const index = this.free.pop() ?? this.interpreter.table.grow(1);
      this.interpreter.table.set(index, instance.exports[String(n)] as () => number);
      this.host.install(entry, index);
      this.translated++;
    });
  }
}
