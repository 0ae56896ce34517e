import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  combineAttributes,
  describeType,
  isDevice,
  parAttributes,
  parShareability,
  stage1Attributes,
} from '../../emulator/memory/attributes.ts';

const bytes = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => (byte >> 4 === 0 ? (byte & 3) === 0 : (byte & 15) !== 0));
const values = Array.from({ length: 16 }, (_, value) => value);
const shs = [0, 2, 3];

/** Cacheability of a MAIR nibble of Normal memory: 0 NC, 1 WT, 2 WB. */
const cacheability = (nibble: number): number => (nibble === 4 ? 0 : nibble & 4 ? 2 : 1);
const deviceOf = (mair: number): number => (mair >> 4 === 0 ? mair >> 2 : -1);

/** The stage 2 value of each row of the table, and what it gives: MAIR byte of the result. Written apart from what is tested. */
function expected(mair: number, memAttr: number, fwb: boolean): number {
  const device1 = deviceOf(mair);
  if (fwb) {
    const value = memAttr & 7;
    if (value < 4) return (device1 < 0 ? value : Math.min(device1, value)) << 2;
    if (value === 7) return mair;
    if (value === 6) {
      const part = (nibble: number): number => (device1 >= 0 || nibble === 4 ? 0xf : (nibble & 0xb) | 4);
      return (part(mair >> 4) << 4) | part(mair & 15);
    }
    return device1 < 0 ? 0x44 : mair;
  }
  if (memAttr < 4) return (device1 < 0 ? memAttr : Math.min(device1, memAttr)) << 2;
  if (device1 >= 0) return mair;
  const part = (nibble: number, second: number): number => {
    const weaker = Math.min(cacheability(nibble), Math.max(0, second - 1));
    return weaker === 0 ? 4 : (nibble & 0xb) | (weaker === 2 ? 4 : 0);
  };
  return (part(mair >> 4, memAttr >> 2) << 4) | part(mair & 15, memAttr & 3);
}

describe('stage2 §4: every pair of stage 1 and stage 2 attributes', () => {
  for (const fwb of [false, true]) {
    it(`stage2 §4: HCR_EL2.FWB = ${Number(fwb)}: type, cacheability and hints`, () => {
      for (const mair of bytes) {
        for (const memAttr of values) {
          const { attributes } = combineAttributes(stage1Attributes(mair, 3), memAttr, 3, { fwb });
          assert.equal(parAttributes(attributes), expected(mair, memAttr, fwb), `MAIR 0x${mair.toString(16)} with MemAttr ${memAttr}`);
        }
      }
    });
    it(`stage2 §4: HCR_EL2.FWB = ${Number(fwb)}: shareability: OSH for Device and NC, else the wider`, () => {
      for (const mair of bytes) {
        for (const memAttr of values) {
          for (const first of shs) {
            for (const second of shs) {
              const { attributes } = combineAttributes(stage1Attributes(mair, first), memAttr, second, { fwb });
              const uncached = isDevice(attributes) || parAttributes(attributes) === 0x44;
              const wider = [first, second].includes(2) ? 2 : [first, second].includes(3) ? 3 : 0;
              assert.equal(parShareability(attributes), uncached ? 2 : wider);
            }
          }
        }
      }
    });
    it(`stage2 §4: HCR_EL2.FWB = ${Number(fwb)}: a rule for each part, and only for Normal memory one of cacheability`, () => {
      for (const mair of bytes) {
        for (const memAttr of values) {
          const decided = combineAttributes(stage1Attributes(mair, 3), memAttr, 3, { fwb });
          assert.equal(decided.cacheRules === undefined, isDevice(decided.attributes), describeType(decided.attributes));
          for (const rule of [decided.typeRule, decided.shareabilityRule, ...Object.values(decided.cacheRules ?? {})])
            assert.ok(rule.length > 0);
        }
      }
    });
  }

  it('stage2 §4: HCR_EL2.CD = 1: Normal data is Non-cacheable, Device stays', () => {
    for (const mair of bytes) {
      for (const memAttr of values) {
        const plain = combineAttributes(stage1Attributes(mair, 3), memAttr, 3, { fwb: false }).attributes;
        const { attributes } = combineAttributes(stage1Attributes(mair, 3), memAttr, 3, { fwb: false, cacheDisabled: 'HCR_EL2.CD' });
        assert.equal(parAttributes(attributes), isDevice(plain) ? parAttributes(plain) : 0x44);
      }
    }
  });

  it('stage2 §4: the named values: 0xf WB, 0x5 NC, 0x1 Device-nGnRE; SH 0b01 is treated as NSH', () => {
    const result = (memAttr: number, sh = 0): number => {
      const { attributes } = combineAttributes(stage1Attributes(0xff, sh), memAttr, sh, { fwb: false });
      return (parShareability(attributes) << 8) | parAttributes(attributes);
    };
    assert.deepEqual([result(0xf), result(5), result(1), result(0xf, 1)], [0x0ff, 0x244, 0x204, 0x0ff]);
  });

  const rules: readonly [number, number, boolean, object | undefined][] = [
    [0xbf, 0xb, false, { outer: 'Write-Through at both stages', inner: 'Write-Back at both stages', hints: 'stage 1: stage 2 gives none' }],
    [0xff, 0x5, false, { outer: 'the weaker of stage 1 (Write-Back) and stage 2 (Non-cacheable)', hints: 'Non-cacheable memory has none' }],
    [0x04, 0x6, true, { hints: 'read- and write-allocate: stage 1 is not cacheable' }],
    [0xee, 0x6, true, { hints: 'those of stage 1 where it is cacheable' }],
    [0x44, 0x7, true, { outer: 'stage 1', inner: 'stage 1', hints: 'stage 1' }],
    [0x04, 0x7, true, undefined],
  ];
  for (const [mair, memAttr, fwb, wanted] of rules) {
    it(`stage2 §4: what decided: MAIR 0x${mair.toString(16)}, MemAttr ${memAttr}, FWB ${Number(fwb)}`, () => {
      const { cacheRules } = combineAttributes(stage1Attributes(mair, 3), memAttr, 3, { fwb });
      assert.deepEqual(wanted && { ...cacheRules, ...wanted }, cacheRules);
    });
  }
});
