import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeDescriptor } from '../../emulator/memory/descriptor-fields.ts';
import type { ExplainedAccess, Explanation } from '../../emulator/memory/explain.ts';
import { HOST_DRAM_BASE } from '../../emulator/memory/physical-memory.ts';
import { EL1H, MAIR, RAM, Situation, type SituationOptions } from './situation.ts';
import { AF, ap, attrIndex, DBM, type Geometry, GP, INNER_SHAREABLE, memAttr, NG, PXN, s2ap, UXN, xn } from './tables.ts';

const NORMAL = AF | INNER_SHAREABLE;
const VA = 0x12_3456_7000n;
const A = 0x10_0000n;
const KVM: Geometry = { granule: 12, iaBits: 40, startLevel: 1 };

const explain = (s: Situation, va = VA, access: Partial<ExplainedAccess> = {}): Explanation =>
  s.mmu.explain(s.registers, 'va', va, { kind: 'read', el: 1, ...access });

/** A page with these bits at VA. */
function page(bits: bigint, options: SituationOptions = {}, tableBits = 0n): Situation {
  const s = new Situation(options);
  s.lower.map(VA, s.ram(A), bits, 3, tableBits);
  return s;
}

const fields = (value: bigint, ...place: Parameters<typeof describeDescriptor> extends [bigint, ...infer P] ? P : never): string[] =>
  describeDescriptor(value, ...place).map(
    ({ name, value: own, meaning }) => `${name} ${own.toString(16)}${meaning === undefined ? '' : ` ${meaning}`}`,
  );

describe('fields of a descriptor', () => {
  it('a stage 1 page, with what MAIR_EL1 makes of AttrIndx', () => {
    const value = 0x4000_0000n | NORMAL | NG | ap(3) | attrIndex(2) | DBM | GP | PXN | UXN | (1n << 52n) | (5n << 55n) | 3n;
    assert.deepEqual(fields(value, { stage: 1, level: 3, granule: 12 }, { mair: MAIR }), [
      ...['PBHA 0', 'Software 5', 'UXN 1 EL0 does not execute', 'PXN 1 EL1 does not execute'],
      ...['Contiguous 1 one of 16 entries that may be cached as one', 'DBM 1 hardware manages the dirty state', 'GP 1 guarded page'],
      ...['OA 40000 ipa:0x40000000', 'nG 1 of the ASID', 'AF 1 accessed', 'SH[1:0] 3 Inner Shareable', 'AP[2:1] 3 EL1 r-, EL0 r-', 'NS 0'],
      ...['AttrIndx[2:0] 2 MAIR_EL1.Attr2 = 0x44: Normal Non-cacheable', 'Type 1 page', 'Valid 1'],
    ]);
  });
  it('a stage 1 table', () => {
    const value = (1n << 63n) | (3n << 61n) | (1n << 60n) | (1n << 59n) | 0x4123_0000n | 3n;
    assert.deepEqual(fields(value, { stage: 1, level: 1, granule: 16 }), [
      ...['NSTable 1', 'APTable[1:0] 3 takes EL0 access and write', 'UXNTable 1 EL0 does not execute', 'PXNTable 1 EL1 does not execute'],
      ...['Next-level table address 4123 ipa:0x41230000', 'ignored[58:51] 0', 'ignored[11:2] 0', 'Type 1 table', 'Valid 1'],
    ]);
  });
  for (const [bits, fwb, text] of [
    [0b1111n, false, 'f Normal Write-Back'],
    [0b0001n, false, '1 Device-nGnRE'],
    [0b0111n, false, '7 Normal outer Non-cacheable, inner Write-Back'],
    [0b0110n, true, '6 Normal Write-Back whatever stage 1 says'],
    [0b0101n, true, '5 Normal Non-cacheable unless stage 1 is Device'],
    [0b0111n, true, '7 the stage 1 attributes'],
  ] as const) {
    it(`MemAttr 0b${bits.toString(2).padStart(4, '0')}, FWB = ${fwb ? 1 : 0}: ${text}`, () =>
      assert.ok(fields((bits << 2n) | s2ap(3) | 1n, { stage: 2, level: 2, granule: 12 }, { fwb }).includes(`MemAttr[3:0] ${text}`)));
  }
  it('a stage 2 block: XN with and without FEAT_XNX', () => {
    const xnOf = (xnx: boolean): string =>
      fields(xn(1) | s2ap(1) | 1n, { stage: 2, level: 2, granule: 12 }, { xnx }).find((text) => text.startsWith('XN'))!;
    assert.equal(xnOf(true), 'XN[1:0] 1 EL0 executes');
    assert.equal(xnOf(false), 'XN[1:0] 1 EL1 and EL0 execute, bit 53 ignored: no FEAT_XNX');
  });
  it('an invalid one has no other fields, whatever software keeps there', () => {
    assert.deepEqual(fields(0xffff_ffff_ffff_fffen, { stage: 1, level: 3, granule: 12 }), ['Valid 0 invalid: the other bits are ignored']);
    assert.deepEqual(fields(0xff01n, { stage: 1, level: 3, granule: 12 }), ['Type 0', 'Valid 1']);
  });
  it('bits that no known field has are shown', () =>
    assert.ok(fields((1n << 49n) | 3n, { stage: 2, level: 3, granule: 12 }).includes('unknown 1')));
});

