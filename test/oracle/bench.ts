import { Decoder } from '../../emulator/isa/decoder.ts';
import { allInstructions } from '../../emulator/isa/table.ts';
import { exitNames } from '../../emulator/translate/exits.ts';
import { builtinHandlers } from '../../emulator/translate/interpreter/handlers.ts';
import {
  type GeneratedInterpreter,
  generateInterpreter,
  handlerTable,
  instantiate,
} from '../../emulator/translate/interpreter/interpreter.ts';
import { Predecoder } from '../../emulator/translate/interpreter/predecoder.ts';
import {
  access,
  CPU,
  DATA_TLB_ENTRIES,
  DATA_TLB_ENTRY_BYTES,
  dataTlbEntry,
  FETCH_TLB_ENTRIES,
  FETCH_TLB_ENTRY_BYTES,
  fetchTlbEntry,
  RECORD_BYTES,
  REGION_INFO_OFFSET,
  regionInfo,
  slotAddress,
  slots,
  V_OFFSET,
} from '../../emulator/translate/layout.ts';
import { type CodePage, InlineCompiler } from '../../emulator/translate/region/batch.ts';
import { Translator } from '../../emulator/translate/region/translator.ts';
import {
  at,
  CASE_BYTES,
  type Case,
  CODE,
  flags,
  memoryImage,
  NEXT_AT,
  outcome,
  PREFIX_AT,
  ResultHash,
  WINDOW,
  WINDOW_BYTES,
  WORD_AT,
} from './case.ts';

const PAGES = 16;
const DATA_TLB = 0x10000;
const FETCH_TLB = DATA_TLB + DATA_TLB_ENTRIES * DATA_TLB_ENTRY_BYTES;
const RECORDS = 0x20000;
const WINDOW_HOST = 0x40000;

const MEMORY = { shared: false, maximumPages: PAGES };

const slot32 = (slot: number): number => slotAddress(slot) >> 2;
const slot64 = (slot: number): number => slotAddress(slot) >> 3;

/** Outcome and hash of one case. */
export interface Result {
  readonly outcome: number;
  readonly first: number;
  readonly second: number;
}

/** What executes the instruction of a case: the interpreter's handler, or a translated region of that one instruction. */
export type Tier = 'interpreter' | 'translator';

