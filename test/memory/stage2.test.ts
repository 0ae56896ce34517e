import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { access as accessBits } from '../../emulator/translate/layout.ts';
import { brief, EL0T, EL1H, RAM, type SeenFault, Situation } from './situation.ts';
import { AF, ap, attrIndex, DBM, type Geometry, INNER_SHAREABLE, memAttr, s2ap, xn } from './tables.ts';

const NORMAL = AF | INNER_SHAREABLE | attrIndex(0);
const SECOND = AF | INNER_SHAREABLE | memAttr(15) | s2ap(3);
const DATA = 0x10_0000n;
const VA = 0x12_3456_7000n;
const KVM: Geometry = { granule: 12, iaBits: 40, startLevel: 1 };
/** PTW, DC … of HCR_EL2. */
const PTW = 1n << 2n;
const FWB = 1n << 46n;

/** A guest with one page mapped at VA through both stages. */
function guest(options: ConstructorParameters<typeof Situation>[0] = {}): Situation {
  const s = new Situation({ stage2: KVM, ...options });
  s.lower.map(VA, s.ram(DATA), NORMAL | ap(1));
  return s;
}

const leaf = (s: Situation, bits: bigint, offset = DATA): void => {
  s.second!.map(RAM + offset, s.pa(RAM + offset), bits);
};

describe('stage2 §1: stage 2: geometry', () => {
  const rows: readonly Geometry[] = [
    { granule: 12, iaBits: 40, startLevel: 1 },
    { granule: 12, iaBits: 43, startLevel: 1 },
    { granule: 12, iaBits: 39, startLevel: 1 },
    { granule: 12, iaBits: 32, startLevel: 2 },
    { granule: 12, iaBits: 48, startLevel: 0 },
    { granule: 14, iaBits: 40, startLevel: 2 },
    { granule: 14, iaBits: 48, startLevel: 1 },
    { granule: 16, iaBits: 42, startLevel: 2 },
    { granule: 16, iaBits: 40, startLevel: 2 },
  ];
  for (const stage2 of rows) {
    it(`${2 ** (stage2.granule - 10)} KiB pages, ${stage2.iaBits} bits from level ${stage2.startLevel}`, () => {
      const s = guest({ stage2 });
      assert.equal(s.read(VA + 0x128n), s.hostOf(RAM + DATA) + 0x128);
      const last = 2n ** BigInt(stage2.iaBits) - 2n ** BigInt(stage2.granule);
      s.second!.map(last, s.pa(RAM), SECOND);
      s.lower.map(VA + 0x1000n, last, NORMAL);
      assert.equal(s.read(VA + 0x1000n), s.hostOf(RAM));
      if (stage2.iaBits < 48) {
        s.lower.map(VA + 0x2000n, 2n ** BigInt(stage2.iaBits), NORMAL);
        assert.equal(brief(s.read(VA + 0x2000n)), 'stage 2 translation 0');
      }
    });
  }

  it('blocks', () => {
    const s = guest();
    const base = s.pa(RAM) & ~0x1f_ffffn;
    s.second!.map(0x80_0000_0000n, base, SECOND, 2);
    s.lower.map(VA, 0x80_0000_0000n + (s.pa(RAM + DATA) - base), NORMAL);
    assert.equal(s.read(VA + 8n), s.hostOf(RAM + DATA) + 8);
  });

  it('SL0 and T0SZ that do not fit are level 0 translation faults', () => {
    for (const [t0sz, sl0] of [
      [24n, 0n],
      [24n, 3n],
      [20n, 1n],
      [34n, 1n],
      [16n, 1n],
    ]) {
      const s = guest({ features: { smallTables: false } });
      s.set('VTCR_EL2', (s.registers.get('VTCR_EL2') & ~0xffn) | t0sz! | (sl0! << 6n));
      assert.equal(brief(s.read(VA)), 'stage 2 translation 0 s1ptw');
    }
  });

  it('start level 0 needs 44 bits of physical address', () => {
    const s = guest({ stage2: { granule: 12, iaBits: 48, startLevel: 0 }, features: { paBits: 42 } });
    assert.equal(brief(s.read(VA)), 'stage 2 translation 0 s1ptw');
  });
});