describe('why a stage 1 right is there or not', () => {
  for (const [name, bits, tableBits, sctlr, rights, rules] of [
    ['AP 0b00', NORMAL | ap(0), 0n, 0n, 'EL1 rwx, EL0 --x', ['AP[2:1] = 0b00: EL1 rwx, EL0 --x']],
    [
      'AP 0b01: EL1 never executes what EL0 can write',
      NORMAL | ap(1),
      0n,
      0n,
      'EL1 rw-, EL0 rwx',
      [/0b01.*EL1 never executes what EL0 can write/],
    ],
    [
      'UXN and PXN',
      NORMAL | ap(2) | UXN | PXN,
      0n,
      0n,
      'EL1 r--, EL0 ---',
      [/0b10/, 'UXN = 1 takes EL0 execute', 'PXN = 1 takes EL1 execute'],
    ],
    ['UXNTable', NORMAL | ap(2), 1n << 60n, 0n, 'EL1 r-x, EL0 ---', [/0b10/, 'UXNTable = 1 takes EL0 execute']],
    ['APTable takes EL0 access', NORMAL | ap(3), 1n << 61n, 0n, 'EL1 r-x, EL0 --x', [/0b11/, 'APTable[1:0] = 0b01 takes EL0 read']],
    [
      'APTable takes writing, so EL1 may execute',
      NORMAL | ap(1),
      2n << 61n,
      0n,
      'EL1 r-x, EL0 r-x',
      [/0b01/, 'APTable[1:0] = 0b10 takes EL1 write, EL0 write', /EL0 cannot write, so EL1 may execute/],
    ],
    ['WXN', NORMAL | ap(0), 0n, 1n << 19n, 'EL1 rw-, EL0 --x', [/0b00/, 'SCTLR_EL1.WXN = 1 takes EL1 execute']],
  ] as const) {
    it(name, () => {
      const { stage1 } = explain(page(bits, { sctlr }, tableBits));
      assert.equal(stage1!.rights, rights);
      assert.equal(stage1!.rightsRules.length, rules.length, stage1!.rightsRules.join('; '));
      rules.forEach((rule, n) => {
        if (typeof rule === 'string') assert.equal(stage1!.rightsRules[n], rule);
        else assert.match(stage1!.rightsRules[n]!, rule);
      });
    });
  }
  it('writable and clean', () => {
    const { stage1, fault } = explain(page(NORMAL | ap(2) | DBM, { tcr: (1n << 39n) | (1n << 40n) }), VA, { kind: 'write' });
    assert.equal(fault, undefined);
    assert.match(stage1!.rightsRules.at(-1)!, /writable and clean, the first write clears AP\[2\]/);
  });
});

