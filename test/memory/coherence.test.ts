/** Whatever is cached, an access does what an uncached walk of the tables does, as long as the guest invalidates what it changes. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DATA_TLB_ENTRIES, slots } from '../../emulator/translate/layout.ts';
import { Random } from './oracle/cases.ts';
import { brief, EL0T, EL1H, RAM, type SeenFault, Situation } from './situation.ts';
import { AF, ap, attrIndex, type Geometry, INNER_SHAREABLE, memAttr, NG, PXN, s2ap, UXN, xn } from './tables.ts';

const PAN = 1 << 22;
const asid = (n: number): bigint => BigInt(n) << 48n;
const LOW = 0x4000_0000n;
const HIGH = 0xffff_ffc0_0000_0000n;
const STEPS = 6000;

function run(seed: number, stage1: Partial<Geometry>, stage2: Geometry | undefined): void {
  const random = new Random(seed);
  const s = new Situation({ stage1, ...(stage2 ? { stage2 } : {}) });
  const granule = 2n ** BigInt(stage1.granule ?? 12);
  const block = 2n ** BigInt(s.lower.shift(2));
  const tlbi = (operation: string, xt = 0n): void =>
    s.mmu.invalidate(operation, Number(BigInt.asIntN(32, xt)), Number(BigInt.asIntN(32, xt >> 32n)));
  const place = (): bigint => {
    const page = BigInt(random.below(40)) * granule;
    return (random.chance(50) ? LOW : HIGH) + (random.chance(20) ? block : 0n) + page;
  };
  const tables = (va: bigint) => (va >= HIGH ? s.upper : s.lower);
  const output = (): bigint => s.ram(0x20_0000n + ((BigInt(random.below(64)) * granule) & 0x3f_ffffn));
  let id = 1;

  const change = (): void => {
    const va = place();
    const bits =
      AF |
      INNER_SHAREABLE |
      ap(random.below(4)) |
      (random.chance(50) ? NG : 0n) |
      (random.chance(30) ? PXN : 0n) |
      (random.chance(30) ? UXN : 0n) |
      attrIndex(random.chance(85) ? 0 : 1);
    const second = tables(va).slot(va, 2);
    const isBlock = (tables(va).read(second) & 3n) === 1n;
    if (isBlock || random.chance(4)) {
      // Pages that become a block were cached one by one; a block that goes is named by any of its addresses.
      const base = s.ram(0n) & ~(block - 1n);
      tables(va).write(second, isBlock ? 0n : base | bits | 1n);
      if (!isBlock) tlbi('VMALLE1');
    } else if (random.chance(15)) tables(va).write(tables(va).slot(va, 3), 0n);
    else tables(va).map(va, output(), bits);
    const page = BigInt.asUintN(44, va >> 12n);
    const operation = random.pick(['VAE1', 'VAAE1IS', 'VALE1', 'VMALLE1', 'RVAE1IS']);
    if (operation === 'VMALLE1') tlbi(operation);
    else if (operation === 'RVAE1IS')
      tlbi(operation, BigInt.asUintN(37, va >> BigInt(stage1.granule ?? 12)) | (BigInt(1 + ((stage1.granule ?? 12) - 12) / 2) << 46n));
    else tlbi(operation, page | asid(id));
  };

  const changeStage2 = (): void => {
    const page = RAM + 0x20_0000n + BigInt(random.below(1024)) * 4096n;
    s.second!.map(
      page,
      s.pa(page),
      AF | INNER_SHAREABLE | memAttr(15) | s2ap(random.chance(50) ? 3 : random.below(4)) | xn(random.chance(50) ? 0 : random.below(4)),
    );
    tlbi('IPAS2E1IS', page >> 12n);
    tlbi('VMALLE1IS');
  };

  const check = (): void => {
    const va = place() + BigInt(random.below(Number(granule) / 8)) * 8n;
    const kind = random.pick(['read', 'write', 'fetch'] as const);
    const result = kind === 'read' ? s.read(va) : kind === 'write' ? s.write(va) : s.fetch(va);
    const el = (s.registers.low(slots.pstate) & 0xc) === 0 ? 0 : 1;
    const expected = s.mmu.explain(s.registers, 'va', va, { kind, el, pan: (s.registers.low(slots.pstate) & PAN) !== 0 });
    if (expected.fault) assert.equal(typeof result === 'number' ? 'ok' : describeFault(result), expected.fault.text);
    else if (!expected.present) assert.equal(brief(result), 'external abort');
    else assert.equal(kind === 'fetch' ? result : (result as number) & ~0xfff, Number(expected.pa! - 0x10_0000_0000n) & ~0xfff);
  };

  for (let step = 0; step < STEPS; step++) {
    const what = random.below(100);
    if (what < 8) change();
    else if (what < 10 && stage2) changeStage2();
    else if (what < 14) {
      id = 1 + random.below(3);
      s.set('TTBR0_EL1', s.lower.root | asid(id));
    } else if (what < 18) s.at(random.chance(50) ? EL0T : EL1H, random.chance(30) ? PAN : 0);
    else if (what < 19) tlbi('ASIDE1', asid(1 + random.below(3)));
    else check();
  }
  sound(s);
}

const describeFault = (fault: SeenFault): string =>
  fault.type === 'alignment'
    ? 'alignment fault'
    : `stage ${fault.stage} ${fault.type} fault${fault.s1ptw ? ' on a stage 1 table walk' : ''}, level ${fault.level}`;

/** Every entry that generated code would find is what the tables say now. */
function sound(s: Situation): void {
  const view = new DataView(s.physical.memory.buffer);
  const tlb = s.registers.low(slots.dataTlb);
  const el = (s.registers.low(slots.pstate) & 0xc) === 0 ? 0 : 1;
  const pan = (s.registers.low(slots.pstate) & PAN) !== 0;
  for (let at = tlb; at < tlb + DATA_TLB_ENTRIES * 32; at += 32) {
    for (const [kind, offset] of [
      ['read', 0],
      ['write', 8],
    ] as const) {
      const tag = view.getBigUint64(at + offset, true);
      if (tag === 0xffff_ffff_ffff_ffffn) continue;
      const host = (Number(tag & 0xffff_ffffn) + view.getInt32(at + 16, true)) >>> 0;
      const { fault, pa } = s.mmu.explain(s.registers, 'va', tag, { kind, el, pan });
      assert.equal(fault, undefined, `0x${tag.toString(16)} ${kind}`);
      assert.equal(host, Number(pa! - 0x10_0000_0000n));
    }
  }
}

describe('cached and uncached translation agree', () => {
  it('stage 1, 4 KiB', () => run(1, { granule: 12 }, undefined));
  it('stage 1, 16 KiB', () => run(2, { granule: 14, startLevel: 0 }, undefined));
  it('stage 1, 64 KiB', () => run(3, { granule: 16, iaBits: 48, startLevel: 1 }, undefined));
  it('both stages, 4 KiB', () => run(4, { granule: 12 }, { granule: 12, iaBits: 40, startLevel: 1 }));
  it('both stages, 64 KiB over 4 KiB', () =>
    run(5, { granule: 16, iaBits: 48, startLevel: 1 }, { granule: 12, iaBits: 40, startLevel: 1 }));
  it('both stages, 39 bits', () => run(6, { granule: 12, iaBits: 39, startLevel: 1 }, { granule: 12, iaBits: 40, startLevel: 1 }));
});
