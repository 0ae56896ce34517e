import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WatchWindow, WHOLE_PAGE } from '../../emulator/memory/watch-window.ts';

const PAGE = 4096;

/** The window found around `at`, as generated code tests an access with it. */
function windowOf(at: number, watched: readonly (readonly [number, number])[]) {
  const window = new WatchWindow();
  window.begin(at);
  for (const [from, to] of watched) window.exclude(from, to);
  const start = window.word & 0xffff;
  const length = window.word >>> 16;
  assert.equal(length, window.bytes);
  return { length, word: window.word, past: window.past, has: (offset: number, bytes = 1) => ((offset - start) & 0xfff) + bytes <= length };
}

describe('the window of a watched page', () => {
  const rows = [
    ['below a watch', 0x10, [[0x20, 0x27]], 4088],
    ['above a watch', 0x800, [[0x20, 0x27]], 4088],
    [
      'between two',
      0x80,
      [
        [0x20, 0x27],
        [0x100, 0x100],
      ],
      0x100 - 0x28,
    ],
    [
      'above the highest of two, and below the lowest',
      0x101,
      [
        [0x20, 0x27],
        [0x100, 0x100],
      ],
      PAGE - 0x101 + 0x20,
    ],
    ['nothing watched', 0x101, [], PAGE],
    ['a watched byte', 0x21, [[0x20, 0x27]], 0],
    ['everything watched', 0x21, [[0, 0xfff]], 0],
    ['the first byte is watched', 0xfff, [[0, 0]], 4095],
    ['the last byte is watched', 0, [[0xfff, 0xfff]], 4095],
    [
      'overlapping watches',
      0x40,
      [
        [0x10, 0x3f],
        [0x20, 0x2f],
      ],
      PAGE - 0x30,
    ],
  ] as const;
  for (const [name, at, watched, bytes] of rows) it(name, () => assert.equal(windowOf(at, watched).length, bytes));

  it('no watch leaves the page whole', () => assert.equal(windowOf(5, []).word, WHOLE_PAGE));

  it('where the watched bytes end that it starts in', () => {
    assert.equal(windowOf(0x21, [[0x20, 0x27]]).past, 0x28);
    assert.equal(windowOf(0xff8, [[0xff0, 0xfff]]).past, 0);
  });

  it('holds every byte that can be reached without a watched one, and no other', () => {
    let seed = 1;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return Math.floor((seed / 2 ** 32) * below);
    };
    for (let round = 0; round < 200; round++) {
      const watched = Array.from({ length: 1 + random(4) }, () => {
        const from = random(PAGE);
        return [from, Math.min(PAGE - 1, from + random(round % 2 ? 2000 : 16))] as const;
      });
      const at = random(PAGE);
      const free = (offset: number): boolean => watched.every(([from, to]) => offset < from || offset > to);
      const { length, has } = windowOf(at, watched);
      const expected = new Set<number>();
      for (let offset = at; free(offset) && !expected.has(offset); offset = (offset + 1) & (PAGE - 1)) expected.add(offset);
      if (expected.size > 0) for (let offset = at; free(offset); offset = (offset - 1) & (PAGE - 1)) expected.add(offset);
      assert.equal(length, expected.size);
      for (let offset = 0; offset < PAGE; offset++)
        assert.equal(has(offset), expected.has(offset), `${offset} of ${JSON.stringify(watched)} at ${at}`);
      for (let k = 0; k < 100; k++) {
        const offset = random(PAGE - 64);
        const bytes = 1 + random(64);
        const clear = Array.from({ length: bytes }, (_, b) => free(offset + b)).every(Boolean);
        if (has(offset, bytes)) assert.ok(clear);
      }
    }
  });
});
