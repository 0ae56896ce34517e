import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { type KernelSymbol, parseKallsyms } from '../../../../debug-adapter/symbols/kallsyms/kallsyms.ts';
import { imageStart } from '../../../../debug-adapter/symbols/kernel-image.ts';
import { ownSymbols } from '../../../../debug-adapter/symbols/kernel-own.ts';
import { SymbolTable } from '../../../../debug-adapter/symbols/symbols.ts';
import { guestFiles, kernelVersions, skipWithout } from '../../../guests/guests.ts';
import { buildImage, type KallsymsLayout, LINK_ADDRESS, type Linking } from './image.ts';
import { kallsymsOf72 } from './kernel-7.2.ts';

/** As /proc/kallsyms prints them. */
const lines = (found: { readonly symbols: readonly Omit<KernelSymbol, 'size'>[] } | undefined): string[] | undefined =>
  found?.symbols.map(({ name, type, address }) => `${address.toString(16).padStart(16, '0')} ${type} ${name}`);

const layouts: readonly KallsymsLayout[] = ['6.1', '6.12', '7.2'];
const linkings: readonly Linking[] = ['relocations', 'pointers'];

describe("kallsyms of Debian's kernels: every name, address and type as the kernel itself prints them", () => {
  for (const version of kernelVersions) {
    const { image, systemMap } = guestFiles().kernels[version];
    it(version, { skip: skipWithout(image, systemMap) }, () => {
      const expected = readFileSync(systemMap, 'utf8').trimEnd().split('\n');
      assert.ok(expected.length > 40_000);
      assert.deepEqual(lines(parseKallsyms(readFileSync(image))), expected);
    });
  }
  const { image, skip, expected } = kallsymsOf72();
  it('7.2', { skip, timeout: 300_000 }, () => assert.deepEqual(lines(parseKallsyms(readFileSync(image))), expected()));
});

describe('kallsyms of built images', () => {
  for (const layout of layouts) {
    for (const linking of linkings) {
      it(`${layout}, the link address by ${linking}`, () => {
        const { bytes, symbols } = buildImage({ layout, linking });
        assert.deepEqual(lines(parseKallsyms(bytes)), lines({ symbols }));
      });
    }
  }
  it('an image that does not lie at a word of its buffer', () => {
    const { bytes, symbols } = buildImage({ layout: '6.12', linking: 'relocations' });
    const odd = new Uint8Array(bytes.length + 1);
    odd.set(bytes, 1);
    assert.deepEqual(lines(parseKallsyms(odd.subarray(1))), lines({ symbols }));
  });
  it('without CONFIG_KALLSYMS: none, and a line that says so', () => {
    const { bytes } = buildImage({ layout: '6.12', linking: 'relocations', kallsyms: false });
    assert.equal(parseKallsyms(bytes), undefined);
    const own = ownSymbols({ name: '/boot/Image', bytes });
    assert.deepEqual(own?.symbols, []);
    assert.match(own!.line, /^Image has no kallsyms \(CONFIG_KALLSYMS\): .*"symbols"/);
  });
  it('a kernel from before 5.8, which begins TEXT_OFFSET after 2 MiB and does not name its start', () => {
    const { bytes, symbols } = buildImage({ layout: '6.1', linking: 'relocations', textOffset: 0x8_0000 });
    assert.deepEqual(lines(parseKallsyms(bytes)), lines({ symbols }));
    const table = new SymbolTable();
    table.add(ownSymbols({ name: 'Image', bytes })!.symbols);
    assert.equal(imageStart(table), LINK_ADDRESS + 0x8_0000n);
  });
  it('a file that is no Image is asked nothing', () => assert.equal(ownSymbols({ name: 'a.bin', bytes: new Uint8Array(4096) }), undefined));
  it('the line for the person', () => {
    const { bytes } = buildImage({ layout: '7.2', linking: 'pointers' });
    assert.equal(ownSymbols({ name: '/boot/Image', bytes })?.line, "Image: 3,002 symbols from the kernel's own kallsyms");
  });
});

