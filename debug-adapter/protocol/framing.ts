/** Framing of the Debug Adapter Protocol: `Content-Length: N`, an empty line, N bytes of JSON. */

/** No message a client sends is that long; a length beyond is a broken or hostile stream. */
export const MAX_MESSAGE_BYTES = 64 << 20;
const MAX_HEADER_BYTES = 8 << 10;

/** What came in: a message, or a piece of the stream that is none. */
export type Frame = { readonly kind: 'message'; readonly message: unknown } | { readonly kind: 'garbage'; readonly reason: string };

/** Cuts a byte stream into messages. Garbage is reported and skipped up to the next header. */
export class FrameReader {
  private chunks: Buffer[] = [];
  private buffered = 0;
  /** Bytes of the body being read; undefined while looking for a header. */
  private expected: number | undefined;

  /** Takes bytes in; returns what they completed. */
  push(chunk: Buffer): Frame[] {
    this.chunks.push(chunk);
    this.buffered += chunk.length;
    const frames: Frame[] = [];
    while (this.step(frames));
    return frames;
  }

  private step(frames: Frame[]): boolean {
    if (this.expected === undefined) return this.header(frames);
    if (this.buffered < this.expected) return false;
    const body = this.take(this.expected);
    this.expected = undefined;
    try {
      frames.push({ kind: 'message', message: JSON.parse(body.toString('utf8')) });
    } catch (error) {
      frames.push({ kind: 'garbage', reason: `the body of a message is no JSON: ${(error as Error).message}` });
    }
    return true;
  }

  private header(frames: Frame[]): boolean {
    const all = this.join();
    const end = all.indexOf('\r\n\r\n');
    if (end < 0 || end > MAX_HEADER_BYTES) {
      if (all.length <= MAX_HEADER_BYTES) return false;
      frames.push({ kind: 'garbage', reason: `no header in ${MAX_HEADER_BYTES} bytes` });
      const next = all.indexOf('Content-Length:', 1);
      this.take(next > 0 ? next : all.length - 16);
      return true;
    }
    const text = this.take(end + 4).toString('latin1', 0, end);
    const length = /Content-Length: *([0-9]{1,12}) *(?:\r\n|$)/i.exec(text);
    if (!length) frames.push({ kind: 'garbage', reason: 'a header without Content-Length' });
    else if (Number(length[1]) > MAX_MESSAGE_BYTES) frames.push({ kind: 'garbage', reason: `a message of ${length[1]} bytes is too long` });
    else this.expected = Number(length[1]);
    return true;
  }

  private join(): Buffer {
    if (this.chunks.length !== 1) this.chunks = [Buffer.concat(this.chunks)];
    return this.chunks[0]!;
  }

  private take(bytes: number): Buffer {
    const all = this.join();
    this.chunks = [all.subarray(bytes)];
    this.buffered = all.length - bytes;
    return all.subarray(0, bytes);
  }
}

/** A message as bytes. */
export function encodeFrame(message: unknown): Buffer {
  const json = Buffer.from(JSON.stringify(message), 'utf8');
  return Buffer.concat([Buffer.from(`Content-Length: ${json.length}\r\n\r\n`, 'latin1'), json]);
}
