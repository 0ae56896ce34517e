import type { ValueType } from '../../isa/builder.ts';
import { type MemoryOpcode, memoryOpcodes, opcode, valueTypeBytes } from './opcodes.ts';

/** A branch target: an open block or loop of a function body. */
export interface Label {
  /** Nesting depth at which it was opened, 1 for the outermost. */
  readonly depth: number;
}

/** A finished function. */
export interface FunctionBody {
  readonly bytes: Uint8Array;
  /** Offsets of branches that are hardly ever taken. */
  readonly unlikely: readonly number[];
}

/** Bytes of one WebAssembly function body, written front to back: locals are allotted as needed, labels are names for depths. */
export class CodeWriter {
  private bytes = new Uint8Array(1 << 12);
  private written = 0;
  private depth = 0;
  private readonly localTypes: ValueType[] = [];
  private readonly unlikely: number[] = [];
  private readonly free: Record<ValueType, number[]> = { i32: [], i64: [], f32: [], f64: [], v128: [] };

  constructor(private readonly parameterCount: number) {}

  /** Bytes written so far. */
  get length(): number {
    return this.written;
  }

  /** Takes back everything written since `length` was `to`; blocks opened since must be closed. */
  rewind(to: number): void {
    this.written = to;
    while (this.unlikely.length > 0 && this.unlikely.at(-1)! >= to) this.unlikely.pop();
  }

  byte(b: number): void {
    if (this.written === this.bytes.length) {
      const grown = new Uint8Array(this.bytes.length * 2);
      grown.set(this.bytes);
      this.bytes = grown;
    }
    this.bytes[this.written++] = b;
  }

  unsigned(n: number): void {
    let rest = n >>> 0;
    while (rest >= 0x80) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  private signed(n: bigint): void {
    let rest = n;
    for (;;) {
      const low = Number(rest & 0x7fn);
      rest >>= 7n;
      if ((rest === 0n && (low & 0x40) === 0) || (rest === -1n && (low & 0x40) !== 0)) {
        this.byte(low);
        return;
      }
      this.byte(low | 0x80);
    }
  }

  /** A local of the function that stays allotted. */
  local(type: ValueType): number {
    this.localTypes.push(type);
    return this.parameterCount + this.localTypes.length - 1;
  }

  /** A temporary: give it back with `release`. Few locals keep V8's compile time down. */
  temporary(type: ValueType): number {
    return this.free[type].pop() ?? this.local(type);
  }

  release(type: ValueType, local: number): void {
    this.free[type].push(local);
  }

  get(local: number): void {
    this.byte(0x20);
    this.unsigned(local);
  }

  set(local: number): void {
    this.byte(0x21);
    this.unsigned(local);
  }

  tee(local: number): void {
    this.byte(0x22);
    this.unsigned(local);
  }

  i32(n: number): void {
    this.byte(0x41);
    this.signed(BigInt(n | 0));
  }

  i64(n: bigint): void {
    this.byte(0x42);
    this.signed(BigInt.asIntN(64, n));
  }

  v128(bytes: readonly number[]): void {
    this.byte(0xfd);
    this.byte(12);
    for (const b of bytes) this.byte(b);
  }

  op(name: string): void {
    for (const b of opcode(name).bytes) this.byte(b);
  }

  /** A load or store of the one memory. `offset` is the static part of the address. */
  memory(name: MemoryOpcode, offset: number): void {
    const [bytes] = memoryOpcodes[name];
    for (const b of bytes) this.byte(b);
    this.unsigned(0);
    this.unsigned(offset);
  }

  select(): void {
    this.byte(0x1b);
  }

  /** `select` for v128 and other types that need it spelled out. */
  selectTyped(type: ValueType): void {
    this.byte(0x1c);
    this.unsigned(1);
    this.byte(valueTypeBytes[type]);
  }

  drop(): void {
    this.byte(0x1a);
  }

  return(): void {
    this.byte(0x0f);
  }

  unreachable(): void {
    this.byte(0x00);
  }

  call(functionIndex: number): void {
    this.byte(0x10);
    this.unsigned(functionIndex);
  }

  callIndirect(typeIndex: number): void {
    this.byte(0x11);
    this.unsigned(typeIndex);
    this.byte(0);
  }

  private open(code: number, result?: ValueType): Label {
    this.byte(code);
    this.byte(result ? valueTypeBytes[result] : 0x40);
    return { depth: ++this.depth };
  }

  block(result?: ValueType): Label {
    return this.open(0x02, result);
  }

  loop(): Label {
    return this.open(0x03);
  }

  if(result?: ValueType): Label {
    return this.open(0x04, result);
  }

  /** An `if` that is hardly ever taken: an engine that reads branch hints keeps its body out of the way. */
  ifUnlikely(): Label {
    this.unlikely.push(this.written);
    return this.if();
  }

  else(): void {
    this.byte(0x05);
  }

  end(): void {
    this.depth--;
    this.byte(0x0b);
  }

  br(label: Label): void {
    this.byte(0x0c);
    this.unsigned(this.depth - label.depth);
  }

  brIf(label: Label): void {
    this.byte(0x0d);
    this.unsigned(this.depth - label.depth);
  }

  brTable(labels: readonly Label[], otherwise: Label): void {
    this.byte(0x0e);
    this.unsigned(labels.length);
    for (const label of labels) this.unsigned(this.depth - label.depth);
    this.unsigned(this.depth - otherwise.depth);
  }

  /**
   * Locals declaration, body and final `end`: what the code section holds for this function; and where in it branches are that are hardly ever taken.
   */
  finish(): FunctionBody {
    const head: number[] = [];
    const groups: [number, ValueType][] = [];
    for (const type of this.localTypes) {
      const last = groups.at(-1);
      if (last && last[1] === type) last[0]++;
      else groups.push([1, type]);
    }
    const put = (n: number): void => {
      let rest = n;
      while (rest >= 0x80) {
        head.push((rest & 0x7f) | 0x80);
        rest >>>= 7;
      }
      head.push(rest);
    };
    put(groups.length);
    for (const [count, type] of groups) {
      put(count);
      head.push(valueTypeBytes[type]);
    }
    const out = new Uint8Array(head.length + this.written + 1);
    out.set(head);
    out.set(this.bytes.subarray(0, this.written), head.length);
    out[out.length - 1] = 0x0b;
    return { bytes: out, unlikely: this.unlikely.map((at) => at + head.length) };
  }
}
