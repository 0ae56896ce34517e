import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { virtualPage } from '../../emulator/memory/watched-ranges.ts';
import { access as accessBits, SCRATCH, SCRATCH_END, slots, WATCHED_TAG } from '../../emulator/translate/layout.ts';
import { brief, EL0T, EL1H, RAM, Situation } from './situation.ts';
import { AF, ap, type Geometry, INNER_SHAREABLE, memAttr, NG, s2ap } from './tables.ts';

const NORMAL = AF | INNER_SHAREABLE;
const SECOND = AF | INNER_SHAREABLE | memAttr(15) | s2ap(3);
const VA = 0x12_3456_7000n;
const HIGH = 0xffff_8000_1234_5000n;
const A = 0x10_0000n;
const B = 0x20_0000n;
const KVM: Geometry = { granule: 12, iaBits: 40, startLevel: 1 };
const asid = (n: number): bigint => BigInt(n) << 48n;
/** Xt of TLBI by VA. */
const page = (va: bigint, id = 0): bigint => BigInt.asUintN(44, va >> 12n) | asid(id);

const tlbi = (s: Situation, operation: string, xt = 0n): void =>
  s.mmu.invalidate(operation, Number(BigInt.asIntN(32, xt)), Number(BigInt.asIntN(32, xt >> 32n)));
const where = (s: Situation, offset: bigint): number => s.hostOf(RAM + offset);

describe('what generated code may look up', () => {
  it('a read-only page is entered for reading, a writable one for both', () => {
    const s = new Situation();
    s.lower.map(VA, s.ram(A), NORMAL | ap(2));
    s.lower.map(VA + 0x1000n, s.ram(B), NORMAL);
    s.read(VA);
    s.read(VA + 0x1000n);
    assert.deepEqual([s.hits(VA, 'read'), s.hits(VA, 'write')], [true, false]);
    assert.deepEqual([s.hits(VA + 0x1000n, 'read'), s.hits(VA + 0x1000n, 'write')], [true, true]);
  });

  it('code is not entered for writing, before and after it becomes code', () => {
    const s = new Situation();
    s.lower.map(VA, s.ram(A), NORMAL);
    s.upper.map(HIGH, s.ram(A), NORMAL);
    s.write(VA);
    s.write(HIGH);
    assert.equal(s.hits(VA, 'write'), true);
    s.fetch(VA);
    assert.deepEqual([s.hits(VA, 'write'), s.hits(HIGH, 'write'), s.hits(VA, 'read')], [false, false, true]);
    assert.equal(s.write(VA + 8n), where(s, A) + 8);
    assert.deepEqual(s.codeWritten, [where(s, A) + 8]);
    assert.equal(s.hits(VA, 'write'), false);
  });

  it('EL0 and EL1 have TLBs of their own, LDTR uses the one of EL0', () => {
    const s = new Situation();
    s.lower.map(VA, s.ram(A), NORMAL | ap(1));
    s.read(VA);
    assert.equal(s.hits(VA, 'read'), true);
    assert.equal(s.hits(VA, 'read', slots.unprivilegedTlb), false);
    s.access(VA, 8 | accessBits.unprivileged);
    assert.equal(s.hits(VA, 'read', slots.unprivilegedTlb), true);
    const unprivileged = s.registers.low(slots.unprivilegedTlb);
    s.at(EL0T);
    assert.equal(s.registers.low(slots.dataTlb), unprivileged);
    assert.equal(s.registers.low(slots.unprivilegedTlb), unprivileged);
  });

  it('going back to a context finds its entries', () => {
    const s = new Situation();
    s.lower.map(VA, s.ram(A), NORMAL | ap(1));
    s.read(VA);
    const tlb = s.registers.low(slots.dataTlb);
    s.set('TTBR0_EL1', s.lower.root | asid(7))
      .at(EL0T)
      .at(EL1H);
    assert.notEqual(s.registers.low(slots.dataTlb), tlb);
    s.set('TTBR0_EL1', s.lower.root);
    assert.equal(s.registers.low(slots.dataTlb), tlb);
    assert.equal(s.hits(VA, 'read'), true);
  });

  it('more address spaces than contexts', () => {
    const s = new Situation();
    s.lower.map(VA, s.ram(A), NORMAL | NG | ap(1));
    for (let round = 0; round < 3; round++) {
      for (let n = 1; n < 150; n++) {
        s.set('TTBR0_EL1', s.lower.root | asid(n)).at(EL1H);
        assert.equal(s.read(VA), where(s, A));
        assert.equal(s.access(VA, 8 | accessBits.unprivileged), where(s, A));
        assert.notEqual(s.registers.low(slots.dataTlb), s.registers.low(slots.unprivilegedTlb));
      }
    }
  });
});

