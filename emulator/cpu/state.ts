import { systemRegisterSlot } from '../isa/registers/index.ts';
import { CPU, CPU_BYTES, machineWords, SYSTEM_OFFSET, slots, V_OFFSET } from '../translate/layout.ts';

/**
 * A vCPU's registers: typed views of its block. While the vCPU runs, its block is at `CPU` (the addresses generated code uses);
 * otherwise it is in its save area. `base` says which, so every reader works at any time.
 */
export class CpuState {
  /** The whole memory: with `systemPlace`, for what reads registers of this vCPU often. */
  readonly words: Int32Array;
  private u64: BigUint64Array;
  private f64: Float64Array;
  private bytes: Uint8Array;
  private base: number;

  /** @param saveArea Host address of `CPU_BYTES` bytes, 16-byte aligned. */
  constructor(
    readonly memory: WebAssembly.Memory,
    readonly saveArea: number,
  ) {
    this.base = saveArea;
    this.words = new Int32Array(memory.buffer);
    this.u64 = new BigUint64Array(memory.buffer);
    this.f64 = new Float64Array(memory.buffer);
    this.bytes = new Uint8Array(memory.buffer);
  }

  /** Moves the registers to where generated code works on them. One vCPU at a time. */
  load(): void {
    this.bytes.copyWithin(CPU, this.saveArea, this.saveArea + CPU_BYTES);
    this.base = CPU;
  }

  /** Moves the registers back to the save area. */
  store(): void {
    this.bytes.copyWithin(this.saveArea, CPU, CPU + CPU_BYTES);
    this.base = this.saveArea;
  }

  /** The whole block where it is now, in doublewords: for readers of everything. */
  block(): BigUint64Array {
    return this.u64.subarray(this.base >> 3, (this.base + CPU_BYTES) >> 3);
  }

  get loaded(): boolean {
    return this.base === CPU;
  }

  /** A slot of `slots`, 64 bits. */
  get(slot: number): bigint {
    return this.u64[(this.base >> 3) + slot]!;
  }

  set(slot: number, value: bigint): void {
    this.u64[(this.base >> 3) + slot] = value;
  }

  /** Low word of a slot, signed (`>>> 0` for unsigned). */
  low(slot: number): number {
    return this.words[(this.base >> 2) + slot * 2]!;
  }

  high(slot: number): number {
    return this.words[(this.base >> 2) + slot * 2 + 1]!;
  }

  setLow(slot: number, value: number): void {
    this.words[(this.base >> 2) + slot * 2] = value;
  }

  setWords(slot: number, low: number, high: number): void {
    const at = (this.base >> 2) + slot * 2;
    this.words[at] = low;
    this.words[at + 1] = high;
  }

  setFloat(slot: number, value: number): void {
    this.f64[(this.base >> 3) + slot] = value;
  }

  /** When the entry into the guest that begins now ends in any case: in the machine's time. */
  setEntryEnd(value: number): void {
    this.f64[machineWords.entryEnd >> 3] = value;
  }

  /** Adds a small number to a slot. */
  advance(slot: number, by: number): void {
    const at = (this.base >> 2) + slot * 2;
    const low = (this.words[at]! >>> 0) + by;
    this.words[at] = low;
    if (low >= 2 ** 32) this.words[at + 1]!++;
  }

  /** Storage of a system register by slot (`systemRegisterSlot(name)`), whatever its access rules. */
  system(slot: number): bigint {
    return this.u64[(this.base + SYSTEM_OFFSET) / 8 + slot]!;
  }

  setSystem(slot: number, value: bigint): void {
    this.u64[(this.base + SYSTEM_OFFSET) / 8 + slot] = value;
  }

  systemLow(slot: number): number {
    return this.words[(this.base + SYSTEM_OFFSET) / 4 + slot * 2]!;
  }

  systemHigh(slot: number): number {
    return this.words[(this.base + SYSTEM_OFFSET) / 4 + slot * 2 + 1]!;
  }

  /** Where the low word of a register is now, in `words`. */
  systemPlace(slot: number): number {
    return (this.base + SYSTEM_OFFSET) / 4 + slot * 2;
  }

  setSystemWords(slot: number, low: number, high: number): void {
    const at = (this.base + SYSTEM_OFFSET) / 4 + slot * 2;
    this.words[at] = low;
    this.words[at + 1] = high;
  }

  /** Storage of a system register by name, for cold paths. */
  named(name: string): bigint {
    return this.system(systemRegisterSlot(name));
  }

  setNamed(name: string, value: bigint): void {
    this.setSystem(systemRegisterSlot(name), value);
  }

  /** X0–X30 (31: the current SP). */
  x(n: number): bigint {
    return this.get(n === 31 ? slots.sp : n);
  }

  setX(n: number, value: bigint): void {
    this.set(n === 31 ? slots.sp : n, value);
  }

  /** V0–V31 as two 64-bit halves, low first. */
  v(n: number): [bigint, bigint] {
    const at = (this.base + V_OFFSET) / 8 + n * 2;
    return [this.u64[at]!, this.u64[at + 1]!];
  }

  setV(n: number, low: bigint, high: bigint): void {
    const at = (this.base + V_OFFSET) / 8 + n * 2;
    this.u64[at] = low;
    this.u64[at + 1] = high;
  }

  /** NZCV in bits 31:28, as in SPSR. */
  nzcv(): number {
    const n = this.high(slots.flagN) < 0 ? 8 : 0;
    const z = this.low(slots.flagZ) === 0 && this.high(slots.flagZ) === 0 ? 4 : 0;
    const c = this.low(slots.flagC) !== 0 ? 2 : 0;
    const v = this.high(slots.flagV) < 0 ? 1 : 0;
    return (n | z | c | v) << 28;
  }

  setNzcv(spsr: number): void {
    this.setWords(slots.flagN, 0, spsr & 0x80000000);
    this.setWords(slots.flagZ, spsr & 0x40000000 ? 0 : 1, 0);
    this.setWords(slots.flagC, (spsr >>> 29) & 1, 0);
    this.setWords(slots.flagV, 0, spsr & 0x10000000 ? 0x80000000 : 0);
  }
}