describe('stage2 §2: stage 2: faults by level', () => {
  for (const level of [1, 2, 3]) {
    it(`translation fault, level ${level}, of the access`, () => {
      const s = guest();
      const ipa = 0x90_0000_0000n;
      if (level > 1) s.second!.slot(ipa, level);
      s.lower.map(VA, ipa, NORMAL);
      const fault = s.read(VA + 0x18n) as SeenFault;
      assert.equal(brief(fault), `stage 2 translation ${level}`);
      assert.equal(fault.ipa, Number(ipa) + 0x18);
      assert.equal(fault.va, VA + 0x18n);
    });
    it(`address size fault, level ${level}`, () => {
      const s = guest({ features: { paBits: 44 } });
      const ipa = 0x90_0000_0000n;
      s.second!.write(s.second!.slot(ipa, level), (1n << 45n) | SECOND | (level === 3 ? 3n : level === 1 ? 3n : 1n));
      s.lower.map(VA, ipa, NORMAL);
      assert.equal(brief(s.read(VA)), `stage 2 address size ${level}`);
    });
    it(`external abort on the walk, level ${level}`, () => {
      const s = guest();
      const ipa = 0x90_0000_0000n;
      if (level === 1) s.set('VTTBR_EL2', 0x5000_0000n);
      else s.second!.write(s.second!.slot(ipa, level - 1), 0x5000_0003n);
      s.lower.map(VA, ipa, NORMAL);
      assert.equal(brief(s.read(VA)), `stage 2 external abort ${level}${level === 1 ? ' s1ptw' : ''} walk`);
    });
  }
  for (const level of [2, 3]) {
    it(`Access flag fault, level ${level}; set by hardware with VTCR_EL2.HA`, () => {
      for (const vtcr of [0n, 1n << 21n]) {
        const s = guest({ vtcr });
        const ipa = 0x90_0000_0000n;
        const base = s.pa(RAM) & ~0x1f_ffffn;
        const slot = s.second!.map(ipa, base, SECOND & ~AF, level);
        s.lower.map(VA, ipa + (level === 2 ? s.pa(RAM) - base : 0n), NORMAL);
        const result = brief(s.read(VA));
        if (vtcr === 0n) assert.equal(result, `stage 2 access flag ${level}`);
        assert.equal(s.second!.read(slot) & AF, vtcr === 0n ? 0n : AF);
      }
    });
  }

  it('a fault on the walk of stage 1 names the descriptor, and is S1PTW', () => {
    for (const level of [0, 1, 2, 3]) {
      const s = guest();
      const slot = s.lower.slot(VA, level);
      const ipa = RAM + BigInt(slot - s.ramHost);
      leaf(s, 0n, (ipa & ~0xfffn) - RAM);
      s.second!.write(s.second!.slot(ipa & ~0xfffn, 3), 0n);
      const fault = s.write(VA) as SeenFault;
      assert.equal(brief(fault), 'stage 2 translation 3 s1ptw');
      assert.equal(fault.ipa, Number(ipa));
      assert.equal(fault.va, VA);
    }
  });

  it('a walk of stage 1 needs read, a hardware update of it write permission', () => {
    const s = guest({ tcr: 1n << 39n });
    const slot = s.lower.map(VA, s.ram(DATA), NORMAL & ~AF);
    const table = BigInt(slot - s.ramHost) & ~0xfffn;
    leaf(s, (SECOND & ~s2ap(3)) | s2ap(1), table);
    const fault = s.read(VA) as SeenFault;
    assert.equal(brief(fault), 'stage 2 permission 3 s1ptw');
    assert.equal(fault.write, false);
    leaf(s, (SECOND & ~s2ap(3)) | s2ap(2), table);
    s.mmu.invalidateAll();
    assert.equal(brief(s.read(VA)), 'stage 2 permission 3 s1ptw');
  });

  it('HCR_EL2.PTW: a walk through Device memory is a permission fault', () => {
    for (const hcr of [0n, PTW]) {
      const s = guest({ hcr });
      const table = BigInt(s.lower.slot(VA, 3) - s.ramHost) & ~0xfffn;
      leaf(s, AF | memAttr(1) | s2ap(3), table);
      assert.equal(brief(s.read(VA)), hcr ? 'stage 2 permission 3 s1ptw' : 'ok');
    }
  });

  it('stage 1 faults come first', () => {
    const s = guest();
    s.lower.map(VA, 0x90_0000_0000n, NORMAL | ap(2));
    assert.equal(brief(s.write(VA)), 'stage 1 permission 3');
    assert.equal(brief(s.read(VA)), 'stage 2 translation 1');
  });

  it('unaligned access to stage 2 Device memory is an alignment fault', () => {
    const s = guest();
    leaf(s, AF | memAttr(1) | s2ap(3));
    assert.equal(brief(s.read(VA + 1n)), 'alignment');
    assert.equal(brief(s.read(VA)), 'ok');
    assert.equal(s.hits(VA, 'read'), false);
  });

  it('memory that is not there', () => {
    const s = guest();
    s.second!.map(RAM + DATA, 0x5000_0000n, SECOND);
    assert.equal(brief(s.read(VA)), 'external abort');
  });
});

