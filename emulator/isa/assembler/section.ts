import { ExpressionError } from './expression.ts';

/** A guest larger than this is a typing error. */
export const MOST_BYTES = 64 * 2 ** 20;

/** Bytes that are being laid out: a section of the program. In the first pass only its size counts. */
export class Section {
  private bytes = new Uint8Array(256);
  private used = 0;
  /** Largest alignment asked for inside it, in bytes. */
  alignment = 16;
  /** Address of its first byte; in the first pass a stand-in far from every other section's. */
  base = 0n;

  constructor(readonly name: string) {}

  get size(): number {
    return this.used;
  }

  get here(): bigint {
    return this.base + BigInt(this.used);
  }

  /** Starts the next pass. */
  rewind(): void {
    this.bytes.fill(0);
    this.used = 0;
  }

  append(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.used - bytes.length);
  }

  /** `count` bytes of `fill`. */
  reserve(count: number, fill = 0): void {
    const end = this.used + count;
    if (end > MOST_BYTES) throw new ExpressionError(`${this.name} grows beyond ${MOST_BYTES / 2 ** 20} MB`);
    if (end > this.bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.bytes.length * 2));
      grown.set(this.bytes.subarray(0, this.used));
      this.bytes = grown;
    }
    if (fill !== 0) this.bytes.fill(fill, this.used, end);
    this.used = end;
  }

  appendInteger(value: bigint, size: number): void {
    const bytes = new Uint8Array(size);
    for (let i = 0, rest = BigInt.asUintN(size * 8, value); i < size; i++, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
    this.append(bytes);
  }

  get contents(): Uint8Array {
    return this.bytes.subarray(0, this.used);
  }
}
