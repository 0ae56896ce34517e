import type { ValueType } from '../../../emulator/isa/builder.ts';
import { memoryOpcodes, opcode, opcodeNames, valueTypeBytes } from '../../../emulator/translate/wasm/opcodes.ts';

/** Instructions by their bytes, control and memory left out. */
const plain = new Map(opcodeNames().map((name) => [opcode(name).bytes.join(), { name, immediate: opcode(name).immediate }]));
const memory = new Map(Object.entries(memoryOpcodes).map(([name, [bytes]]) => [bytes.join(), name]));
const types = new Map(Object.entries(valueTypeBytes).map(([name, byte]) => [byte, name as ValueType]));

const simple: Readonly<Record<number, string>> = { 0: 'unreachable', 15: 'return', 26: 'drop', 27: 'select' };
const openers: Readonly<Record<number, string>> = { 2: 'block', 3: 'loop', 4: 'if' };
const locals: Readonly<Record<number, string>> = { 32: 'local.get', 33: 'local.set', 34: 'local.tee' };
/** What leaves nothing on the stack: a line ends with it. */
const ends = /^(local\.set|br|br_if|br_table|drop|return|unreachable)\b|store/;

/**
 * The body of a function as WebAssembly text, one statement a line: expressions stay on the line of what consumes them.
 * Labels are named by their depth. `unlikely` are the offsets of branches with a hint. `remark` says more about a static address.
 */
export function wasmText(body: Uint8Array, unlikely: readonly number[], remark: (address: number) => string | undefined): string {
  return new BodyText(body, unlikely, remark).lines().join('\n');
}

class BodyText {
  private at = 0;
  private depth = 0;
  private pending: string[] = [];
  private readonly out: string[] = [];

  constructor(
    private readonly body: Uint8Array,
    private readonly unlikely: readonly number[],
    private readonly remark: (address: number) => string | undefined,
  ) {}

  lines(): string[] {
    for (let groups = this.unsigned(); groups > 0; groups--) {
      const count = this.unsigned();
      this.out.push(`(local ${Array<string>(count).fill(types.get(this.byte())!).join(' ')})`);
    }
    while (this.at < this.body.length) this.instruction();
    this.flush();
    return this.out;
  }

  private byte(): number {
    const byte = this.body[this.at++];
    if (byte === undefined) throw new Error('the function ends in the middle of an instruction');
    return byte;
  }

  private unsigned(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  private signed(bits: number): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(bits, byte & 0x40 ? value - (1n << (shift + 7n)) : value);
    }
  }

  private flush(): void {
    if (this.pending.length > 0) this.line(this.pending.join(' '));
    this.pending = [];
  }

  private line(text: string): void {
    this.out.push('  '.repeat(this.depth) + text);
  }

  private say(text: string): void {
    this.pending.push(text);
    if (ends.test(text)) this.flush();
  }

  /** A label by the depth at which it was opened. */
  private label(relative: number): string {
    return `$${this.depth - relative}`;
  }

  private instruction(): void {
    const start = this.at;
    const code = this.byte();
    if (openers[code]) this.open(openers[code], this.unlikely.includes(start));
    else if (code === 0x05) {
      this.flush();
      this.depth--;
      this.line('else');
      this.depth++;
    } else if (code === 0x0b) {
      this.flush();
      // The last one ends the function.
      if (this.depth > 0) {
        this.depth--;
        this.line('end');
      }
    } else if (code === 0x0c || code === 0x0d) this.say(`${code === 0x0c ? 'br' : 'br_if'} ${this.label(this.unsigned())}`);
    else if (code === 0x0e) {
      const count = this.unsigned();
      this.say(`br_table ${Array.from({ length: count + 1 }, () => this.label(this.unsigned())).join(' ')}`);
    } else if (code === 0x10) this.say(`call ${this.unsigned()}`);
    else if (code === 0x11) this.say(`call_indirect (type ${this.unsigned()}) (table ${this.unsigned()})`);
    else if (code === 0x1c) this.say(`select (result ${Array.from({ length: this.unsigned() }, () => types.get(this.byte())).join(' ')})`);
    else if (code === 0x41) this.say(`i32.const ${this.signed(32)}`);
    else if (code === 0x42) this.say(`i64.const ${this.constant(this.signed(64))}`);
    else if (locals[code]) this.say(`${locals[code]} ${this.unsigned()}`);
    else if (simple[code]) this.say(simple[code]);
    else this.other(code);
  }

  private open(name: string, unlikely: boolean): void {
    const type = this.byte();
    const result = type === 0x40 ? '' : ` (result ${types.get(type)})`;
    this.pending.push(`${name} $${this.depth + 1}${result}${unlikely ? ' ;; unlikely' : ''}`);
    this.flush();
    this.depth++;
  }

  private constant(value: bigint): string {
    return value > 0xffffn || value < -0xffffn ? `0x${BigInt.asUintN(64, value).toString(16)}` : value.toString();
  }

  /** By table: an opcode of one byte, or a prefix and a number. */
  private other(code: number): void {
    const bytes = [code];
    if (code >= 0xfc) {
      do bytes.push(this.byte());
      while (bytes.at(-1)! >= 0x80);
    }
    const key = bytes.join();
    if (key === '253,12') {
      this.say(`v128.const i8x16 ${Array.from({ length: 16 }, () => `0x${this.byte().toString(16).padStart(2, '0')}`).join(' ')}`);
      return;
    }
    const access = memory.get(key);
    if (access) {
      this.unsigned();
      const offset = this.unsigned();
      const remark = this.remark(offset);
      this.say(`${access}${offset === 0 ? '' : ` offset=${offset}`}${remark === undefined ? '' : ` (; ${remark} ;)`}`);
      return;
    }
    const found = plain.get(key);
    if (!found) throw new Error(`no instruction begins with ${bytes.map((b) => `0x${b.toString(16)}`).join(' ')}`);
    const lanes = found.immediate === undefined ? 0 : found.immediate === 'lane' ? 1 : 16;
    this.say([found.name, ...Array.from({ length: lanes }, () => this.byte())].join(' '));
  }
}
