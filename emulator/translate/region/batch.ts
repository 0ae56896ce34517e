import { type RuntimeFunction, type RuntimeFunctionName, runtimeFunctions } from '../../isa/functions/index.ts';
import type { MemoryImport } from '../interpreter/module.ts';
import { regionSignature } from '../interpreter/region-entry.ts';
import { nzcvSignature } from '../ir/flag-origins.ts';
import { ModuleWriter } from '../wasm/module.ts';
import { RegionCompiler } from './compiler.ts';
import { calledFunctions, discover, type RegionBlock, type TranslatableInstruction } from './graph.ts';
import { Survey } from './survey.ts';

/** A stretch of code as it was when a region that may contain it was asked for. */
export interface Code {
  /** Its instruction words. */
  readonly words: Int32Array;
  /** By instruction, not 0: it was executed and has no breakpoint. What the guest never reaches is not worth translating; where control goes there, the region ends. */
  readonly eligible: Uint8Array;
}

/** A page of code. */
export interface CodePage extends Code {
  /** Calls to functions of other pages: where they lie, seen from the start of this page in instructions, and their code's number in the batch. */
  readonly calls: readonly { readonly target: number; readonly callee: number }[];
}

/** The beginning of a function. */
export interface Callee extends Code {
  /** Records of its page. */
  readonly records: number;
}

/** Regions to be made together. They depend on nothing else, so they can be made at any time and in any thread. */
export interface Batch {
  readonly pages: readonly CodePage[];
  readonly callees: readonly Callee[];
  /** Where each region begins: which of the pages, and an instruction of it. */
  readonly entries: readonly { readonly page: number; readonly index: number }[];
  /** They go on where a page is accessed that has watched bytes elsewhere. */
  readonly knowsWatches: boolean;
}

/** A module whose exports are regions, by the number of their entry in the batch. */
export interface CompiledBatch {
  readonly module: WebAssembly.Module;
  /** Numbers of the entries that have a region, with the callees it contains; the others cannot be translated. */
  readonly translated: readonly { readonly entry: number; readonly callees: readonly number[] }[];
  /** Numbers of the entries that have none because they lie in another's region: if control really comes to them in another way, they will be asked for again. */
  readonly covered: readonly number[];
  readonly functions: readonly RuntimeFunctionName[];
  /** Length of the module. */
  readonly bytes: number;
}

/** Makes batches, in the order in which they are posted. */
export interface BatchCompiler {
  post(batch: Batch): void;
  /** The next result, if it is there; undefined in it: none of its entries can be translated. */
  take(): { readonly compiled: CompiledBatch | undefined } | undefined;
}

/** The instruction of a word as the translator wants it; undefined: only the interpreter deals with it. */
export type TranslatableWords = (word: number) => TranslatableInstruction | undefined;

/** Makes one batch. */
export function compileBatch(
  { pages, callees, entries, knowsWatches }: Batch,
  instructionOf: TranslatableWords,
  memoryImport: MemoryImport,
): CompiledBatch | undefined {
  const regions: { entry: number; blocks: readonly RegionBlock[]; callees: readonly number[] }[] = [];
  const surveys = pages.map((page) => new Survey(page, callees, instructionOf));
  const begun = pages.map(() => new Set<number>());
  const covered: number[] = [];
  entries.forEach(({ page, index }, entry) => {
    if (begun[page]!.has(index)) {
      covered.push(entry);
      return;
    }
    const survey = surveys[page]!;
    const blocks = discover(index, survey);
    if (!blocks) return;
    regions.push({ entry, blocks, callees: survey.calleesOf(blocks) });
    for (const { start } of blocks) begun[page]!.add(start);
  });
  if (regions.length === 0) return undefined;
  const module = new ModuleWriter({ module: 'machine', name: 'memory', ...memoryImport });
  const imported = new Map<RuntimeFunctionName, number>();
  for (const { blocks } of regions)
    for (const name of calledFunctions(blocks)) {
      if (imported.has(name)) continue;
      const { parameters, result }: RuntimeFunction = runtimeFunctions[name];
      imported.set(name, module.import('functions', name, { parameters, results: [result] }));
    }
  const nzcv = module.import('machine', 'nzcv', nzcvSignature);
  const functions = { nzcv, access: -1, commit: -1, runtime: (name: RuntimeFunctionName) => imported.get(name)! };
  for (const { entry, blocks } of regions)
    module.export(String(entry), module.function(regionSignature, new RegionCompiler(blocks, functions, knowsWatches).compile()));
  const bytes = module.finish();
  return {
    module: new WebAssembly.Module(bytes),
    bytes: bytes.length,
    translated: regions.map(({ entry, callees }) => ({ entry, callees })),
    covered,
    functions: [...imported.keys()],
  };
}

/** What a batch's module is instantiated with. */
export function batchImports(
  memory: WebAssembly.Memory,
  nzcv: CallableFunction,
  functions: readonly RuntimeFunctionName[],
): WebAssembly.Imports {
  return {
    machine: { memory, nzcv },
    functions: Object.fromEntries(functions.map((name) => [name, runtimeFunctions[name].run])),
  } as unknown as WebAssembly.Imports;
}

/** Makes batches in the thread that asks for them. */
export class InlineCompiler implements BatchCompiler {
  private readonly done: { readonly compiled: CompiledBatch | undefined }[] = [];

  constructor(
    private readonly instructionOf: TranslatableWords,
    private readonly memoryImport: MemoryImport,
  ) {}

  post(batch: Batch): void {
    this.done.push({ compiled: compileBatch(batch, this.instructionOf, this.memoryImport) });
  }

  take(): { readonly compiled: CompiledBatch | undefined } | undefined {
    return this.done.shift();
  }
}