describe('stage2 §2: stage 2: permissions', () => {
  const rights = (s: Situation): string => {
    const all = [s.read(VA), s.write(VA), s.fetch(VA)];
    return all
      .map((result, n) => (typeof result === 'number' ? 'rwx'[n] : `${result.stage}${result.type}` === '2permission' ? '-' : '?'))
      .join('');
  };
  const rows: readonly [string, bigint, string, string][] = [
    ['S2AP 0', s2ap(0), '--x', '--x'],
    ['S2AP 1', s2ap(1), 'r-x', 'r-x'],
    ['S2AP 2', s2ap(2), '-wx', '-wx'],
    ['S2AP 3', s2ap(3), 'rwx', 'rwx'],
    ['XN 01: EL0 only', s2ap(3) | xn(1), 'rw-', 'rwx'],
    ['XN 10: none', s2ap(3) | xn(2), 'rw-', 'rw-'],
    ['XN 11: EL1 only', s2ap(3) | xn(3), 'rwx', 'rw-'],
  ];
  for (const [name, bits, el1, el0] of rows) {
    it(`${name}: EL1 ${el1}, EL0 ${el0}`, () => {
      // What EL0 can write EL1 does not execute at stage 1, so the two levels have pages of their own.
      const s = guest();
      leaf(s, AF | INNER_SHAREABLE | memAttr(15) | bits);
      s.lower.map(VA, s.ram(DATA), NORMAL | ap(0));
      assert.equal(rights(s.at(EL1H)), el1);
      s.mmu.invalidateAll();
      s.lower.map(VA, s.ram(DATA), NORMAL | ap(1));
      assert.equal(rights(s.at(EL0T)), el0);
    });
  }

  it('without FEAT_XNX only XN[1] counts', () => {
    const s = guest({ features: { xnx: false } });
    s.lower.map(VA, s.ram(DATA), NORMAL | ap(0));
    leaf(s, (SECOND & ~xn(3)) | xn(1));
    assert.equal(rights(s), 'rwx');
    s.mmu.invalidateAll();
    leaf(s, SECOND | xn(3));
    assert.equal(rights(s), 'rw-');
  });

  it('WnR of a read-modify-write: 0 where reading is not permitted', () => {
    const s = guest();
    const flags = 8 | accessBits.write | accessBits.read | (8 << accessBits.alignShift);
    leaf(s, (SECOND & ~s2ap(3)) | s2ap(1));
    assert.equal((s.access(VA, flags) as SeenFault).write, true);
    leaf(s, (SECOND & ~s2ap(3)) | s2ap(2));
    s.mmu.invalidateAll();
    assert.equal((s.access(VA, flags) as SeenFault).write, false);
    assert.equal(brief(s.write(VA)), 'ok');
    // Generated code tests only the write tag of a read-modify-write: a page that cannot be read is not entered.
    assert.equal(s.hits(VA, 'write'), false);
  });

  it('HD: DBM makes a read-only page writable, S2AP[1] records the write', () => {
    const s = guest({ vtcr: (1n << 21n) | (1n << 22n) });
    leaf(s, (SECOND & ~s2ap(3)) | s2ap(1) | DBM);
    const slot = s.second!.slot(RAM + DATA, 3);
    assert.equal(brief(s.read(VA)), 'ok');
    assert.equal(s.hits(VA, 'write'), false);
    assert.equal(s.second!.read(slot) & s2ap(2), 0n);
    assert.equal(brief(s.write(VA)), 'ok');
    assert.equal(s.second!.read(slot) & s2ap(2), s2ap(2));
  });

  it('FWB: MemAttr[2] decides Device, MemAttr[3] is ignored', () => {
    const s = guest({ hcr: FWB });
    leaf(s, AF | s2ap(3) | memAttr(0b1001));
    assert.equal(brief(s.read(VA + 1n)), 'alignment');
    s.mmu.invalidateAll();
    leaf(s, AF | s2ap(3) | memAttr(0b0110));
    assert.equal(brief(s.read(VA + 1n)), 'ok');
  });
});
