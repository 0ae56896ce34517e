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
    if (this.buffered === 0) this.chunks = [chunk];
    else this.chunks.push(chunk);
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

/** A message as text: everything before its JSON is ASCII. */
export function frameText(message: unknown): string {
  const json = jsonOf(message);
  return `Content-Length: ${Buffer.byteLength(json, 'utf8')}\r\n\r\n${json}`;
}

/** The JSON of rows that were sent before: from one stop to the next most rows are the same objects. */
const rowTexts = new WeakMap<object, string>();

function rowText(row: object): string {
  let text = rowTexts.get(row);
  if (text === undefined) rowTexts.set(row, (text = JSON.stringify(row)));
  return text;
}

function jsonOf(message: unknown): string {
  if (!isRows(message)) return JSON.stringify(message);
  const { body, ...rest } = message;
  return `${JSON.stringify(rest).slice(0, -1)},"body":{"variables":[${body.variables.map(rowText).join(',')}]}}`;
}

function isRows(message: unknown): message is { readonly body: { readonly variables: readonly object[] } } {
  const { command, success } = message as { readonly command?: unknown; readonly success?: unknown };
  return command === 'variables' && success === true;
}

/** A message as bytes. */
export const encodeFrame = (message: unknown): Buffer => Buffer.from(frameText(message), 'utf8');
