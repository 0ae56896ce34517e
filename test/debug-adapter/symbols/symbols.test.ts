import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseElfSymbols } from '../../../debug-adapter/symbols/elf.ts';
import { locationText, SymbolTable } from '../../../debug-adapter/symbols/symbols.ts';
import { parseSystemMap } from '../../../debug-adapter/symbols/system-map.ts';

const base = 0xffff_8000_0800_0000n;

describe('symbol table', () => {
  const table = new SymbolTable();
  table.add([
    { name: 'b', address: base + 0x100n, size: 0x10 },
    { name: 'a', address: base, size: 0 },
    { name: 'a_alias', address: base, size: 0 },
  ]);
  it('address to name', () => {
    assert.equal(locationText(table.locate(base + 4n)!), 'a+0x4');
    assert.equal(locationText(table.locate(base + 0x100n)!), 'b');
  });
  it('past the end of a sized symbol there is nothing', () => assert.equal(table.locate(base + 0x110n), undefined));
  it('below the first there is nothing', () => assert.equal(table.locate(base - 4n), undefined));
  it('a moved image', () => {
    table.setAliases([{ start: 0x4020_0000n, end: 0x4030_0000n, delta: base - 0x4020_0000n }]);
    assert.equal(locationText(table.locate(0x4020_0104n)!), 'b+0x4');
  });
  it('name to address', () => assert.equal(table.find('b')?.address, base + 0x100n));
  it('completion', () =>
    assert.deepEqual(
      [...table.startingWith('a', 5)].map((s) => s.name),
      ['a', 'a_alias'],
    ));
});

describe('System.map', () => {
  it('symbols, without constants and mapping symbols', () => {
    const map = 'ffff800008000000 T _text\n0000000000001000 A _kernel_size\nffff800008000040 t $x\nffff800008010000 t el1h_64_sync\n';
    assert.deepEqual(
      parseSystemMap(map).map((s) => s.name),
      ['_text', 'el1h_64_sync'],
    );
  });
  it('another file says which line', () => assert.throws(() => parseSystemMap('ffff800008000000 T _text\nhello\n'), /line 2/));
});

describe('ELF', () => {
  it('symbols of .symtab', () => assert.deepEqual(parseElfSymbols(elf()), [{ name: 'start', address: base, size: 8 }]));
  it('another machine', () => {
    const bytes = elf();
    bytes[18] = 62;
    assert.throws(() => parseElfSymbols(bytes), /another machine \(e_machine 62/);
  });
  it('cut off anywhere: an error, never a crash', () => {
    const bytes = elf();
    for (let length = 0; length < bytes.length; length++) {
      try {
        parseElfSymbols(bytes.subarray(0, length));
      } catch (error) {
        assert.ok(error instanceof Error && !(error instanceof TypeError), `${length}: ${error}`);
      }
    }
  });
});

/** A minimal arm64 ELF file: a symbol table with one function, its strings. */
function elf(): Uint8Array {
  const bytes = new Uint8Array(64 + 48 + 16 + 3 * 64);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(18, 183, true);
  const sections = 128;
  view.setBigUint64(40, BigInt(sections), true);
  view.setUint16(58, 64, true);
  view.setUint16(60, 3, true);
  const symbol = 64 + 24;
  view.setUint32(symbol, 1, true);
  view.setUint8(symbol + 4, 0x12);
  view.setUint16(symbol + 6, 1, true);
  view.setBigUint64(symbol + 8, base, true);
  view.setBigUint64(symbol + 16, 8n, true);
  bytes.set(new TextEncoder().encode('\0start\0'), 112);
  const section = (index: number, type: number, offset: number, size: number, link: number, entry: number): void => {
    const at = sections + index * 64;
    view.setUint32(at + 4, type, true);
    view.setBigUint64(at + 24, BigInt(offset), true);
    view.setBigUint64(at + 32, BigInt(size), true);
    view.setUint32(at + 40, link, true);
    view.setBigUint64(at + 56, BigInt(entry), true);
  };
  section(1, 2, 64, 48, 2, 24);
  section(2, 3, 112, 16, 0, 0);
  return bytes;
}
