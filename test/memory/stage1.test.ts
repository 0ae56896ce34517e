import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { access as accessBits } from '../../emulator/translate/layout.ts';
import { brief, EL0T, EL1H, RAM, Situation } from './situation.ts';
import { AF, ap, attrIndex, DBM, GP, INNER_SHAREABLE, NG, PXN, UXN } from './tables.ts';

const NORMAL = AF | INNER_SHAREABLE | attrIndex(0);
const DATA = 0x10_0000n;
const LOW = 0x12_3456_7000n;
const HIGH = 0xffff_8000_1234_5000n;
const KiB = 1024n;
const PAN = 1 << 22;
const UAO = 1 << 23;

describe('stage2 §1: stage 1: geometry', () => {
  const rows = [
    { granule: 12, iaBits: 48, startLevel: 0 },
    { granule: 12, iaBits: 39, startLevel: 1 },
    { granule: 12, iaBits: 30, startLevel: 2 },
    { granule: 14, iaBits: 48, startLevel: 0 },
    { granule: 14, iaBits: 47, startLevel: 1 },
    { granule: 14, iaBits: 36, startLevel: 2 },
    { granule: 16, iaBits: 48, startLevel: 1 },
    { granule: 16, iaBits: 42, startLevel: 2 },
    { granule: 16, iaBits: 25, startLevel: 3 },
  ] as const;
  for (const stage1 of rows) {
    it(`${2 ** (stage1.granule - 10)} KiB pages, ${stage1.iaBits} bits: walks start at level ${stage1.startLevel}`, () => {
      const s = new Situation({ stage1 });
      const page = 2n ** BigInt(stage1.granule);
      const low = (2n ** BigInt(stage1.iaBits) - 3n * page) & ~(page - 1n);
      const high = BigInt.asUintN(64, -3n * page);
      s.lower.map(low, s.ram(0x20_0000n), NORMAL);
      s.upper.map(high, s.ram(0x30_0000n), NORMAL);
      assert.equal(s.read(low + page - 8n), s.hostOf(RAM + 0x20_0000n) + Number(page) - 8);
      assert.equal(s.read(high + 0x10n), s.hostOf(RAM + 0x30_0000n) + 0x10);
      // One bit beyond the input size.
      assert.equal(brief(s.read(2n ** BigInt(stage1.iaBits))), 'stage 1 translation 0');
      assert.equal(brief(s.read(BigInt.asUintN(64, -(2n ** BigInt(stage1.iaBits)) - 8n))), 'stage 1 translation 0');
    });
  }

  it('blocks: 4 KiB pages at levels 1 and 2, 16 and 64 KiB pages at level 2', () => {
    for (const [granule, startLevel, level, bits] of [
      [12, 0, 2, 21],
      [14, 0, 2, 25],
      [16, 1, 2, 29],
      [12, 0, 1, 30],
    ] as const) {
      const s = new Situation({ stage1: { granule, startLevel } });
      const size = 2n ** BigInt(bits);
      const base = s.pa(RAM) & ~(size - 1n);
      s.lower.map(7n * size, base, NORMAL, level);
      const inside = s.pa(RAM) + DATA - base;
      assert.equal(s.read(7n * size + inside), s.hostOf(RAM + DATA));
    }
  });

  it('a block where none is allowed is a translation fault of its level', () => {
    const rows = [
      [12, 0, 0],
      [14, 0, 1],
      [16, 1, 1],
    ] as const;
    for (const [granule, startLevel, level] of rows) {
      const s = new Situation({ stage1: { granule, startLevel } });
      s.lower.map(LOW, 0n, NORMAL, level);
      assert.equal(brief(s.read(LOW)), `stage 1 translation ${level}`);
    }
  });

  it('TxSZ out of bounds is a level 0 translation fault', () => {
    const s = new Situation();
    s.set('TCR_EL1', (s.registers.get('TCR_EL1') & ~0x3fn) | 15n);
    assert.equal(brief(s.read(LOW)), 'stage 1 translation 0');
    const plain = new Situation({ features: { smallTables: false } });
    plain.set('TCR_EL1', (plain.registers.get('TCR_EL1') & ~0x3fn) | 40n);
    assert.equal(brief(plain.read(0x1000n)), 'stage 1 translation 0');
  });

  it('contiguous descriptors translate as any other', () => {
    const s = new Situation();
    for (let n = 0n; n < 16n; n++) s.lower.map(0x10000n + n * 4n * KiB, s.ram(DATA + n * 4n * KiB), NORMAL | (1n << 52n));
    assert.equal(s.read(0x13008n), s.hostOf(RAM + DATA) + 0x3008);
  });
});

