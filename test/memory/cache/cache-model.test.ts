import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import type { CacheModel, LineOperation } from '../../../emulator/memory/cache/cache-model.ts';
import { pageMark } from '../../../emulator/memory/page-mark.ts';
import { PhysicalMemory } from '../../../emulator/memory/physical-memory.ts';

const LINE = 64;

/** A cache, and accesses to it as an MMU makes them. */
class Situation {
  readonly physical = new PhysicalMemory({ dramBytes: 2 ** 21, vcpus: 1, codeBytes: 2 ** 20, cacheModel: true });
  readonly cache: CacheModel = this.physical.cache!;
  readonly page = this.physical.dramStart + 4 * 4096;

  store(offset: number, value: number): void {
    this.cache.reached(this.page + offset, 1, true);
    this.physical.bytes[this.page + offset] = value;
  }

  load(offset: number): number {
    this.cache.reached(this.page + offset, 1, false);
    return this.physical.bytes[this.page + offset]!;
  }

  storePast(offset: number, value: number): void {
    this.cache.writtenPast(this.page);
    this.physical.bytes[this.page + this.cache.distance + offset] = value;
  }

  loadPast(offset: number): number {
    return this.physical.bytes[this.page + this.cache.distance + offset]!;
  }

  dc(operation: LineOperation, offset: number): void {
    this.cache.maintain(this.page + offset, operation);
  }

  state(offset: number): string {
    return this.cache.stateOf(this.page + offset);
  }

  get marked(): boolean {
    return (this.physical.marks[this.page / 4096]! & pageMark.cache) !== 0;
  }
}

let s: Situation;
beforeEach(() => {
  s = new Situation();
});

describe('a page that is in the cache as a whole', () => {
  test('a store stays in the cache: memory is as it was, the line dirty', () => {
    s.store(8, 1);
    assert.deepEqual([s.load(8), s.loadPast(8), s.state(8), s.state(LINE)], [1, 0, 'dirty', 'clean']);
    assert.equal(s.marked, false);
  });
  test('DC CVAC writes the line back, and no other; it stays', () => {
    s.store(8, 1);
    s.store(LINE, 2);
    s.dc('clean', 9);
    assert.deepEqual([s.loadPast(8), s.loadPast(LINE), s.state(8), s.state(LINE)], [1, 0, 'clean', 'dirty']);
  });
  test('DC IVAC loses what was not written back', () => {
    s.store(8, 1);
    s.dc('invalidate', 0);
    assert.deepEqual([s.state(8), s.load(8), s.loadPast(8), s.state(8)], ['absent', 0, 0, 'clean']);
  });
  test('DC CIVAC writes back first', () => {
    s.store(8, 1);
    s.dc('clean and invalidate', 63);
    assert.deepEqual([s.state(8), s.loadPast(8), s.load(8)], ['absent', 1, 1]);
  });
  test('a write past the cache is not seen by what is in the cache, until the line leaves it', () => {
    assert.equal(s.load(8), 0);
    s.storePast(8, 5);
    assert.deepEqual([s.load(8), s.loadPast(8), s.state(8)], [0, 5, 'clean']);
    s.dc('invalidate', 8);
    assert.equal(s.load(8), 5);
  });
  test('a clean line is not written back over what memory got meanwhile; a dirty one is', () => {
    s.store(LINE, 1);
    s.storePast(0, 5);
    s.storePast(LINE + 1, 6);
    s.dc('clean and invalidate', 0);
    s.dc('clean and invalidate', LINE);
    assert.deepEqual([s.loadPast(0), s.loadPast(LINE), s.loadPast(LINE + 1)], [5, 1, 0]);
  });
});

describe('a page that is kept by line', () => {
  test('lines come in one by one, with the access that needs them', () => {
    s.dc('invalidate', 0);
    s.dc('invalidate', LINE);
    s.storePast(0, 5);
    assert.equal(s.load(0), 5);
    s.storePast(LINE, 6);
    assert.deepEqual([s.state(0), s.state(LINE), s.load(LINE)], ['clean', 'absent', 6]);
    s.storePast(LINE, 7);
    assert.deepEqual([s.load(LINE), s.loadPast(LINE)], [6, 7]);
  });
  test('an access over two lines brings in both', () => {
    s.dc('invalidate', 0);
    s.dc('invalidate', LINE);
    s.cache.reached(s.page + LINE - 1, 2, true);
    assert.equal(s.cache.confines(s.page), false, 'all lines are there, and none was written past the cache');
  });
  test('it is one again once all lines are there, unless memory was written past the cache', () => {
    s.dc('invalidate', 0);
    assert.equal(s.marked, true);
    s.load(0);
    assert.equal(s.marked, false);
    s.storePast(0, 1);
    s.dc('invalidate', 0);
    s.load(0);
    assert.equal(s.marked, true);
  });
  test('TLB entries are confined to lines that are there, for writes to dirty ones', () => {
    for (const line of [3, 9]) s.dc('invalidate', line * LINE);
    s.storePast(0, 1);
    s.store(5 * LINE, 1);
    s.store(6 * LINE, 1);
    assert.equal(s.cache.readWindow(s.page + 5 * LINE), (4 * LINE) | ((5 * LINE) << 16));
    assert.equal(s.cache.writeWindow(s.page + 5 * LINE + 8), (5 * LINE) | ((2 * LINE) << 16));
    assert.equal(s.cache.writeWindow(s.page + 4 * LINE), 0);
  });
  test('cleaning takes back the right to write unasked; invalidation all of it', () => {
    const dropped: string[] = [];
    s.cache.listeners = { dropPage: (page, reads) => dropped.push(`${page - s.page} ${reads}`), dropAll: () => {}, written: () => {} };
    s.storePast(0, 1);
    assert.deepEqual(dropped.splice(0), ['0 true'], 'from now on it is kept by line');
    s.store(LINE, 1);
    s.dc('clean', LINE);
    assert.deepEqual(dropped.splice(0), [], 'nothing was entered');
    s.store(LINE, 2);
    s.cache.readWindow(s.page + LINE);
    s.cache.writeWindow(s.page + LINE);
    s.dc('clean', LINE);
    assert.deepEqual(dropped.splice(0), ['0 false']);
    s.dc('invalidate', LINE);
    assert.deepEqual(dropped.splice(0), ['0 true']);
  });
});

