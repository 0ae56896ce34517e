import { Decoder } from '../../emulator/isa/decoder.ts';
import { allInstructions } from '../../emulator/isa/table.ts';
import { CodeCache } from '../../emulator/translate/code-cache.ts';
import { exitNames, type InterpreterExit } from '../../emulator/translate/exits.ts';
import {
  type GeneratedInterpreter,
  generateInterpreter,
  handlerTable,
  instantiate,
} from '../../emulator/translate/interpreter/interpreter.ts';
import { Predecoder } from '../../emulator/translate/interpreter/predecoder.ts';
import {
  access as accessBits,
  CPU,
  DATA_TLB_ENTRIES,
  DATA_TLB_ENTRY_BYTES,
  dataTlbEntry,
  FETCH_TLB_ENTRIES,
  FETCH_TLB_ENTRY_BYTES,
  fetchTlbEntry,
  SCRATCH,
  slotAddress,
  slots,
  V_OFFSET,
} from '../../emulator/translate/layout.ts';
import { type BatchCompiler, InlineCompiler } from '../../emulator/translate/region/batch.ts';
import { type Eagerness, Translator } from '../../emulator/translate/region/translator.ts';

const PAGES = 4096; // 256 MiB
const DATA_TLB = 1 << 16;
const FETCH_TLB = DATA_TLB + DATA_TLB_ENTRIES * DATA_TLB_ENTRY_BYTES;
const CODE = 1 << 20;
const CODE_BYTES = 15 << 20;
/** Guest memory: virtual address = host address. */
export const RAM = 16 << 20;
const RAM_END = PAGES * 65536;

const MEMORY = { shared: false, maximumPages: PAGES };
let compiled: WebAssembly.Module | undefined;

export interface FlatOptions {
  /** Hot code is translated; otherwise everything is interpreted. */
  readonly translate?: boolean;
  readonly eagerness?: Partial<Eagerness>;
  /** Translates instead of the compiler it is given. */
  readonly compiler?: (inline: BatchCompiler) => BatchCompiler;
}