describe('kallsyms that are damaged', () => {
  /** The symbols, undefined, or an error with a message; anything else is a fault of the reader. */
  const outcome = (bytes: Uint8Array): readonly string[] | Error | undefined => {
    try {
      return lines(parseKallsyms(bytes));
    } catch (error) {
      assert.equal((error as Error).constructor, Error, `${(error as Error).stack}`);
      assert.match((error as Error).message, /^[a-z].{20,}/);
      return error as Error;
    }
  };

  for (const layout of layouts) {
    const { bytes, symbols, tables } = buildImage({ layout, linking: 'relocations' });
    const right = lines({ symbols });

    it(`${layout}: cut off anywhere, never other symbols`, () => {
      const step = Math.floor((tables.end - tables.start) / 150) | 1;
      for (let length = tables.start - step; length < tables.end + step; length += step) {
        const found = outcome(bytes.subarray(0, length));
        if (Array.isArray(found)) assert.deepEqual(found, right, `${length} bytes`);
      }
      for (const length of [0, 1, 63, 64, 65, 4096]) assert.equal(outcome(bytes.subarray(0, length)), undefined);
    });

    it(`${layout}: random bytes changed, never a crash, never another number of symbols`, () => {
      let seed = 0x2545_f491;
      const random = (below: number): number => {
        seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
        return Math.floor((seed / 2 ** 32) * below);
      };
      const counts = { symbols: 0, errors: 0, none: 0 };
      for (let i = 0; i < 200; i++) {
        const damaged = bytes.slice();
        for (let n = random(4); n >= 0; n--) damaged[tables.start + random(tables.end - tables.start)] = random(256);
        const found = outcome(damaged);
        if (Array.isArray(found)) assert.equal(found.length, right!.length);
        counts[found === undefined ? 'none' : found instanceof Error ? 'errors' : 'symbols']++;
      }
      assert.ok(counts.errors > 10, JSON.stringify(counts));
    });
  }

  it('the person is told what does not fit, and the launch goes on', () => {
    const { bytes, tables } = buildImage({ layout: '6.12', linking: 'relocations' });
    bytes.fill(0xff, tables.start, tables.start + 4096);
    const own = ownSymbols({ name: 'Image', bytes });
    assert.equal(own?.damaged, true);
    assert.match(own!.line, /^Image: the kernel's own kallsyms cannot be read: there is a table of tokens, but no names .*"symbols"/);
  });
  it('an image that the header does not enter at its entry point', () => {
    const { bytes } = buildImage({ layout: '6.12', linking: 'relocations' });
    bytes[4]! ^= 8;
    assert.match(String(outcome(bytes)), /the entry point is not where its symbol is/);
  });
  it('an image that does not tell its link address', () => {
    const { bytes } = buildImage({ layout: '7.2', linking: 'pointers' });
    bytes.fill(0, 0x1f_0000);
    assert.match(String(outcome(bytes)), /neither relocations nor pointers/);
  });

  const SIZE = 16 << 20;
  const endless: Readonly<Record<string, () => Buffer>> = {
    'digits everywhere': () => Buffer.alloc(SIZE, '0\x001\x002\x003\x004\x005\x006\x007\x008\x009\x00', 'latin1'),
    'tokens after nothing but markers': () => after(Buffer.from(Uint32Array.from({ length: 8 }, (_, i) => i * 512).buffer)),
    'tokens after names of one byte': () => after(Buffer.from([1, 0x41])),
    'relocations everywhere': () =>
      Buffer.concat([
        buildImage({ layout: '7.2', linking: 'pointers' }).bytes,
        Buffer.alloc(SIZE, Buffer.from(BigUint64Array.of(LINK, 0x403n, LINK + 8n).buffer)),
      ]),
  };
  for (const [what, make] of Object.entries(endless)) {
    it(`bounded work: ${what}`, () => {
      const bytes = make();
      const start = process.cpuUsage();
      outcome(bytes);
      const { user } = process.cpuUsage(start);
      assert.ok(user < 3_000_000, `${user / 1000} ms`);
    });
  }
});

const LINK = 0xffff_8000_8000_0000n;

/** So much of a pattern, and the tables from the tokens on. */
function after(pattern: Buffer): Buffer {
  const { bytes, tables } = buildImage({ layout: '6.12', linking: 'relocations' });
  const tokens = Buffer.from(bytes).indexOf('0\x001\x002\x00', tables.start, 'latin1') - 64;
  const before = Buffer.alloc(16 << 20, pattern);
  return Buffer.concat([before, Buffer.alloc(64), bytes.subarray(tokens)]);
}
