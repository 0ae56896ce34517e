import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type TableMap, type TableMapQuery, tableMap } from '../../emulator/memory/table-map.ts';
import { RAM, Situation } from './situation.ts';
import { AF, ap, type Geometry, INNER_SHAREABLE, memAttr, NG, PXN, s2ap, UXN } from './tables.ts';

const NORMAL = AF | INNER_SHAREABLE;
const KVM: Geometry = { granule: 12, iaBits: 40, startLevel: 1 };
const PAGE = 4096n;

const map = (s: Situation, query: Partial<TableMapQuery> = {}): TableMap =>
  tableMap(s.mmu.translation, s.physical, s.mmu.spaceOf(s.registers), { tables: 'TTBR0_EL1', ...query });

const shown = ({ runs }: TableMap): string[] =>
  runs.map(({ first, last, output, scattered, rights, entry, flags, fault }) =>
    [
      `${first.toString(16)}-${last.toString(16)}`,
      fault ?? `${output!.toString(16)}${scattered ? '…' : ''} ${rights} ${entry} ${flags!.join(' ')}`.trimEnd(),
    ].join(' '),
  );

describe('a map of stage 1', () => {
  it('equal neighbours are one run; attributes, level and gaps part them', () => {
    const s = new Situation({ stage2: KVM });
    const at = (n: number): bigint => 0x40_0000n + BigInt(n) * PAGE;
    for (let n = 0; n < 4; n++) s.lower.map(at(n), RAM + at(n), NORMAL | ap(3) | NG | PXN);
    s.lower.map(at(4), RAM + at(7), NORMAL | ap(3) | NG | PXN);
    s.lower.map(at(5), RAM + at(8), NORMAL | ap(1) | NG | PXN | UXN);
    s.lower.map(at(7), RAM + at(9), NORMAL & ~AF);
    s.lower.map(0x60_0000n, RAM + 0x20_0000n, NORMAL | PXN | UXN, 2);
    assert.deepEqual(shown(map(s)), [
      '400000-404fff 40400000… EL1 r--, EL0 r-x 4 KiB page nG',
      '405000-405fff 40408000 EL1 rw-, EL0 rw- 4 KiB page nG',
      '407000-407fff 40409000 EL1 rwx, EL0 --x 4 KiB page AF=0',
      '600000-7fffff 40200000 EL1 rw-, EL0 --- 2 MiB block',
    ]);
  });
  it('hierarchical permissions count', () => {
    const s = new Situation();
    s.lower.map(0x1000n, s.ram(0n), NORMAL | ap(1), 3, (1n << 60n) | (3n << 61n));
    assert.deepEqual(shown(map(s)), [`1000-1fff ${s.ram(0n).toString(16)} EL1 r-x, EL0 --- 4 KiB page`]);
  });
  it('a part of the range', () => {
    const s = new Situation();
    for (let n = 0n; n < 16n; n++) s.lower.map(n * 2n * PAGE, s.ram(0n), NORMAL);
    const part = map(s, { from: 6n * PAGE, to: 9n * PAGE });
    assert.deepEqual(
      part.runs.map(({ first }) => first),
      [6n * PAGE, 8n * PAGE],
    );
    assert.equal(part.next, undefined);
  });
  it('as many runs as are asked for, and where to go on', () => {
    const s = new Situation();
    for (let n = 0n; n < 10n; n++) s.lower.map(n * 2n * PAGE, s.ram(0n), NORMAL);
    const all = map(s).runs;
    const pieces = [];
    for (let from: bigint | undefined = 0n; from !== undefined; ) {
      const piece: TableMap = map(s, { from, limit: 3 });
      pieces.push(...piece.runs);
      from = piece.next;
    }
    assert.deepEqual(pieces, all);
    assert.equal(all.length, 10);
  });
  it('the upper range has its addresses', () => {
    const s = new Situation();
    s.upper.map(0xffff_8000_0000_0000n, s.ram(0n), NORMAL);
    assert.equal(map(s, { tables: 'TTBR1_EL1' }).runs[0]!.first, 0xffff_8000_0000_0000n);
  });
  it('big-endian tables', () => {
    const s = new Situation({ sctlr: 1n << 25n });
    const swap = (slot: number): void => {
      const view = new DataView(s.physical.memory.buffer);
      view.setBigUint64(slot, view.getBigUint64(slot, true));
    };
    s.lower.map(0x1000n, s.ram(0n), NORMAL);
    const slots = [0, 1, 2, 3].map((level) => s.lower.slot(0x1000n, level));
    slots.forEach(swap);
    assert.equal(map(s).runs[0]!.output, s.ram(0n));
  });
  for (const [why, register, value, text] of [
    ['the MMU is off', 'SCTLR_EL1', 0n, 'off (SCTLR_EL1.M = 0): the PA is the VA'],
    ['walks are disabled', 'TCR_EL1', 16n | (1n << 7n), 'TCR_EL1.EPD0 = 1: nothing translates'],
    ['T0SZ is out of bounds', 'TCR_EL1', 5n, 'TCR_EL1.T0SZ = 5 is out of bounds: nothing translates'],
  ] as const) {
    it(`nothing where ${why}`, () => {
      const { runs, regime } = map(new Situation().set(register, value));
      assert.deepEqual([runs, regime.text], [[], text]);
    });
  }
});

