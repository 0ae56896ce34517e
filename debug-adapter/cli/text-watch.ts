/** Looks for a text in a stream of bytes that comes in pieces. */
export class TextWatch {
  private readonly wanted: Buffer;
  private tail = Buffer.alloc(0);
  found = false;

  constructor(text: string) {
    this.wanted = Buffer.from(text);
  }

  /** True from the piece on that completes the text. */
  add(bytes: Uint8Array): boolean {
    if (this.found || bytes.length === 0) return this.found;
    const seen = Buffer.concat([this.tail, bytes]);
    this.found = seen.includes(this.wanted);
    const keep = Math.min(seen.length, this.wanted.length - 1);
    this.tail = seen.subarray(seen.length - keep);
    return this.found;
  }
}