describe('accesses that cross pages', () => {
  it('a read is put together in the scratch bytes', () => {
    const s = new Situation();
    s.lower.map(VA, s.ram(A), NORMAL);
    s.lower.map(VA + 0x1000n, s.ram(B), NORMAL);
    s.physical.bytes.set([1, 2, 3, 4], where(s, A) + 0xffc);
    s.physical.bytes.set([5, 6, 7, 8], where(s, B));
    const host = s.read(VA + 0xffcn) as number;
    assert.ok(host >= SCRATCH && host < SCRATCH_END);
    assert.deepEqual([...s.physical.bytes.subarray(host, host + 8)], [1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('a write reaches both pages at commit, or none', () => {
    const s = new Situation();
    s.lower.map(VA, s.ram(A), NORMAL);
    const slot = s.lower.map(VA + 0x1000n, s.ram(B), NORMAL | ap(2));
    assert.equal(brief(s.write(VA + 0xffen)), 'stage 1 permission 3');
    s.lower.write(slot, s.lower.read(slot) & ~ap(2));
    tlbi(s, 'VAE1', page(VA + 0x1000n));
    const host = s.write(VA + 0xffen) as number;
    s.physical.bytes.set([1, 2, 3, 4, 5, 6, 7, 8], host);
    s.mmu.commit();
    assert.deepEqual([...s.physical.bytes.subarray(where(s, A) + 0xffe, where(s, A) + 0x1000)], [1, 2]);
    assert.deepEqual([...s.physical.bytes.subarray(where(s, B), where(s, B) + 6)], [3, 4, 5, 6, 7, 8]);
  });

  it('from the last page of the address space to the first', () => {
    const s = new Situation();
    s.upper.map(0xffff_ffff_ffff_f000n, s.ram(A), NORMAL);
    s.lower.map(0n, s.ram(B), NORMAL);
    assert.equal(s.read(0xffff_ffff_ffff_fffcn), SCRATCH);
  });
});

describe('TLBI', () => {
  /** One page that was A when it was cached and is B in the tables now. */
  const stale = (bits = 0n, id = 1): Situation => {
    const s = new Situation();
    s.set('TTBR0_EL1', s.lower.root | asid(id));
    s.lower.map(VA, s.ram(A), NORMAL | ap(1) | bits);
    assert.equal(s.read(VA), where(s, A));
    s.lower.map(VA, s.ram(B), NORMAL | ap(1) | bits);
    return s;
  };

  it('nothing changes without it', () => assert.equal(((s) => s.read(VA) === where(s, A))(stale()), true));

  for (const [operation, xt] of [
    ['VMALLE1', 0n],
    ['VMALLE1IS', 0n],
    ['VMALLE1OS', 0n],
    ['ALLE1IS', 0n],
    ['VMALLS12E1', 0n],
    ['VAE1', page(VA, 1)],
    ['VAE1IS', page(VA, 1)],
    ['VALE1IS', page(VA, 1)],
    ['VAAE1', page(VA)],
    ['VAALE1IS', page(VA)],
    ['ASIDE1', asid(1)],
    ['ASIDE1IS', asid(1)],
    // One page: NUM 0, SCALE 0 is two pages of 4 KiB.
    ['RVAE1IS', (VA >> 12n) | (1n << 46n) | asid(1)],
    ['RVALE1', (VA >> 12n) | (1n << 46n)],
    ['RVAAE1OS', ((VA >> 12n) - 1n) | (1n << 46n)],
    ['RVAE1', ((VA >> 12n) - 60n) | (1n << 44n) | (1n << 46n)],
  ] as const) {
    it(`${operation} of a page of the ASID`, () => {
      const s = stale(NG);
      tlbi(s, operation, xt);
      assert.equal(s.hits(VA, 'read'), false);
      assert.equal(s.read(VA), where(s, B));
    });
  }

  it('ASIDE1 leaves global entries, and those of another ASID', () => {
    const s = stale(0n);
    tlbi(s, 'ASIDE1', asid(1));
    assert.equal(s.read(VA), where(s, A));
    const other = stale(NG, 2);
    tlbi(other, 'ASIDE1', asid(1));
    assert.equal(other.read(VA), where(other, A));
  });

  it('a global entry is shared by ASIDs of the same tables, a non-global one is not', () => {
    const global = stale(0n);
    global.set('TTBR0_EL1', global.lower.root | asid(2));
    assert.equal(global.read(VA), where(global, A));
    const local = stale(NG);
    local.set('TTBR0_EL1', local.lower.root | asid(2));
    assert.equal(local.read(VA), where(local, B));
    local.set('TTBR0_EL1', local.lower.root | asid(1));
    assert.equal(local.read(VA), where(local, A));
  });

  it('the ASID is that of TTBR1 with TCR_EL1.A1, 8 bits without TCR_EL1.AS', () => {
    const s = new Situation({ tcr: (1n << 22n) | (1n << 36n) });
    s.set('TTBR1_EL1', s.upper.root | asid(0x1234));
    s.upper.map(HIGH, s.ram(A), NORMAL | NG);
    s.read(HIGH);
    s.upper.map(HIGH, s.ram(B), NORMAL | NG);
    tlbi(s, 'ASIDE1', asid(0x34));
    assert.equal(s.read(HIGH), where(s, A));
    tlbi(s, 'ASIDE1', asid(0x1234));
    assert.equal(s.read(HIGH), where(s, B));
  });

  it('a block goes as a whole, whichever of its addresses is named', () => {
    const s = new Situation();
    const base = s.pa(RAM) & ~0x1f_ffffn;
    s.lower.map(0x4000_0000n, base, NORMAL, 2);
    for (const offset of [0n, 0x5000n, 0x1f_f000n]) s.read(0x4000_0000n + offset);
    s.lower.map(0x4000_0000n, base + 0x20_0000n, NORMAL, 2);
    tlbi(s, 'VAE1', page(0x4000_3000n));
    for (const offset of [0n, 0x5000n, 0x1f_f000n])
      assert.equal(s.read(0x4000_0000n + offset), Number(base - 0x10_0000_0000n) + 0x20_0000 + Number(offset));
  });

  it('a 64 KiB page goes as a whole', () => {
    const s = new Situation({ stage1: { granule: 16, iaBits: 42, startLevel: 2 } });
    s.lower.map(0x10_0000n, s.ram(A), NORMAL);
    s.read(0x10_3000n);
    s.read(0x10_f000n);
    s.lower.map(0x10_0000n, s.ram(B), NORMAL);
    tlbi(s, 'VAE1', page(0x10_0000n));
    assert.equal(s.read(0x10_3000n), where(s, B) + 0x3000);
    assert.equal(s.read(0x10_f000n), where(s, B) + 0xf000);
  });

  it('an address of the upper range does not concern the lower one', () => {
    const s = stale();
    tlbi(s, 'VAE1', page(VA | (0xffffn << 48n)));
    assert.equal(s.mmu.explain(s.registers, 'va', VA, { kind: 'read', el: 1 }).pa, s.pa(RAM + B));
    assert.equal(s.read(VA), where(s, A));
  });

  it('faults are never cached', () => {
    const s = new Situation();
    assert.equal(brief(s.read(VA)), 'stage 1 translation 0');
    s.lower.map(VA, s.ram(A), NORMAL);
    assert.equal(s.read(VA), where(s, A));
  });

  it('a wider permission needs no TLBI to be seen after the fault', () => {
    const s = new Situation();
    s.lower.map(VA, s.ram(A), NORMAL | ap(2));
    s.read(VA);
    s.lower.map(VA, s.ram(A), NORMAL);
    assert.equal(brief(s.write(VA)), 'ok');
  });

  it('stage 2: IPAS2E1IS then VMALLE1IS', () => {
    const s = new Situation({ stage2: KVM });
    s.lower.map(VA, s.ram(A), NORMAL);
    assert.equal(s.read(VA), where(s, A));
    s.second!.map(RAM + A, s.pa(RAM + B), SECOND);
    assert.equal(s.read(VA), where(s, A));
    tlbi(s, 'IPAS2E1IS', (RAM + A) >> 12n);
    tlbi(s, 'VMALLE1IS');
    assert.equal(s.read(VA), where(s, B));
  });

  it('another VMID has translations of its own', () => {
    const s = new Situation({ stage2: KVM });
    s.lower.map(VA, s.ram(A), NORMAL);
    assert.equal(s.read(VA), where(s, A));
    s.second!.map(RAM + A, s.pa(RAM + B), SECOND);
    const vttbr = s.registers.get('VTTBR_EL2');
    s.set('VTTBR_EL2', (vttbr & ~(0xffffn << 48n)) | (2n << 48n));
    assert.equal(s.read(VA), where(s, B));
    s.set('VTTBR_EL2', vttbr);
    assert.equal(s.read(VA), where(s, A));
  });

  it('an unknown operation is refused', () => assert.throws(() => tlbi(new Situation(), 'VAE7'), /TLBI VAE7/));
});

describe('marked pages', () => {
  it('poison: consuming it is an external abort, the rest of the page is as before', () => {
    const s = new Situation();
    s.lower.map(VA, s.ram(A), NORMAL);
    s.read(VA);
    s.physical.poison.add({ ranges: [{ host: where(s, A) + 0x100, bytes: 8 }] });
    s.mmu.marksChanged(where(s, A));
    assert.equal(s.hits(VA, 'read'), false);
    assert.equal(brief(s.read(VA + 0x120n)), 'external abort');
    assert.equal(brief(s.read(VA + 0x140n)), 'ok');
    assert.equal(brief(s.read(VA + 0xfcn, 8)), 'external abort');
    s.physical.poison.clear();
    assert.equal(brief(s.read(VA + 0x120n)), 'ok');
  });

  it('poison in a table: the walk aborts at its level', () => {
    const s = new Situation();
    const slot = s.lower.map(VA, s.ram(A), NORMAL);
    s.physical.poison.add({ ranges: [{ host: slot, bytes: 8 }] });
    assert.equal(brief(s.read(VA)), 'stage 1 external abort 3 walk');
  });

  it('a watched page: its bytes are refused or recorded, its neighbours are not', () => {
    const s = new Situation();
    s.lower.map(VA, s.ram(A), NORMAL);
    const low = Number(VA & 0xffff_ffffn);
    const high = Number(VA >> 32n);
    const host = where(s, A);
    const at = (offset: number, flags: number): number => s.mmu.access(low + offset, high, flags);
    const { watches } = s.mmu;
    for (const virtual of [false, true]) {
      const page = virtual ? virtualPage(low, high) : host / 4096;
      s.mmu.setWatches([{ id: 7, virtual, firstPage: page, first: 0x10, lastPage: page, last: 0x17, access: 2 }]);
      assert.equal(at(0x10, 8), host + 0x10, 'a load is not a store');
      assert.equal(at(8, 8 | accessBits.write), host + 8, 'below');
      assert.equal(at(0x18, 8 | accessBits.write), host + 0x18, 'above');
      assert.equal(watches.takeStopped(), false);
      for (const [offset, bytes] of [
        [0x10, 8],
        [0x17, 1],
        [0xc, 8],
        [0x8, 64],
      ] as const) {
        assert.equal(at(offset, bytes | accessBits.write), 0);
        assert.equal(watches.takeStopped(), true);
      }
      s.physical.bytes[host + 0x10] = 5;
      watches.record(() => assert.equal(at(0x17, 1 | accessBits.write), host + 0x17));
      assert.deepEqual(
        watches.accesses.map(({ id, vaLow, access, before }) => [id, vaLow & 0xfff, access, ...before]),
        [[7, 0x10, 2, 5, 0, 0, 0, 0, 0, 0, 0]],
      );
      s.mmu.setWatches([]);
      assert.equal(s.physical.marks[host / 4096], 0);
      assert.equal(at(0x10, 8 | accessBits.write), host + 0x10);
    }
  });

  it('a watched page is entered for what is not watched of it, and dropped like any other', () => {
    const s = new Situation();
    s.lower.map(VA, s.ram(A), NORMAL);
    const low = Number(VA & 0xffff_ffffn);
    const high = Number(VA >> 32n);
    const host = where(s, A);
    const entry = (): number[] => {
      const at = (s.registers.low(slots.dataTlb) + Number(BigInt.asUintN(10, VA >> 12n)) * 32) / 4;
      return [...s.physical.words.subarray(at, at + 7)];
    };
    const tag = low & ~0xfff;
    const enter = (access: number): number[] => {
      s.mmu.setWatches([{ id: 1, virtual: false, firstPage: host / 4096, first: 0x10, lastPage: host / 4096, last: 0x1f, access }]);
      s.mmu.access(low + 0x40, high, 4);
      return entry();
    };
    const window = 0x20 | ((4096 - 16) << 16);
    const whole = 4096 << 16;
    const watched = tag | WATCHED_TAG;
    assert.deepEqual(enter(2), [tag, high, watched, high, (host - tag) | 0, whole, window], 'writes');
    assert.deepEqual(enter(1), [watched, high, watched, high, (host - tag) | 0, window, window], 'reads: what also writes counts');
    tlbi(s, 'VAE1IS', page(VA));
    assert.deepEqual(entry().slice(0, 4), [-1, -1, -1, -1]);
    enter(3);
    s.mmu.contexts.protectCode(host);
    assert.deepEqual(entry().slice(0, 4), [watched, high, -1, -1]);
    s.mmu.marksChanged(host);
    assert.deepEqual(entry().slice(0, 4), [-1, -1, -1, -1]);
  });
});