/** The interpreter alone, over memory that is its own map: for tests of instructions, without a processor or an MMU. */
export class FlatMachine {
  readonly memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES });
  readonly bytes = new Uint8Array(this.memory.buffer);
  readonly view = new DataView(this.memory.buffer);
  readonly code: CodeCache;
  private readonly interpreter: GeneratedInterpreter;
  private readonly translator: Translator;
  /** Address of the access that faulted last. */
  faultAddress = 0n;
  private split: { address: number; bytes: number } | undefined;

  constructor(options: FlatOptions = {}) {
    compiled ??= new WebAssembly.Module(generateInterpreter(MEMORY));
    const predecoder = new Predecoder(this.memory, handlerTable(), new Decoder(allInstructions));
    this.code = new CodeCache(this.memory, CODE, CODE_BYTES, predecoder, () => this.flushFetch());
    this.interpreter = instantiate(
      compiled,
      this.memory,
      {
        access: (low, high, flags) => this.access(low, high, flags),
        commit: () => this.bytes.copyWithin(this.split!.address, SCRATCH, SCRATCH + this.split!.bytes),
        fetch: (low, high) => this.fetch(low, high),
        invalidateAddress: () => {},
        decode: (record) => this.code.decode(record),
        hot: (record, low, high) => this.code.hot(record, low, high),
        breakpoint: () => 1,
      },
      (record) => this.code.wordOf(record),
    );
    const inline = new InlineCompiler((word) => predecoder.translatable(word), MEMORY);
    this.translator = new Translator(this.memory, this.interpreter, this.code, options.compiler?.(inline) ?? inline, options.eagerness);
    if (options.translate) this.code.attachTranslator(this.translator);
    this.setSlot(slots.dataTlb, BigInt(DATA_TLB));
    this.setSlot(slots.unprivilegedTlb, BigInt(DATA_TLB));
    this.setSlot(slots.fetchTlb, BigInt(FETCH_TLB));
    this.setSlot(slots.el, 1n);
    for (let n = 0; n < DATA_TLB_ENTRIES; n++) {
      const at = DATA_TLB + n * DATA_TLB_ENTRY_BYTES;
      this.view.setBigInt64(at + dataTlbEntry.read, -1n, true);
      this.view.setBigInt64(at + dataTlbEntry.write, -1n, true);
    }
    this.flushFetch();
  }

  /** Regions translated so far. */
  get translated(): number {
    return this.translator.translated;
  }

  private flushFetch(): void {
    for (let n = 0; n < FETCH_TLB_ENTRIES; n++) this.view.setBigInt64(FETCH_TLB + n * FETCH_TLB_ENTRY_BYTES + fetchTlbEntry.tag, -1n, true);
  }

  slot(slot: number): bigint {
    return this.view.getBigUint64(slotAddress(slot), true);
  }

  setSlot(slot: number, value: bigint): void {
    this.view.setBigUint64(slotAddress(slot), BigInt.asUintN(64, value), true);
  }

  v(n: number): [bigint, bigint] {
    const at = CPU + V_OFFSET + n * 16;
    return [this.view.getBigUint64(at, true), this.view.getBigUint64(at + 8, true)];
  }

  setV(n: number, low: bigint, high: bigint): void {
    const at = CPU + V_OFFSET + n * 16;
    this.view.setBigUint64(at, low, true);
    this.view.setBigUint64(at + 8, high, true);
  }

  /** N:Z:C:V. */
  get nzcv(): number {
    const sign = (slot: number): bigint => this.slot(slot) >> 63n;
    return Number(
      (sign(slots.flagN) << 3n) |
        ((this.slot(slots.flagZ) === 0n ? 1n : 0n) << 2n) |
        ((this.slot(slots.flagC) & 1n) << 1n) |
        sign(slots.flagV),
    );
  }

  set nzcv(value: number) {
    this.setSlot(slots.flagN, value & 8 ? 1n << 63n : 0n);
    this.setSlot(slots.flagZ, value & 4 ? 0n : 1n);
    this.setSlot(slots.flagC, value & 2 ? 1n : 0n);
    this.setSlot(slots.flagV, value & 1 ? 1n << 63n : 0n);
  }

  /** Runs at most `budget` instructions from `pc`. */
  run(pc: bigint, budget: number): InterpreterExit {
    this.setSlot(slots.pc, pc);
    this.setSlot(slots.remaining, BigInt(budget));
    this.code.settle();
    this.interpreter.run();
    return exitNames[Number(this.slot(slots.exitCode))]!;
  }

  private access(low: number, high: number, flags: number): number {
    const bytes = flags & accessBits.bytesMask;
    const address = low >>> 0;
    const alignment = (flags >>> accessBits.alignShift) & 0xff;
    const misaligned = flags & accessBits.aligned && address % alignment !== 0;
    if (high !== 0 || address < RAM || address + bytes > RAM_END || misaligned) {
      this.faultAddress = (BigInt(high >>> 0) << 32n) | BigInt(address);
      return 0;
    }
    const page = address & ~0xfff;
    const writes = (flags & accessBits.write) !== 0;
    if (writes) this.code.written(address, bytes);
    if (((address + bytes - 1) & ~0xfff) !== page) {
      // Crossing is exercised through the scratch bytes, as in the whole machine.
      this.bytes.copyWithin(SCRATCH, address, address + bytes);
      this.split = { address, bytes };
      return SCRATCH;
    }
    const entry = DATA_TLB + ((address >>> 12) & (DATA_TLB_ENTRIES - 1)) * DATA_TLB_ENTRY_BYTES;
    this.view.setBigInt64(entry + dataTlbEntry.read, BigInt(page), true);
    this.view.setBigInt64(entry + dataTlbEntry.write, this.code.holdsCode(page) ? -1n : BigInt(page), true);
    this.view.setInt32(entry + dataTlbEntry.addend, 0, true);
    return address;
  }

  private fetch(low: number, high: number): number {
    const address = low >>> 0;
    if (high !== 0 || address < RAM || address >= RAM_END) {
      this.faultAddress = (BigInt(high >>> 0) << 32n) | BigInt(address);
      return 0;
    }
    const page = address & ~0xfff;
    const records = this.code.recordsOf(page);
    const data = DATA_TLB + ((page >>> 12) & (DATA_TLB_ENTRIES - 1)) * DATA_TLB_ENTRY_BYTES;
    if (this.view.getBigInt64(data + dataTlbEntry.write, true) === BigInt(page))
      this.view.setBigInt64(data + dataTlbEntry.write, -1n, true);
    const entry = FETCH_TLB + ((page >>> 12) & (FETCH_TLB_ENTRIES - 1)) * FETCH_TLB_ENTRY_BYTES;
    this.view.setBigInt64(entry + fetchTlbEntry.tag, BigInt(page), true);
    this.view.setUint32(entry + fetchTlbEntry.records, records, true);
    this.view.setUint32(entry + fetchTlbEntry.flags, 0, true);
    return records;
  }
}
