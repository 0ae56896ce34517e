import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  combineAttributes,
  describeAttributes,
  parAttributes,
  parShareability,
  stage1Attributes,
  stage1OffAttributes,
} from '../../emulator/memory/attributes.ts';

const NORMAL = { WB: 0xff, WT: 0xbb, NC: 0x44 };
const DEVICE = { nGnRnE: 0x00, nGnRE: 0x04, nGRE: 0x08, GRE: 0x0c };
const [NSH, OSH, ISH] = [0, 2, 3];

const par = (mair: number, sh: number, memAttr: number, sh2: number, fwb = false, cacheDisabled = false): [number, number] => {
  const { attributes } = combineAttributes(stage1Attributes(mair, sh), memAttr, sh2, {
    fwb,
    cacheDisabled: cacheDisabled ? 'HCR_EL2.CD' : undefined,
  });
  return [parAttributes(attributes), parShareability(attributes)];
};

describe('stage2 §3: stage 1 types', () => {
  for (const [mair, text] of [
    [0x00, 'Device-nGnRnE'],
    [0x04, 'Device-nGnRE'],
    [0x08, 'Device-nGRE'],
    [0x0c, 'Device-GRE'],
    [0x44, 'Normal Non-cacheable, Outer Shareable'],
    [0xff, 'Normal Write-Back read-allocate write-allocate, Inner Shareable'],
    [0xbb, 'Normal Write-Through read-allocate write-allocate, Inner Shareable'],
    [0x33, 'Normal Write-Through transient read-allocate write-allocate, Inner Shareable'],
    [0x7e, 'Normal outer Write-Back transient read-allocate write-allocate, inner Write-Back read-allocate, Inner Shareable'],
    [0x4f, 'Normal outer Non-cacheable, inner Write-Back read-allocate write-allocate, Inner Shareable'],
  ] as const) {
    it(`MAIR 0x${mair.toString(16).padStart(2, '0')} is ${text}`, () =>
      assert.equal(describeAttributes(stage1Attributes(mair, ISH!)), text));
  }

  it('PAR_EL1.ATTR gives every defined MAIR byte back', () => {
    for (let byte = 0; byte < 256; byte++) {
      const [outer, inner] = [byte >> 4, byte & 15];
      const defined = outer === 0 ? (inner & 3) === 0 : inner !== 0;
      if (defined) assert.equal(parAttributes(stage1Attributes(byte, ISH!)), byte);
    }
  });

  it('stage 1 off', () => {
    assert.equal(describeAttributes(stage1OffAttributes('data')), 'Device-nGnRnE');
    assert.equal(describeAttributes(stage1OffAttributes('fetch, I-cache off')), 'Normal Non-cacheable, Outer Shareable');
    assert.equal(describeAttributes(stage1OffAttributes('fetch, I-cache on')), 'Normal Write-Through read-allocate, Outer Shareable');
    assert.equal(describeAttributes(stage1OffAttributes('HCR_EL2.DC')), 'Normal Write-Back read-allocate write-allocate, Non-shareable');
  });
});

describe('stage2 §4: combination, HCR_EL2.FWB = 0', () => {
  const rows: readonly [string, number, number, number][] = [
    ['Device and Device: the stricter (stage 1)', DEVICE.nGnRnE, 0b0011, 0x00],
    ['Device and Device: the stricter (stage 2)', DEVICE.GRE, 0b0001, 0x04],
    ['Device and Device: nGRE and GRE', DEVICE.nGRE, 0b0011, 0x08],
    ['Device and Normal: stage 1 type', DEVICE.nGRE, 0b1111, 0x08],
    ['Normal and Device: stage 2 type', NORMAL.WB, 0b0001, 0x04],
    ['WB and WB', NORMAL.WB, 0b1111, 0xff],
    ['WB and WT', NORMAL.WB, 0b1010, 0xbb],
    ['WT and WB', NORMAL.WT, 0b1111, 0xbb],
    ['WB and NC', NORMAL.WB, 0b0101, 0x44],
    ['NC and WB', NORMAL.NC, 0b1111, 0x44],
    ['inner and outer apart: outer NC at stage 2', NORMAL.WB, 0b0111, 0x4f],
    ['inner and outer apart: inner WT at stage 2', NORMAL.WB, 0b1110, 0xfb],
    ['hints of stage 1 stay', 0xee, 0b1111, 0xee],
    ['transient of stage 1 stays', 0x77, 0b1111, 0x77],
  ];
  for (const [name, mair, memAttr, expected] of rows) it(name, () => assert.equal(par(mair, ISH!, memAttr, ISH!)[0], expected));

  for (const [first, second, expected] of [
    [NSH, NSH, NSH],
    [NSH, ISH, ISH],
    [ISH, NSH, ISH],
    [OSH, ISH, OSH],
    [NSH, OSH, OSH],
    [ISH, ISH, ISH],
  ] as const) {
    it(`shareability ${first} with ${second} is ${expected}`, () => assert.equal(par(NORMAL.WB, first!, 0b1111, second!)[1], expected));
  }
  it('Device and Non-cacheable results are Outer Shareable', () => {
    assert.equal(par(DEVICE.GRE, NSH!, 0b1111, NSH!)[1], OSH);
    assert.equal(par(NORMAL.WB, NSH!, 0b0101, NSH!)[1], OSH);
  });
  it('HCR_EL2.CD makes Normal memory Non-cacheable and leaves Device', () => {
    assert.equal(par(NORMAL.WB, ISH!, 0b1111, ISH!, false, true)[0], 0x44);
    assert.equal(par(DEVICE.nGRE, ISH!, 0b1111, ISH!, false, true)[0], 0x08);
  });
});

describe('stage2 §4: combination, HCR_EL2.FWB = 1', () => {
  const rows: readonly [string, number, number, number][] = [
    ['0: Normal becomes nGnRnE', NORMAL.WB, 0, 0x00],
    ['1: Normal becomes nGnRE', NORMAL.WB, 1, 0x04],
    ['3: Device keeps the stricter', DEVICE.nGRE, 3, 0x08],
    ['1: Device becomes the stricter', DEVICE.GRE, 1, 0x04],
    ['5: Device stays', DEVICE.nGRE, 5, 0x08],
    ['5: Normal becomes NC', NORMAL.WB, 5, 0x44],
    ['6: WB stays, hints of stage 1', 0xee, 6, 0xee],
    ['6: WT becomes WB with its hints', 0xaa, 6, 0xee],
    ['6: NC becomes WB read and write allocate', NORMAL.NC, 6, 0xff],
    ['6: Device becomes WB', DEVICE.nGnRnE, 6, 0xff],
    ['7: Normal unchanged', 0xb4, 7, 0xb4],
    ['7: Device unchanged', DEVICE.nGRE, 7, 0x08],
    ['MemAttr[3] is ignored', NORMAL.NC, 14, 0xff],
  ];
  for (const [name, mair, memAttr, expected] of rows) it(name, () => assert.equal(par(mair, ISH!, memAttr, ISH!, true)[0], expected));
  it('Device made Write-Back is as shareable as the stages say', () => assert.equal(par(DEVICE.nGnRnE, ISH!, 6, ISH!, true)[1], ISH));
});

describe('rules', () => {
  it('name what decided', () => {
    const { typeRule, shareabilityRule } = combineAttributes(stage1Attributes(0xff, 3), 0xf, 3, { fwb: false });
    assert.match(typeRule, /both stages are Normal/);
    assert.match(shareabilityRule, /the wider of stage 1 \(Inner Shareable\) and stage 2 \(Inner Shareable\)/);
  });
});