describe('stage2 §2: stage 1: faults by level', () => {
  for (const level of [0, 1, 2, 3]) {
    it(`invalid descriptor at level ${level}`, () => {
      const s = new Situation();
      if (level > 0) s.lower.slot(LOW, level);
      assert.equal(brief(s.read(LOW)), `stage 1 translation ${level}`);
    });
  }

  it('the reserved level 3 descriptor 0b01 is invalid', () => {
    const s = new Situation();
    s.lower.write(s.lower.slot(LOW, 3), s.ram(DATA) | NORMAL | 1n);
    assert.equal(brief(s.read(LOW)), 'stage 1 translation 3');
  });

  it('address size: table base, next table and output beyond TCR_EL1.IPS', () => {
    for (const level of [0, 1, 2]) {
      const s = new Situation({ features: { paBits: 40 } });
      s.lower.write(s.lower.slot(LOW, level), (1n << 41n) | 3n);
      assert.equal(brief(s.read(LOW)), `stage 1 address size ${level}`);
    }
    const s = new Situation({ features: { paBits: 40 } });
    s.lower.map(LOW, 1n << 40n, NORMAL);
    assert.equal(brief(s.read(LOW)), 'stage 1 address size 3');
    s.set('TTBR0_EL1', 1n << 40n);
    assert.equal(brief(s.read(LOW)), 'stage 1 address size 0');
  });

  it('Access flag clear, at each leaf level', () => {
    for (const level of [1, 2, 3]) {
      const s = new Situation();
      s.lower.map(0n, 0n, NORMAL & ~AF, level);
      assert.equal(brief(s.read(0n)), `stage 1 access flag ${level}`);
    }
  });

  it('an external abort on a walk names the level of the descriptor', () => {
    for (const level of [1, 2, 3]) {
      const s = new Situation();
      s.lower.write(s.lower.slot(LOW, level - 1), 0x5000_0003n);
      assert.equal(brief(s.read(LOW)), `stage 1 external abort ${level} walk`);
    }
  });

  it('an external abort on the access itself', () => {
    const s = new Situation();
    s.lower.map(LOW, 0x5000_0000n, NORMAL);
    assert.equal(brief(s.read(LOW)), 'external abort');
    assert.equal(brief(s.fetch(LOW)), 'external abort');
  });

  it('EPD, E0PD', () => {
    const s = new Situation({ tcr: 1n << 7n });
    s.lower.map(LOW, s.ram(DATA), NORMAL | ap(1));
    s.upper.map(HIGH, s.ram(DATA), NORMAL | ap(1));
    assert.equal(brief(s.read(LOW)), 'stage 1 translation 0');
    assert.equal(brief(s.read(HIGH)), 'ok');
    const e = new Situation({ tcr: 1n << 56n });
    e.upper.map(HIGH, e.ram(DATA), NORMAL | ap(1));
    assert.equal(brief(e.read(HIGH)), 'ok');
    assert.equal(brief(e.at(EL0T).read(HIGH)), 'stage 1 translation 0');
    assert.equal(brief(e.at(EL1H).access(HIGH, 8 | accessBits.unprivileged)), 'stage 1 translation 0');
  });

  it('WnR: set for writes; for read-modify-write only where reading is permitted', () => {
    const s = new Situation();
    const writes = (result: unknown): boolean => (result as { write: boolean }).write;
    assert.equal(writes(s.write(LOW)), true);
    assert.equal(writes(s.access(LOW, 8 | accessBits.write | accessBits.read)), false);
    s.lower.map(LOW, s.ram(DATA), NORMAL | ap(2));
    assert.equal(writes(s.access(LOW, 8 | accessBits.write | accessBits.read)), true);
    s.lower.map(LOW, s.ram(DATA), NORMAL | ap(0));
    assert.equal(writes(s.at(EL0T).access(LOW, 8 | accessBits.write | accessBits.read)), false);
  });

  it('the fault names the first byte that faulted', () => {
    const s = new Situation();
    s.lower.map(LOW, s.ram(DATA), NORMAL);
    const fault = s.write(LOW + 0xffcn, 8);
    assert.equal(typeof fault === 'number' ? undefined : fault.va, LOW + 0x1000n);
  });
});

