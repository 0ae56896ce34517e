import { Clock } from '../cpu/clock.ts';
import { Features } from '../cpu/features.ts';
import { Processor } from '../cpu/processor.ts';
import { idRegister, type Profile } from '../cpu/profiles/profile.ts';
import type { WatchedAccess } from '../cpu/shared-silicon.ts';
import { CpuState } from '../cpu/state.ts';
import { Decoder } from '../isa/decoder.ts';
import { allInstructions } from '../isa/table.ts';
import { effectiveCacheType } from '../kvm/cache-ids.ts';
import type { CacheMaintenance } from '../kvm/cache-maintenance.ts';
import type { HostFeatures } from '../kvm/vm.ts';
import { mmuFeatures } from '../memory/features.ts';
import { Mmu } from '../memory/mmu.ts';
import { PhysicalMemory } from '../memory/physical-memory.ts';
import type { WatchedRange } from '../memory/watched-ranges.ts';
import { CodeCache } from '../translate/code-cache.ts';
import { MACHINE_MEMORY } from '../translate/interpreter/compiled.ts';
import { type GeneratedInterpreter, handlerTable, instantiate } from '../translate/interpreter/interpreter.ts';
import { Predecoder } from '../translate/interpreter/predecoder.ts';
import { CONTEXT_TLB_BYTES } from '../translate/layout.ts';
import { InlineCompiler } from '../translate/region/batch.ts';
import { type Eagerness, Translator } from '../translate/region/translator.ts';
import type { CompileThread } from './compile-thread.ts';

export interface SiliconConfiguration {
  readonly profile: Profile;
  readonly cpus: number;
  /** Bytes of host DRAM. */
  readonly dramBytes: number;
  /** The interpreter, compiled for a memory that is not shared. */
  readonly interpreter: WebAssembly.Module;
  /** Hot code becomes WebAssembly functions (the default; or when, exactly); otherwise everything is interpreted. The guest cannot tell. */
  readonly translate?: boolean | Partial<Eagerness>;
  /** What the data cache holds is apart from what memory holds. */
  readonly cacheModel?: boolean;
  /** Translates in another thread; left out: this one does it. */
  readonly compileThread?: CompileThread | undefined;
}

/** The hardware a machine is built on: one memory, one clock, and a processor for every vCPU. They take turns. */
export class Silicon {
  readonly memory: PhysicalMemory;
  readonly clock = new Clock();
  readonly mmu: Mmu;
  readonly code: CodeCache;
  /** Absent where everything is interpreted. */
  readonly translator: Translator | undefined;
  readonly features: HostFeatures;
  readonly profile: Profile;
  readonly processors: readonly Processor[];
  /** `compatible` of this CPU in a device tree. */
  readonly compatible: string;
  private readonly interpreter: GeneratedInterpreter;
  private selected: CpuState | undefined;
  private running: Processor | undefined;
  /** The processor that runs, while it has watchpoints in force. */
  private watched: WatchedAccess | undefined;
  private empty = 0;

  /** @throws RangeError when the memory does not fit. */
  constructor({ profile, cpus, dramBytes, interpreter, translate = true, cacheModel = false, compileThread }: SiliconConfiguration) {
    this.profile = profile;
    this.memory = new PhysicalMemory({ dramBytes, vcpus: cpus, cacheModel });
    const { memory } = this.memory;
    const read = (name: string): bigint => idRegister(profile, name);
    const mmuOffers = mmuFeatures(read);
    const nothing = { recordsOf: () => 0, holdsCode: () => false, written: () => {}, hasBreakpoint: () => false };
    // The fault itself is in `mmu.fault`; generated code stops by the address 0 it gets.
    this.mmu = new Mmu(this.memory, mmuOffers, { fault: () => {} }, nothing);
    const cpu = new Features(read);
    const predecoder = new Predecoder(memory, handlerTable(), new Decoder(allInstructions), (feature) => cpu.has(feature));
    this.code = new CodeCache(
      memory,
      this.memory.codeStart,
      this.memory.codeBytes,
      predecoder,
      () => this.mmu.flushFetch(),
      this.memory.codePages,
    );
    this.mmu.attachCode(this.code);
    this.memory.poisonChanged = (host, bytes) => this.poisonChanged(host, bytes);
    this.interpreter = instantiate(
      interpreter,
      memory,
      {
        access: (low, high, flags) => (this.watched ? this.watched.watchedAccess(low, high, flags) : this.mmu.access(low, high, flags)),
        commit: () => this.mmu.commit(),
        fetch: (low, high) => this.mmu.fetch(low, high),
        invalidateAddress: (low, high) => this.mmu.invalidateAddress(low, high),
        decode: (record) => this.code.decode(record),
        hot: (record, low, high) => this.code.hot(record, low, high),
        breakpoint: () => (this.running?.breakpoint() === false ? 0 : 1),
      },
      (record) => this.code.wordOf(record),
    );
    if (translate) {
      const eagerness = translate === true ? {} : translate;
      const inline = new InlineCompiler((word) => predecoder.translatable(word), MACHINE_MEMORY);
      const compiler = compileThread?.compilerFor(cpu.names, inline) ?? inline;
      this.translator = new Translator(memory, this.interpreter, this.code, compiler, eagerness);
      this.code.attachTranslator(this.translator);
    }
    const shared = {
      clock: this.clock,
      select: (state: CpuState) => this.select(state),
      sendEvent: () => {
        for (const processor of this.processors) processor.event = true;
      },
      watch: (processor: WatchedAccess | undefined) => {
        this.watched = processor;
      },
      emptyTlb: () => this.emptyTlb(),
    };
    this.processors = Array.from(
      { length: cpus },
      (_, n) => new Processor(new CpuState(memory, this.memory.saveArea(n)), profile, this.mmu, this.interpreter, shared),
    );
    this.compatible = compatibles[profile.name] ?? 'arm,armv8';
    this.features = hostFeatures(this.processors[0]!, read);
    // FEAT_S2FWB comes with caches that instructions are fetched through, whatever CTR_EL0 says (KVM relies on it).
    if (this.memory.cache) this.memory.cache.coherentFetches = this.features.coherentDataCache || this.features.fwb;
  }