describe('stage2 §5: the host cleans and invalidates what it maps', () => {
  test('dirty lines are in memory, and the page is out of the cache', () => {
    s.store(8, 1);
    s.cache.cleanInvalidate(s.page, 4096);
    assert.deepEqual([s.loadPast(8), s.state(8), s.marked], [1, 'absent', true]);
  });
  test('the first cacheable access brings in all of it', () => {
    s.cache.cleanInvalidate(s.page, 4096);
    s.load(8);
    assert.deepEqual([s.state(4095), s.marked], ['clean', false]);
  });
  test('where memory was written past the cache first, only its line', () => {
    s.cache.cleanInvalidate(s.page, 4096);
    s.storePast(8, 3);
    assert.deepEqual([s.load(8), s.state(8), s.state(LINE)], [3, 'clean', 'absent']);
  });
  test('lines that are clean and out of date are not written back', () => {
    s.storePast(8, 3);
    s.cache.cleanInvalidate(s.page, 4096);
    assert.deepEqual([s.loadPast(8), s.load(8)], [3, 3]);
  });
});

describe('others who look at memory', () => {
  test('differences: lines that memory has otherwise, both contents, the state', () => {
    s.store(8, 1);
    s.storePast(LINE, 2);
    const found = s.cache.differences(s.page, 4096);
    assert.deepEqual(
      found.map(({ host, state, cached, memory }) => [
        host - s.page,
        state,
        cached[host === s.page ? 8 : 0],
        memory[host === s.page ? 8 : 0],
      ]),
      [
        [0, 'dirty', 1, 0],
        [LINE, 'clean', 0, 2],
      ],
    );
    s.dc('clean and invalidate', 0);
    s.dc('clean and invalidate', LINE);
    assert.deepEqual(s.cache.differences(s.page, 4096), []);
  });
  test('a walk reads a line that is there from the cache, and brings none in', () => {
    s.store(8, 1);
    assert.equal(s.cache.descriptorAt(s.page + 8, true), s.page + 8);
    assert.equal(s.cache.descriptorAt(s.page + 8, false), s.page + 8 + s.cache.distance);
    s.dc('clean and invalidate', 8);
    assert.equal(s.cache.descriptorAt(s.page + 8, true), s.page + 8 + s.cache.distance);
    assert.equal(s.state(8), 'absent');
  });
  test('a walk that sets the Access flag writes to the cache, or past it', () => {
    s.dc('clean and invalidate', 0);
    assert.equal(s.cache.descriptorUpdateAt(s.page, false), s.page + s.cache.distance);
    assert.equal(s.state(0), 'absent');
    assert.equal(s.cache.descriptorUpdateAt(s.page, true), s.page);
    assert.equal(s.state(0), 'dirty');
  });
  test('instructions come from memory, and from the cache where it is coherent', () => {
    assert.equal(s.cache.fetchPage(s.page, true), s.page + s.cache.distance);
    s.cache.coherentFetches = true;
    assert.equal(s.cache.fetchPage(s.page, true), s.page);
    assert.equal(s.cache.fetchPage(s.page, false), s.page + s.cache.distance);
  });
  test('what a debugger writes everybody sees', () => {
    s.physical.bytes[s.page + 8] = 9;
    s.cache.poked(s.page + 8, 1);
    assert.deepEqual([s.load(8), s.loadPast(8)], [9, 9]);
  });
  test('reset: memory is zero, the cache has everything', () => {
    s.storePast(8, 3);
    s.cache.cleanInvalidate(s.page + 4096, 4096);
    s.cache.reset();
    assert.deepEqual([s.loadPast(8), s.marked, s.cache.state], [0, false, {}]);
  });
});

test('a memory without a cache model has no second place for anything', () => {
  const physical = new PhysicalMemory({ dramBytes: 2 ** 21, vcpus: 1, codeBytes: 2 ** 20 });
  assert.equal(physical.cache, undefined);
  assert.equal(physical.memory.buffer.byteLength, physical.dramEnd);
});