describe('stage2 §2: stage 1: permissions', () => {
  const rights = (s: Situation): string => {
    const all = [s.read(LOW), s.write(LOW), s.fetch(LOW)].map((result) =>
      typeof result === 'number' ? 'ok' : `${result.type} ${result.level}`,
    );
    return all.map((result, n) => (result === 'ok' ? 'rwx'[n] : result === 'permission 3' ? '-' : '?')).join('');
  };
  const rows: readonly [string, bigint, bigint, string, string][] = [
    ['AP 00', ap(0), 0n, 'rwx', '--x'],
    ['AP 01', ap(1), 0n, 'rw-', 'rwx'],
    ['AP 10', ap(2), 0n, 'r-x', '--x'],
    ['AP 11', ap(3), 0n, 'r-x', 'r-x'],
    ['AP 00 PXN', ap(0) | PXN, 0n, 'rw-', '--x'],
    ['AP 00 UXN', ap(0) | UXN, 0n, 'rwx', '---'],
    ['AP 01 UXN', ap(1) | UXN, 0n, 'rw-', 'rw-'],
    ['AP 11 PXN UXN', ap(3) | PXN | UXN, 0n, 'r--', 'r--'],
    ['AP 01, APTable 01: no EL0 access', ap(1), 1n << 61n, 'rwx', '--x'],
    ['AP 01, APTable 10: read-only', ap(1), 2n << 61n, 'r-x', 'r-x'],
    ['AP 01, APTable 11', ap(1), 3n << 61n, 'r-x', '--x'],
    ['AP 00, PXNTable', ap(0), 1n << 59n, 'rw-', '--x'],
    ['AP 00, UXNTable', ap(0), 1n << 60n, 'rwx', '---'],
  ];
  for (const [name, bits, tableBits, el1, el0] of rows) {
    it(`${name}: EL1 ${el1}, EL0 ${el0}`, () => {
      const s = new Situation();
      s.lower.map(LOW, s.ram(DATA), NORMAL | bits, 3, tableBits);
      assert.equal(rights(s), el1);
      assert.equal(rights(s.at(EL0T)), el0);
    });
  }

  it('HPD ignores the table permissions', () => {
    const s = new Situation({ tcr: 1n << 41n });
    s.lower.map(LOW, s.ram(DATA), NORMAL | ap(1), 3, (3n << 61n) | (1n << 59n) | (1n << 60n));
    assert.equal(rights(s.at(EL0T)), 'rwx');
  });

  it('WXN: what is writable does not execute', () => {
    const s = new Situation({ sctlr: 1n << 19n });
    s.lower.map(LOW, s.ram(DATA), NORMAL | ap(0));
    assert.equal(rights(s), 'rw-');
    assert.equal(rights(s.at(EL0T)), '--x');
    s.mmu.invalidateAll();
    s.lower.map(LOW, s.ram(DATA), NORMAL | ap(1));
    assert.equal(rights(s), 'rw-');
    s.mmu.invalidateAll();
    s.lower.map(LOW, s.ram(DATA), NORMAL | ap(2));
    assert.equal(rights(s.at(EL1H)), 'r-x');
  });

  it('PAN denies EL1 what EL0 may access, LDTR aside', () => {
    const s = new Situation();
    s.lower.map(LOW, s.ram(DATA), NORMAL | ap(1) | UXN);
    assert.equal(rights(s.at(EL1H, PAN)), '---');
    assert.equal(brief(s.access(LOW, 8 | accessBits.unprivileged)), 'ok');
    assert.equal(rights(s.at(EL1H)), 'rw-');
    assert.equal(rights(s.at(EL0T, PAN)), 'rw-');
    // Execute-only for EL0 is not denied unless SCTLR_EL1.EPAN.
    s.mmu.invalidateAll();
    s.lower.map(LOW, s.ram(DATA), NORMAL | ap(0) | PXN);
    assert.equal(rights(s.at(EL1H, PAN)), 'rw-');
    s.set('SCTLR_EL1', s.registers.get('SCTLR_EL1') | (1n << 57n));
    assert.equal(rights(s.at(EL1H, PAN)), '---');
  });

  it('LDTR acts at EL0 unless PSTATE.UAO', () => {
    const s = new Situation();
    s.lower.map(LOW, s.ram(DATA), NORMAL | ap(0));
    assert.equal(brief(s.access(LOW, 8 | accessBits.unprivileged)), 'stage 1 permission 3');
    assert.equal(brief(s.at(EL1H, UAO).access(LOW, 8 | accessBits.unprivileged)), 'ok');
  });
});