  /** Replaces all data watches of a debugger. Between slices. */
  setWatches(ranges: readonly WatchedRange[]): void {
    this.mmu.setWatches(ranges);
    this.code.setKnowsWatches(ranges.length > 0);
  }

  /** Memory became bad, or good again: nothing that is kept of it may stand between it and the guest. */
  private poisonChanged(host: number, bytes: number): void {
    const { poison } = this.memory;
    this.mmu.invalidateAll();
    const { cache } = this.memory;
    this.code.guarded = poison.empty ? undefined : (at) => poison.fetches(cache ? cache.dramOf(at) : at);
    this.code.refresh(host, bytes);
    if (cache) this.code.refresh(host + cache.distance, bytes);
  }

  /** What the host does to its caches, done to those of the model. */
  get maintenance(): CacheMaintenance | undefined {
    const { memory } = this;
    const { cache } = memory;
    return (
      cache && {
        cleanInvalidate: (pa, bytes) => {
          const host = memory.hostOf(pa);
          if (host >= 0) cache.cleanInvalidate(host, Math.min(bytes, memory.dramEnd - host));
        },
        invalidateInstructions: () => {},
      }
    );
  }

  /** KVM changed stage 2: TLBI of what it concerns in every TLB. More than asked goes, which is permitted. */
  invalidateStage2(): void {
    this.mmu.invalidateAll();
  }

  /** Host memory was written from outside the guest: what was predecoded from it is dropped. */
  written(host: number, bytes: number): void {
    if (bytes > 1 << 20) {
      this.code.discardAll();
      return;
    }
    for (let at = host; at < host + bytes; ) {
      const end = Math.min(host + bytes, Math.floor(at / 4096 + 1) * 4096);
      this.code.written(at, end - at);
      at = end;
    }
  }

  /** Made when the first guest uses a watchpoint. */
  private emptyTlb(): number {
    if (this.empty === 0) {
      this.empty = this.memory.allocate(CONTEXT_TLB_BYTES);
      this.memory.bytes.fill(0xff, this.empty, this.empty + CONTEXT_TLB_BYTES);
    }
    return this.empty;
  }

  /** Puts a vCPU's registers where generated code works on them. True: another vCPU's were there. */
  private select(state: CpuState): boolean {
    this.code.settle();
    if (this.selected === state && state.loaded) return false;
    this.selected?.store();
    state.load();
    this.selected = state;
    this.running = this.processors.find((processor) => processor.state === state);
    return true;
  }
}

const compatibles: Readonly<Record<string, string>> = { 'cortex-a57': 'arm,cortex-a57', 'neoverse-n1': 'arm,neoverse-n1' };

/** What KVM decides by, from the processor's own ID registers. */
function hostFeatures(processor: Processor, read: (name: string) => bigint): HostFeatures {
  const field = (name: string, low: number): number => Number((read(name) >> BigInt(low)) & 15n);
  return {
    ras: processor.features.ras,
    pauth: processor.features.pauth,
    fwb: field('ID_AA64MMFR2_EL1', 40) !== 0,
    vmid16: field('ID_AA64MMFR1_EL1', 4) === 2,
    limitedOrdering: field('ID_AA64MMFR1_EL1', 16) !== 0,
    ls64: field('ID_AA64ISAR1_EL1', 60) !== 0,
    coherentInstructionCache: ((read('CTR_EL0') >> 29n) & 1n) === 1n,
    coherentDataCache: ((effectiveCacheType(read('CTR_EL0'), read('CLIDR_EL1')) >> 28n) & 1n) === 1n,
    doubleFault2: processor.features.doubleFault2,
    csv2: field('ID_AA64PFR0_EL1', 56) !== 0,
    parange: field('ID_AA64MMFR0_EL1', 0),
    breakpoints: processor.breakpoints,
    watchpoints: processor.watchpoints,
  };
}