describe('a map of stage 2', () => {
  it('runs by attributes', () => {
    const s = new Situation({ stage2: KVM });
    for (let n = 0n; n < 3n; n++)
      s.second!.map(0x8000_0000n + n * PAGE, s.pa(RAM) + n * PAGE, AF | INNER_SHAREABLE | memAttr(n === 2n ? 1 : 15) | s2ap(3));
    const { runs } = map(s, { tables: 'VTTBR_EL2', from: 0x8000_0000n });
    assert.deepEqual(
      runs.map(({ first, type, shareability }) => [first, type, shareability]),
      [
        [0x8000_0000n, 'Normal Write-Back', 'Inner Shareable'],
        [0x8000_2000n, 'Device-nGnRE', 'Inner Shareable'],
      ],
    );
  });
});

describe('tables that no kernel would make', () => {
  it('a table that points at itself ends, with less than a second of work, and says where to go on', () => {
    const s = new Situation();
    s.lower.map(0x1000n, s.ram(0n), NORMAL);
    // Every entry of the first table is the table itself.
    const slot = s.lower.slot(0n, 0);
    for (let n = 0; n < 512; n++) s.lower.write(slot + n * 8, s.lower.root | 3n);
    const started = process.cpuUsage().user;
    const first = map(s);
    assert.ok(process.cpuUsage().user - started < 2_000_000);
    assert.ok(first.descriptors <= 1 << 22);
    assert.ok(first.next !== undefined && first.next > 0n);
    const more = map(s, { from: first.next! });
    assert.ok(more.next! > first.next!);
    // At level 3 the entries are pages: those of the table itself.
    assert.equal(first.runs[0]!.output, s.lower.root);
  });
  it('64 KiB tables that lead to tables nobody can read end as well', () => {
    const s = new Situation({ stage1: { granule: 16, iaBits: 42, startLevel: 2 }, stage2: KVM });
    const slot = s.lower.slot(0n, 2);
    for (let n = 0; n < 8192; n++) s.lower.write(slot + n * 8, (0x90_0000_0000n + (BigInt(n) << 16n)) | 3n);
    const { runs, descriptors, next } = map(s);
    assert.ok(descriptors <= 1 << 22);
    assert.ok(runs.length <= 4096 && next !== undefined);
    assert.match(runs[0]!.fault!, /stage 2 translation fault on a stage 1 table walk/);
  });
  it('one entry that points at its own table is a map of the tables, as some kernels like it', () => {
    const s = new Situation();
    const slot = s.lower.slot(0n, 0);
    s.lower.write(slot + 511 * 8, s.lower.root | 3n | NORMAL);
    const { runs, next } = map(s);
    assert.equal(next, undefined);
    assert.deepEqual(
      runs.map(({ first, output }) => [first, output]),
      [[0xffff_ffff_f000n, s.lower.root]],
    );
  });
  it('a table where nothing answers, and one that stage 2 does not map', () => {
    const flat = new Situation();
    flat.lower.write(flat.lower.slot(0n, 0), 0x5000_0000n | 3n);
    assert.deepEqual(shown(map(flat)), [
      '0-7fffffffff synchronous external abort on a table walk, level 1: nothing answers at that physical address',
    ]);
    const nested = new Situation({ stage2: KVM });
    nested.lower.write(nested.lower.slot(0n, 0), 0x90_0000_0000n | 3n);
    assert.deepEqual(shown(map(nested)), [
      '0-7fffffffff stage 2 translation fault on a stage 1 table walk, level 1: bit 0 of the descriptor is 0: invalid',
    ]);
  });
  it('addresses that are too wide', () => {
    const s = new Situation();
    s.set('TCR_EL1', 16n | (16n << 16n) | (2n << 30n) | (3n << 32n));
    s.lower.map(0x1000n, 1n << 45n, NORMAL);
    s.lower.write(s.lower.slot(1n << 39n, 0), (1n << 45n) | 3n);
    assert.deepEqual(shown(map(s)), [
      '1000-1fff stage 1 address size fault, level 3: the output address has more than 42 bits (TCR_EL1.IPS and ID_AA64MMFR0_EL1.PARange)',
      '8000000000-ffffffffff stage 1 address size fault, level 0: the address of the next table has more than 42 bits (TCR_EL1.IPS and ID_AA64MMFR0_EL1.PARange)',
    ]);
  });
  it('poisoned descriptors', () => {
    const s = new Situation();
    for (let n = 0n; n < 24n; n++) s.lower.map(n * PAGE, s.ram(0n), NORMAL);
    s.physical.poison.add({ ranges: [{ host: s.lower.slot(8n * PAGE, 3), bytes: 64 }], once: true });
    const before = map(s);
    assert.deepEqual(shown(before), [
      `0-7fff ${s.ram(0n).toString(16)}… EL1 rwx, EL0 --x 4 KiB page`,
      '8000-ffff synchronous external abort on a table walk, level 3: the memory there is poisoned',
      `10000-17fff ${s.ram(0n).toString(16)}… EL1 rwx, EL0 --x 4 KiB page`,
    ]);
    // Looking consumes nothing.
    assert.deepEqual(map(s), before);
  });
  it('reserved descriptors', () => {
    const s = new Situation();
    s.lower.write(s.lower.slot(0x1000n, 3), NORMAL | 1n);
    s.lower.map(1n << 39n, 0n, NORMAL, 0);
    assert.deepEqual(
      shown(map(s)).map((text) => text.replace(/.*: bits|.*: a block/, '…')),
      [
        '… 1:0 of a level 3 descriptor are 0b01: reserved, taken as invalid',
        '… at level 0 with the 4 KiB granule: reserved, taken as invalid',
      ],
    );
  });
});