describe('stage2 §2: stage 1: hardware management', () => {
  const HA = 1n << 39n;
  const HD = 1n << 40n;

  it('HA sets the Access flag', () => {
    const s = new Situation({ tcr: HA });
    const slot = s.lower.map(LOW, s.ram(DATA), NORMAL & ~AF);
    assert.equal(brief(s.read(LOW)), 'ok');
    assert.equal(s.lower.read(slot) & AF, AF);
  });

  it('HA leaves the Access flag of a page that faults', () => {
    const s = new Situation({ tcr: HA });
    const slot = s.lower.map(LOW, s.ram(DATA), (NORMAL & ~AF) | ap(2));
    assert.equal(brief(s.write(LOW)), 'stage 1 permission 3');
    assert.equal(s.lower.read(slot) & AF, 0n);
  });

  it('HD makes a clean page writable when it is written', () => {
    const s = new Situation({ tcr: HA | HD });
    const slot = s.lower.map(LOW, s.ram(DATA), NORMAL | ap(2) | DBM);
    assert.equal(brief(s.read(LOW)), 'ok');
    assert.equal(s.hits(LOW, 'write'), false);
    assert.equal(s.lower.read(slot) & ap(2), ap(2));
    assert.equal(brief(s.write(LOW)), 'ok');
    assert.equal(s.lower.read(slot) & ap(2), 0n);
    assert.equal(s.hits(LOW, 'write'), true);
  });

  it('without HD a clean page is read-only', () => {
    const s = new Situation({ tcr: HA });
    s.lower.map(LOW, s.ram(DATA), NORMAL | ap(2) | DBM);
    assert.equal(brief(s.write(LOW)), 'stage 1 permission 3');
  });

  it('big-endian tables (SCTLR_EL1.EE)', () => {
    const s = new Situation({ sctlr: 1n << 25n, tcr: HA });
    const slots = [0, 1, 2].map((level) => s.lower.slot(LOW, level));
    const leaf = s.lower.map(LOW, s.ram(DATA), NORMAL & ~AF);
    for (const slot of [...slots, leaf]) new DataView(s.physical.memory.buffer).setBigUint64(slot, s.lower.read(slot), false);
    assert.equal(s.read(LOW), s.hostOf(RAM + DATA));
    assert.equal(new DataView(s.physical.memory.buffer).getBigUint64(leaf, false) & AF, AF);
  });
});

