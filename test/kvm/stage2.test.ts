import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Stage2 } from '../../emulator/kvm/stage2.ts';
import { BLOCK_BYTES, PAGE_BYTES, vtcr } from '../../emulator/kvm/stage2-geometry.ts';

const BASE = 2 ** 36;

function tables(fwb = false) {
  const memory = new WebAssembly.Memory({ initial: 64 });
  let next = 0x10000;
  const allocate = (bytes: number, alignment: number): number => {
    const at = Math.ceil(next / alignment) * alignment;
    next = at + bytes;
    return at;
  };
  return new Stage2({ memory, allocate, physicalBase: BASE }, { fwb });
}

const normal = { write: true, execute: true, type: 'normal' } as const;

describe('stage-2 tables as KVM builds them', () => {
  test('VTCR_EL2: 40-bit IPA, start level 1, 4 KiB, write-back inner shareable tables, HA', () => {
    assert.equal(vtcr(4, false), 0x80243558n);
    assert.equal(vtcr(5, true), 0x802d3558n);
  });

  test('two concatenated start tables, aligned to 8 KiB; VMID in VTTBR_EL2[63:48]', () => {
    const vttbr = tables().vttbr(1);
    assert.equal(vttbr >> 48n, 1n);
    assert.equal(vttbr & 0x1fffn, 0n);
  });

  test('a page: AF, inner shareable, S2AP read and write, MemAttr write-back', () => {
    const stage2 = tables();
    stage2.map(0x40000000, BASE + 0x5000, PAGE_BYTES, normal);
    const found = stage2.lookup(0x40000000)!;
    assert.equal(found.level, 3);
    assert.equal(found.low >>> 0, 0x5000 | 0x400 | 0x300 | 0xc0 | (0xf << 2) | 3);
    assert.equal(found.high, 0x10);
  });

  test('a block: bits 1:0 are 01; not executable sets XN[1]; read-only clears S2AP[1]', () => {
    const stage2 = tables();
    stage2.map(0x40000000, BASE + BLOCK_BYTES, BLOCK_BYTES, { write: false, execute: false, type: 'normal' });
    const found = stage2.lookup(0x401ff000)!;
    assert.equal(found.bytes, BLOCK_BYTES);
    assert.equal(found.low & 0xff, 0x40 | (0xf << 2) | 1);
    assert.equal(found.high & (1 << 22), 1 << 22);
    assert.equal(Stage2.executable(found), false);
    assert.equal(Stage2.writable(found), false);
  });

  test('memory types by FWB: normal 0xf or 6, NC 5, device 1', () => {
    for (const [fwb, type, attr] of [
      [false, 'normal', 0xf],
      [true, 'normal', 6],
      [false, 'normalNc', 5],
      [true, 'normalNc', 5],
      [false, 'device', 1],
      [true, 'device', 1],
    ] as const) {
      const stage2 = tables(fwb);
      stage2.map(0x1000, BASE, PAGE_BYTES, { write: true, execute: false, type });
      assert.equal((stage2.lookup(0x1000)!.low >> 2) & 15, attr);
    }
  });

  test('mapping what is there, or what differs in its rights alone, does nothing', () => {
    const stage2 = tables();
    assert.equal(stage2.map(0, BASE, PAGE_BYTES, normal), true);
    assert.equal(stage2.map(0, BASE, PAGE_BYTES, normal), false);
    assert.equal(stage2.map(0, BASE, PAGE_BYTES, { ...normal, write: false }), false);
    assert.equal(Stage2.writable(stage2.lookup(0)!), true);
    assert.equal(stage2.map(0, BASE + PAGE_BYTES, PAGE_BYTES, normal), true);
  });

  test('a block replaces a table of pages, and the table is used again', () => {
    const stage2 = tables();
    stage2.map(0, BASE, PAGE_BYTES, normal);
    const { pages } = stage2;
    stage2.map(0, BASE + BLOCK_BYTES, BLOCK_BYTES, normal);
    assert.equal(stage2.pages, pages - 1);
    stage2.map(BLOCK_BYTES, BASE, PAGE_BYTES, normal);
    assert.equal(stage2.pages, pages);
    assert.equal(stage2.lookup(BLOCK_BYTES + PAGE_BYTES), undefined);
  });

  test('unmapping a range leaves its neighbours', () => {
    const stage2 = tables();
    for (let i = 0; i < 4; i++) stage2.map(i * PAGE_BYTES, BASE + i * PAGE_BYTES, PAGE_BYTES, normal);
    stage2.unmap(PAGE_BYTES, 2 * PAGE_BYTES);
    assert.deepEqual(
      [0, 1, 2, 3].map((i) => stage2.lookup(i * PAGE_BYTES) !== undefined),
      [true, false, false, true],
    );
  });

  test('addresses up to 2^40 reach the second start table', () => {
    const stage2 = tables();
    stage2.map(2 ** 40 - PAGE_BYTES, BASE, PAGE_BYTES, normal);
    assert.equal(stage2.lookup(2 ** 40 - PAGE_BYTES)?.level, 3);
    assert.equal(stage2.lookup(2 ** 39 - PAGE_BYTES), undefined);
  });

  test('clearing forgets everything', () => {
    const stage2 = tables();
    stage2.map(0, BASE, PAGE_BYTES, normal);
    stage2.clear();
    assert.equal(stage2.lookup(0), undefined);
    assert.equal(stage2.pages, 2);
  });
});
