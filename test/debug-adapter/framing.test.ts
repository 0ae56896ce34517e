import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeFrame, type Frame, FrameReader, MAX_MESSAGE_BYTES } from '../../debug-adapter/protocol/framing.ts';

const read = (...chunks: readonly (string | Buffer)[]): Frame[] => {
  const reader = new FrameReader();
  return chunks.flatMap((chunk) => reader.push(Buffer.from(chunk as string)));
};
const message = { type: 'request', command: 'threads', text: 'ä→🦉' };

/** Deterministic noise. */
function* random(seed: number): Generator<number> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state;
  }
}

describe('framing', () => {
  it('a message comes back as it went', () => assert.deepEqual(read(encodeFrame(message)), [{ kind: 'message', message }]));
  it('byte by byte', () => {
    const bytes = encodeFrame(message);
    assert.deepEqual(read(...Array.from(bytes, (_, i) => bytes.subarray(i, i + 1))), [{ kind: 'message', message }]);
  });
  it('several in one piece', () => assert.equal(read(Buffer.concat([encodeFrame(1), encodeFrame(2), encodeFrame(3)])).length, 3));
  it('a header of any case and with other lines', () =>
    assert.deepEqual(read('Content-Type: x\r\ncontent-length: 2\r\n\r\n{}'), [{ kind: 'message', message: {} }]));
  it('no JSON', () => assert.equal(read('Content-Length: 3\r\n\r\n{{{')[0]!.kind, 'garbage'));
  it('no length', () => assert.equal(read('Content-Foo: 3\r\n\r\n')[0]!.kind, 'garbage'));
  it('a length that is no number', () => assert.equal(read('Content-Length: many\r\n\r\n')[0]!.kind, 'garbage'));
  it('a length beyond reason', () => assert.equal(read(`Content-Length: ${MAX_MESSAGE_BYTES + 1}\r\n\r\n`)[0]!.kind, 'garbage'));
  it('after garbage the next message is read', () => {
    const frames = read(Buffer.alloc(20_000, 'x'), encodeFrame(message));
    assert.deepEqual(frames.at(-1), { kind: 'message', message });
    assert.equal(frames[0]!.kind, 'garbage');
  });
  it('noise never throws, never hangs, and leaves the reader usable', () => {
    const noise = random(7);
    const pieces = ['Content-Length: ', '\r\n', '\r\n\r\n', '12', '{}', '-1', '\0', '99999999999999', 'é'];
    for (let round = 0; round < 400; round++) {
      const reader = new FrameReader();
      for (let i = 0; i < 60; i++) {
        const n = noise.next().value as number;
        const piece = n % 3 === 0 ? Buffer.from([n >>> 24, (n >>> 16) & 255]) : Buffer.from(pieces[(n >>> 8) % pieces.length]!);
        reader.push(piece);
      }
      assert.ok(true);
    }
  });
});