describe('stage2 §3: stage 1: tags, types, alignment', () => {
  it('TBI ignores the top byte of data addresses, TBID not that of fetches', () => {
    const s = new Situation({ tcr: (1n << 37n) | (1n << 51n) });
    s.lower.map(LOW, s.ram(DATA), NORMAL);
    assert.equal(brief(s.read(LOW | (0xabn << 56n))), 'ok');
    assert.equal(brief(s.fetch(LOW | (0xabn << 56n))), 'stage 1 translation 0');
    assert.equal(brief(s.fetch(LOW)), 'ok');
    // Bits 55:48 still count.
    assert.equal(brief(s.read(LOW | (1n << 50n))), 'stage 1 translation 0');
    const strict = new Situation();
    strict.lower.map(LOW, strict.ram(DATA), NORMAL);
    assert.equal(brief(strict.read(LOW)), 'ok');
    assert.equal(brief(strict.read(LOW | (0xabn << 56n))), 'stage 1 translation 0');
  });

  it('unaligned: fine on Normal memory, a fault on Device memory and with SCTLR_EL1.A', () => {
    const s = new Situation();
    s.lower.map(LOW, s.ram(DATA), NORMAL);
    s.lower.map(LOW + 0x1000n, s.ram(DATA + 0x1000n), NORMAL | attrIndex(1));
    assert.equal(brief(s.read(LOW + 3n)), 'ok');
    assert.equal(brief(s.read(LOW + 0x1003n)), 'alignment');
    assert.equal(brief(s.read(LOW + 0x1008n)), 'ok');
    assert.equal(s.hits(LOW + 0x1000n, 'read'), false);
    // Pairs are aligned by element.
    assert.equal(brief(s.access(LOW + 0x1008n, 16 | (8 << accessBits.alignShift))), 'ok');
    s.set('SCTLR_EL1', s.registers.get('SCTLR_EL1') | 2n);
    assert.equal(brief(s.read(LOW + 3n)), 'alignment');
    assert.equal(brief(s.read(LOW + 8n)), 'ok');
    assert.equal(s.hits(LOW, 'read'), false);
  });

  it('an alignment fault of Device memory comes before its permission fault, after translation faults', () => {
    const s = new Situation();
    s.lower.map(LOW, s.ram(DATA), NORMAL | attrIndex(1) | ap(2));
    assert.equal(brief(s.write(LOW + 1n)), 'alignment');
    assert.equal(brief(s.write(LOW + 0x1001n)), 'stage 1 translation 3');
  });

  it('exclusives and atomics: aligned, or with LSE2 inside 16 bytes of Write-Back memory', () => {
    const flags = 8 | accessBits.write | accessBits.read | accessBits.aligned | accessBits.atomic | (8 << accessBits.alignShift);
    for (const lse2 of [false, true]) {
      const s = new Situation({ features: { lse2 } });
      s.lower.map(LOW, s.ram(DATA), NORMAL);
      s.lower.map(LOW + 0x1000n, s.ram(DATA), NORMAL | attrIndex(2));
      assert.equal(brief(s.access(LOW + 8n, flags)), 'ok');
      assert.equal(brief(s.access(LOW + 4n, flags)), lse2 ? 'ok' : 'alignment');
      assert.equal(brief(s.access(LOW + 12n, flags)), 'alignment');
      assert.equal(brief(s.access(LOW + 0x1004n, flags)), 'alignment');
    }
  });

  it('DC ZVA faults on Device memory', () => {
    const s = new Situation();
    s.lower.map(LOW, s.ram(DATA), NORMAL | attrIndex(1));
    assert.equal(brief(s.access(LOW, 64 | (64 << accessBits.alignShift) | accessBits.write)), 'alignment');
  });

  it('guarded pages are marked in the fetch TLB', () => {
    const s = new Situation();
    s.lower.map(LOW, s.ram(DATA), NORMAL | GP | NG);
    s.fetch(LOW);
    const entry = s.registers.low(45) + Number(BigInt.asUintN(8, LOW >> 12n)) * 16;
    assert.equal(new DataView(s.physical.memory.buffer).getUint32(entry + 12, true), 1);
  });
});

describe('stage2 §3: stage 1 off', () => {
  it('is flat, Device for data: unaligned faults; the address must fit', () => {
    const s = new Situation();
    s.set('SCTLR_EL1', 0n);
    const flat = s.pa(RAM + DATA);
    assert.equal(s.read(flat), s.hostOf(RAM + DATA));
    assert.equal(brief(s.read(flat + 1n)), 'alignment');
    assert.equal(s.hits(flat, 'read'), false);
    assert.equal(s.fetch(flat), s.hostOf(RAM + DATA));
    assert.equal(brief(s.read(flat + 2n)), 'alignment');
    assert.equal(brief(s.read(1n << 48n)), 'stage 1 address size 0');
    assert.equal(brief(s.read(HIGH)), 'stage 1 address size 0');
    assert.equal(brief(s.read(0n)), 'external abort');
  });

  it('HCR_EL2.DC makes it Normal and turns stage 2 on', () => {
    const s = new Situation({ stage2: { granule: 12, iaBits: 40, startLevel: 1 }, hcr: 1n << 12n });
    assert.equal(brief(s.read(RAM + DATA + 1n)), 'ok');
    assert.equal(s.hits(RAM + DATA, 'read'), true);
  });
});