/** Generated code alone, one instruction at a time, over a page of memory. */
export class Bench {
  private readonly memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES });
  private readonly i32 = new Int32Array(this.memory.buffer);
  private readonly u64 = new BigUint64Array(this.memory.buffer);
  private readonly bytes = new Uint8Array(this.memory.buffer);
  private readonly image = memoryImage();
  private readonly imageWords = new Int32Array(this.image.buffer);
  private readonly predecoder = new Predecoder(this.memory, handlerTable(), new Decoder(allInstructions));
  private readonly interpreter: GeneratedInterpreter;
  private readonly translator: Translator | undefined;
  private readonly hash = new ResultHash();
  private filled = { word: -1, prefix: -1 };
  private region = -1;
  private readonly page: CodePage = {
    words: new Int32Array(1024),
    eligible: new Uint8Array(1024).fill(1, WORD_AT / 4, WORD_AT / 4 + 1),
    calls: [],
  };
  /** How the last access failed. */
  private failure: number = outcome.fault;
  /** Address of the first access of the last run that took the slow path, or undefined. */
  accessed: bigint | undefined;
  /** The slow path refuses everything: a run only tells where it would access. */
  private probing = false;

  constructor(tier: Tier = 'interpreter') {
    const module = new WebAssembly.Module(generateInterpreter(MEMORY));
    this.interpreter = instantiate(
      module,
      this.memory,
      {
        access: (low, high, how) => this.access(low, high, how),
        commit: () => {},
        invalidateAddress: () => {},
        fetch: () => 0,
        hot: () => {},
        decode: () => {},
        breakpoint: () => 1,
      },
      () => 0,
    );
    if (tier === 'translator') {
      this.translator = new Translator(
        this.memory,
        this.interpreter,
        {
          codeOf: () => this.instruction(),
          calleeAt: () => {
            throw new Error('one instruction calls nothing');
          },
          generation: () => 0,
          refuse: () => {},
          hasRegion: () => false,
          install: (_entry, functionIndex) => this.installRegion(functionIndex),
          dropAllRegions: () => {},
        },
        new InlineCompiler((word) => this.predecoder.translatable(word), MEMORY),
      );
    }
    this.i32[slot32(slots.dataTlb)] = DATA_TLB;
    this.i32[slot32(slots.unprivilegedTlb)] = DATA_TLB;
    this.i32[slot32(slots.fetchTlb)] = FETCH_TLB;
    this.i32[slot32(slots.fetchTbi)] = 1;
    const codeEntry = FETCH_TLB + ((CODE / 4096) % FETCH_TLB_ENTRIES) * FETCH_TLB_ENTRY_BYTES;
    for (let n = 0; n < FETCH_TLB_ENTRIES; n++) this.u64[(FETCH_TLB + n * FETCH_TLB_ENTRY_BYTES + fetchTlbEntry.tag) >> 3] = ~0n;
    this.u64[(codeEntry + fetchTlbEntry.tag) >> 3] = BigInt(CODE);
    this.i32[(codeEntry + fetchTlbEntry.records) >> 2] = RECORDS;
    for (let n = 0; n < DATA_TLB_ENTRIES; n++) this.mapWindow(DATA_TLB + n * DATA_TLB_ENTRY_BYTES, false);
  }

  /** @param fast The window is in the software TLB: aligned accesses inside the page take the fast path. */
  run(c: Case, fast = true): Result {
    return this.resultOf(c, this.execute(c, fast));
  }

  /** Where the instruction first accesses memory, or undefined. */
  probe(c: Case): bigint | undefined {
    this.accessed = undefined;
    this.probing = true;
    this.execute(c, false);
    this.probing = false;
    return this.accessed;
  }

  /** Whole state after the last run, in the layout of a case, and the memory. */
  state(c: Case): Buffer {
    const out = Buffer.alloc(CASE_BYTES + WINDOW_BYTES);
    c.bytes.copy(out);
    const registers = Buffer.from(this.memory.buffer, CPU, 31 * 8);
    registers.copy(out, at.x);
    out.writeBigUInt64LE(this.u64[slot64(slots.sp)], at.sp);
    out.writeBigUInt64LE(this.u64[slot64(slots.pc)], at.pc);
    out.writeUInt32LE((this.nzcv() << 28) >>> 0, at.nzcv);
    out.writeUInt32LE(this.i32[slot32(slots.fpsr)] >>> 0, at.fpsr);
    Buffer.from(this.memory.buffer, CPU + V_OFFSET, 512).copy(out, at.v);
    Buffer.from(this.memory.buffer, WINDOW_HOST, WINDOW_BYTES).copy(out, CASE_BYTES);
    return out;
  }

  private mapWindow(entry: number, present: boolean): void {
    const tag = present ? BigInt(WINDOW) : ~0n;
    this.u64[(entry + dataTlbEntry.read) >> 3] = tag;
    this.u64[(entry + dataTlbEntry.write) >> 3] = tag;
    this.i32[(entry + dataTlbEntry.addend) >> 2] = (WINDOW_HOST - WINDOW) | 0;
  }

  private access(low: number, high: number, how: number): number {
    const whole = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
    this.accessed ??= whole;
    const bytes = how & access.bytesMask;
    const alignment = (how >>> access.alignShift) & 0xff;
    this.failure = outcome.fault;
    if (this.probing) return 0;
    if (how & access.aligned && low & (alignment - 1)) {
      this.failure = outcome.alignment;
      return 0;
    }
    // TBI: the top byte of an address of the lower half is ignored.
    const address = (whole >> 55n) & 1n ? whole : whole & 0xff_ffff_ffff_ffffn;
    const offset = address - BigInt(WINDOW);
    if (offset < 0n || offset > BigInt(WINDOW_BYTES - bytes)) return 0;
    return WINDOW_HOST + Number(offset);
  }

  private fill(c: Case): void {
    const word = c.get(at.word);
    const prefix = c.get(at.prefix);
    if (word !== this.filled.word) this.predecoder.fill(RECORDS + (WORD_AT / 4) * RECORD_BYTES, word, WORD_AT / 4);
    if (prefix !== this.filled.prefix) this.predecoder.fill(RECORDS + (PREFIX_AT / 4) * RECORD_BYTES, prefix, PREFIX_AT / 4);
    const isNew = word !== this.filled.word;
    this.filled = { word, prefix };
    if (isNew && this.translator) {
      this.translator.request({ page: 0, index: WORD_AT / 4, pc: [0, 0] });
      this.translator.flush();
    }
  }

  /** A page in which nothing but the instruction may be translated. */
  private instruction(): CodePage {
    this.page.words[WORD_AT / 4] = this.filled.word;
    return this.page;
  }

  /** The record of the instruction becomes the beginning of a region; its own handler stays known. */
  private installRegion(functionIndex: number): void {
    const halves = new Uint16Array(this.memory.buffer);
    const record = RECORDS + (WORD_AT / 4) * RECORD_BYTES;
    const info = RECORDS + REGION_INFO_OFFSET + (WORD_AT / 4) * 8;
    halves[(info + regionInfo.handler) >> 1] = halves[record >> 1];
    const previous = this.region;
    this.i32[(info + regionInfo.function) >> 2] = this.region = functionIndex;
    halves[record >> 1] = builtinHandlers.region;
    if (previous >= 0) this.translator?.release(previous);
  }

  /** Runs the case; its exit's name. */
  private execute(c: Case, fast: boolean): string {
    const { i32, u64, bytes } = this;
    this.fill(c);
    bytes.set(this.image, WINDOW_HOST);
    this.mapWindow(DATA_TLB, fast);
    const prefix = c.get(at.prefix) !== 0;
    bytes.set(c.bytes.subarray(at.x, at.x + 31 * 8), CPU);
    u64[slot64(slots.zero)] = 0n;
    u64[slot64(slots.sp)] = c.x(31);
    u64[slot64(slots.pc)] = BigInt(CODE + (prefix ? PREFIX_AT : WORD_AT));
    const nzcv = c.get(at.nzcv) >>> 28;
    u64[slot64(slots.flagN)] = nzcv & 8 ? ~0n : 0n;
    u64[slot64(slots.flagZ)] = nzcv & 4 ? 0n : 1n;
    i32[slot32(slots.flagC)] = (nzcv >> 1) & 1;
    u64[slot64(slots.flagV)] = nzcv & 1 ? ~0n : 0n;
    i32[slot32(slots.exclusiveHost)] = 0;
    i32[slot32(slots.exclusiveSize)] = 0;
    if (c.get(at.flags) & flags.simd) {
      i32[slot32(slots.fpcr)] = c.get(at.fpcr);
      i32[slot32(slots.fpsr)] = c.get(at.fpsr);
      bytes.set(c.bytes.subarray(at.v, at.v + 512), CPU + V_OFFSET);
    }
    i32[slot32(slots.remaining)] = prefix ? 2 : 1;
    this.interpreter.run();
    return exitNames[i32[slot32(slots.exitCode)]];
  }

  private nzcv(): number {
    const { i32, u64 } = this;
    const sign = (slot: number): number => Number(u64[slot64(slot)] >> 63n);
    return (sign(slots.flagN) << 3) | (u64[slot64(slots.flagZ)] === 0n ? 4 : 0) | (i32[slot32(slots.flagC)] << 1) | sign(slots.flagV);
  }

  private resultOf(c: Case, exit: string): Result {
    const { i32, hash } = this;
    const pc = slot32(slots.pc);
    const ended =
      exit === 'budget' || exit === 'resynchronise' || exit === 'pc-alignment'
        ? i32[pc] === ((CODE + NEXT_AT) | 0) && i32[pc + 1] === Math.floor(CODE / 2 ** 32)
          ? outcome.completed
          : outcome.branched
        : exit === 'undefined' || exit === 'udf'
          ? outcome.undefined
          : exit === 'fault'
            ? this.failure
            : 100 + exitNames.indexOf(exit as 'svc');
    hash.reset();
    hash.mix(ended);
    if (ended <= outcome.branched) {
      hash.mix(i32[pc]);
      hash.mix(i32[pc + 1]);
      for (let n = 0, word = CPU >> 2; n < 62; n++) hash.mix(i32[word + n]);
      hash.mix(i32[slot32(slots.sp)]);
      hash.mix(i32[slot32(slots.sp) + 1]);
      hash.mix(this.nzcv());
      if (c.get(at.flags) & flags.simd) {
        hash.mix(i32[slot32(slots.fpsr)]);
        for (let n = 0, word = (CPU + V_OFFSET) >> 2; n < 128; n++) hash.mix(i32[word + n]);
      }
      const { imageWords } = this;
      for (let n = 0, word = WINDOW_HOST >> 2; n < WINDOW_BYTES / 4; n++) {
        if (i32[word + n] === imageWords[n]) continue;
        hash.mix(n);
        hash.mix(i32[word + n]);
      }
    }
    return { outcome: ended, first: hash.first >>> 0, second: hash.second >>> 0 };
  }
}