describe('which check a fault is about', () => {
  const second = (bits: bigint): Situation => {
    const s = page(NORMAL, { stage2: KVM });
    s.second!.map(RAM + A, s.pa(RAM + A), bits);
    return s;
  };
  const rows: readonly (readonly [string, () => Situation, RegExp, string, Partial<ExplainedAccess>?, bigint?])[] = [
    ['T0SZ', () => page(NORMAL).set('TCR_EL1', 5n << 32n), /TCR_EL1\.T0SZ = 0 is outside/, 'stage 1 translation fault, level 0'],
    ['EPD', () => page(NORMAL, { tcr: 1n << 7n }), /TCR_EL1\.EPD0 = 1/, 'stage 1 translation fault, level 0'],
    ['E0PD', () => page(NORMAL | ap(3), { tcr: 1n << 55n }), /TCR_EL1\.E0PD0 = 1/, 'stage 1 translation fault, level 0', { el: 0 }],
    ['input size', () => page(NORMAL), /above 47 are not all 0.*T0SZ = 16/, 'stage 1 translation fault, level 0', {}, 1n << 50n],
    [
      'base',
      () => page(NORMAL, { stage1: {} }).set('TCR_EL1', 16n | (16n << 16n) | (2n << 30n)),
      /TTBR0_EL1 has more than 32 bits \(TCR_EL1\.IPS/,
      'stage 1 address size fault, level 0',
    ],
    [
      'output',
      () => page((1n << 44n) | NORMAL).set('TCR_EL1', 16n | (16n << 16n) | (2n << 30n) | (3n << 32n)),
      /output address has more than 42 bits/,
      'stage 1 address size fault, level 3',
    ],
    ['invalid', () => page(NORMAL), /bit 0 of the descriptor is 0/, 'stage 1 translation fault, level 3', {}, VA + 0x1000n],
    ['Access flag', () => page(INNER_SHAREABLE), /AF = 0.*TCR_EL1\.HA = 0/, 'stage 1 access flag fault, level 3'],
    [
      'rights',
      () => page(NORMAL | ap(2)),
      /^EL1 write is needed, stage 1 gives EL1 r-x, EL0 --x$/,
      'stage 1 permission fault, level 3',
      { kind: 'write' },
    ],
    ['PAN', () => page(NORMAL | ap(1)), /PSTATE\.PAN = 1/, 'stage 1 permission fault, level 3', { pan: true }],
    [
      'flat',
      () => page(NORMAL).set('SCTLR_EL1', 0n),
      /stage 1 is off and the address has more than 48 bits/,
      'stage 1 address size fault, level 0',
      {},
      1n << 50n,
    ],
    [
      'stage 2 rights',
      () => second(AF | memAttr(15) | s2ap(1)),
      /^EL1 write is needed, stage 2 gives EL1 r-x, EL0 r-x$/,
      'stage 2 permission fault, level 3',
      { kind: 'write' },
    ],
    ['stage 2 Access flag', () => second(memAttr(15) | s2ap(3)), /VTCR_EL2\.HA = 0/, 'stage 2 access flag fault, level 3'],
  ];
  for (const [name, make, rule, text, access = {}, va = VA] of rows) {
    it(`${name}: ${text}`, () => {
      const { fault } = explain(make(), va, access);
      assert.equal(fault?.text, text);
      assert.match(fault!.rule, rule);
    });
  }
  it('a table that stage 2 does not map', () => {
    const s = new Situation({ stage2: KVM });
    s.set('TTBR0_EL1', 0x90_0000_0000n);
    const { fault, ipa } = explain(s);
    assert.equal(fault!.text, 'stage 2 translation fault on a stage 1 table walk, level 1');
    assert.deepEqual([fault!.s1ptw, fault!.ipa! & ~0xfffn, ipa], [true, 0x90_0000_0000n, undefined]);
  });
  it('HCR_EL2.PTW: a table in Device memory', () => {
    const s = page(NORMAL, { stage2: KVM, hcr: 4n });
    s.second!.map(s.lower.root, s.pa(s.lower.root), AF | memAttr(1) | s2ap(3));
    const { fault } = explain(s);
    assert.equal(fault!.text, 'stage 2 permission fault on a stage 1 table walk, level 3');
    assert.match(fault!.rule, /HCR_EL2\.PTW = 1/);
  });
  it('a table where nothing answers', () => {
    const { fault } = explain(new Situation().set('TTBR0_EL1', 0x5000_0000n));
    assert.match(fault!.rule, /nothing answers/);
  });
  it('a poisoned table: shown and not consumed', () => {
    const s = page(NORMAL);
    s.physical.poison.add({ ranges: [{ host: s.lower.slot(VA, 2), bytes: 8 }], once: true });
    for (let n = 0; n < 2; n++) {
      const { fault, pa } = explain(s);
      assert.equal(fault!.text, 'synchronous external abort on a table walk, level 2');
      assert.match(fault!.rule, /poisoned/);
      assert.equal(pa, s.ram(A));
    }
  });
  it('a block at a level that has none', () => {
    const s = new Situation();
    s.lower.map(VA, 0n, NORMAL, 0);
    const { fault, steps } = explain(s);
    assert.match(fault!.rule, /a block at level 0 with the 4 KiB granule: reserved/);
    assert.equal(steps[0]!.kind, 'reserved');
  });
});

describe('where a refused access would have gone', () => {
  it('a permission fault of stage 1: the whole walk of both stages is there', () => {
    const s = page(NORMAL | ap(2), { stage2: KVM });
    const e = explain(s, VA, { kind: 'write' });
    assert.equal(e.fault!.stage, 1);
    assert.equal(e.pa, s.pa(RAM + A));
    assert.equal(e.steps.at(-1)!.stage, 2);
    assert.equal(e.rights, 'EL1 r-x, EL0 --x');
  });
  it('a translation fault of stage 2: stage 1 is explained to its end', () => {
    const s = new Situation({ stage2: KVM });
    s.lower.map(VA, 0x90_0000_0000n, NORMAL | attrIndex(1));
    const e = explain(s);
    assert.deepEqual([e.ipa, e.pa, e.stage1!.type], [0x90_0000_0000n, undefined, 'Device-nGnRnE']);
    assert.equal(e.stage1!.typeRule, 'AttrIndx = 1: MAIR_EL1.Attr1 = 0x00');
  });
});

describe('why a memory type', () => {
  it('SCTLR_EL1.C = 0, and a fetch with I = 0', () => {
    const s = page(NORMAL).set('SCTLR_EL1', 1n);
    assert.match(explain(s).stage1!.typeRule, /SCTLR_EL1\.C = 0 makes it Non-cacheable/);
    assert.match(explain(s, VA, { kind: 'fetch' }).stage1!.typeRule, /SCTLR_EL1\.I = 0/);
    assert.equal(explain(s).combined!.type, 'Normal Non-cacheable');
  });
  it('FWB: stage 2 forces Write-Back over Device', () => {
    const s = page(NORMAL | attrIndex(1), { stage2: KVM, hcr: 1n << 46n });
    s.second!.map(RAM + A, s.pa(RAM + A), AF | INNER_SHAREABLE | memAttr(6) | s2ap(3));
    const e = explain(s);
    assert.equal(e.combined!.type, 'Normal Write-Back read-allocate write-allocate');
    assert.match(e.combined!.typeRule, /MemAttr 0b110 forces Normal Write-Back/);
    assert.equal(e.stage2!.typeRule, 'MemAttr[3:0] = 0b0110, HCR_EL2.FWB = 1');
  });
  it('stage 1 off: data, fetch, HCR_EL2.DC', () => {
    const s = page(NORMAL).set('SCTLR_EL1', 0n);
    const flat = BigInt(HOST_DRAM_BASE) + BigInt(s.ramHost);
    assert.match(explain(s, flat).stage1!.typeRule, /data accesses are Device-nGnRnE/);
    assert.match(explain(s, flat, { kind: 'fetch' }).stage1!.typeRule, /SCTLR_EL1\.I = 0: fetches are Non-cacheable/);
    const dc = page(NORMAL, { stage2: KVM, hcr: 1n << 12n });
    assert.match(explain(dc, RAM).stage1!.typeRule, /HCR_EL2\.DC = 1/);
  });
});

describe('an explanation changes nothing', () => {
  it('Access flags, dirty state and TLBs stay', () => {
    const s = page((NORMAL & ~AF) | ap(2) | DBM, { tcr: (1n << 39n) | (1n << 40n), stage2: KVM }).at(EL1H);
    const before = Buffer.from(s.physical.bytes.subarray(s.physical.dramStart));
    for (const kind of ['read', 'write', 'fetch'] as const) explain(s, VA, { kind });
    assert.equal(before.compare(s.physical.bytes.subarray(s.physical.dramStart)), 0);
    assert.equal(s.hits(VA, 'read'), false);
  });
});
