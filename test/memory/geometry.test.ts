import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type RegimeConfiguration, regimeConfiguration } from '../../emulator/memory/configuration.ts';
import type { MmuFeatures } from '../../emulator/memory/features.ts';
import { allFeatures } from './situation.ts';

const nothing = { SCTLR: 1n, TCR: 0n, MAIR: 0n, HCR: 1n, VTCR: 0n, VTTBR: 0n };
const configured = (registers: Partial<typeof nothing>, features: Partial<MmuFeatures> = {}): RegimeConfiguration =>
  regimeConfiguration(1, { ...nothing, ...registers }, { ...allFeatures, ...features });

/** TG0 by granule; TG1 has an order of its own. */
const tg0: Readonly<Record<number, bigint>> = { 12: 0n, 16: 1n, 14: 2n };
const tg1: Readonly<Record<number, bigint>> = { 14: 1n, 12: 2n, 16: 3n };

/** Start level of stage 1 by granule: the smallest and largest IA size of each level. */
const startLevels: Readonly<Record<number, readonly (readonly [level: number, least: number, most: number])[]>> = {
  12: [
    [0, 40, 48],
    [1, 31, 39],
    [2, 22, 30],
    [3, 16, 21],
  ],
  14: [
    [0, 48, 48],
    [1, 37, 47],
    [2, 26, 36],
    [3, 16, 25],
  ],
  16: [
    [1, 43, 48],
    [2, 30, 42],
    [3, 17, 29],
  ],
};

describe('stage2 §1: start level of stage 1', () => {
  for (const [granule, rows] of Object.entries(startLevels)) {
    for (const [level, least, most] of rows) {
      it(`stage2 §1: ${2 ** (Number(granule) - 10)} KiB granule, ${least} to ${most} bits: level ${level}, in both ranges`, () => {
        for (let bits = least; bits <= most; bits++) {
          const txsz = BigInt(64 - bits);
          const TCR = txsz | (txsz << 16n) | (tg0[Number(granule)]! << 14n) | (tg1[Number(granule)]! << 30n);
          const { lower, upper } = configured({ TCR });
          for (const range of [lower, upper])
            assert.deepEqual([range.granule, range.iaBits, range.startLevel, range.valid], [Number(granule), bits, level, true]);
        }
      });
    }
  }
  it('stage2 §1: TxSZ 16 to 39 without FEAT_TTST, to 48 (47 with 64 KiB) with it', () => {
    for (const granule of [12, 14, 16]) {
      for (const smallTables of [false, true]) {
        const most = smallTables ? (granule === 16 ? 47 : 48) : 39;
        for (let txsz = 0; txsz < 64; txsz++) {
          const TCR = BigInt(txsz) | (tg0[granule]! << 14n);
          assert.equal(configured({ TCR }, { smallTables }).lower.valid, txsz >= 16 && txsz <= most, `TxSZ ${txsz}`);
        }
      }
    }
  });
});

describe('stage2 §1: start level of stage 2 from VTCR_EL2.SL0', () => {
  /** Level by SL0, and the PA size that it needs; undefined: invalid. */
  const levels: Readonly<Record<number, readonly (readonly [level: number, paBits: number] | undefined)[]>> = {
    12: [
      [2, 0],
      [1, 0],
      [0, 44],
      [3, 0],
    ],
    14: [[3, 0], [2, 0], [1, 42], undefined],
    16: [[3, 0], [2, 0], [1, 44], undefined],
  };
  for (const granule of [12, 14, 16] as const) {
    it(`stage2 §1: ${2 ** (granule - 10)} KiB granule: SL0 and T0SZ agree, up to 16 concatenated tables; the PA size is enough`, () => {
      for (const paBits of [40, 42, 44, 48]) {
        for (let sl0 = 0; sl0 < 4; sl0++) {
          for (let t0sz = 0; t0sz < 64; t0sz++) {
            const VTCR = BigInt(t0sz) | (BigInt(sl0) << 6n) | (tg0[granule]! << 14n);
            const { stage2 } = configured({ VTCR }, { paBits });
            const row = levels[granule]![sl0];
            const ia = 64 - t0sz;
            const stride = granule - 3;
            const below = row ? (3 - row[0]) * stride + granule : 0;
            const most = granule === 16 ? 47 : 48;
            const valid =
              row !== undefined && paBits >= row[1] && ia >= below + 1 && ia <= below + stride + 4 && ia <= paBits && t0sz <= most;
            assert.equal(stage2.valid, valid, `SL0 ${sl0}, T0SZ ${t0sz}, PA ${paBits}`);
            if (valid) assert.deepEqual([stage2.startLevel, stage2.startIndexBits], [row[0], ia - below]);
          }
        }
      }
    });
  }
  it('stage2 §1: SL0 3 with 4 KiB needs FEAT_TTST', () => {
    const VTCR = 43n | (3n << 6n);
    assert.deepEqual([configured({ VTCR }).stage2.valid, configured({ VTCR }, { smallTables: false }).stage2.valid], [true, false]);
  });
  it('stage2 §1: the start table is aligned to its size: lower bits of VTTBR_EL2 are not address', () => {
    const VTCR = 24n | (1n << 6n);
    assert.equal(configured({ VTCR, VTTBR: 0x4000_1fffn }).stage2.base, 0x4000_0000);
    assert.equal(configured({ VTCR, VTTBR: 0x4000_3fffn }).stage2.base, 0x4000_2000);
  });
  it('stage2 §1: VTCR_EL2.VS: 16-bit VMID in VTTBR_EL2[63:48], else [55:48]', () => {
    const VTTBR = 0xabcdn << 48n;
    assert.deepEqual([configured({ VTTBR, VTCR: 1n << 19n }).stage2.vmid, configured({ VTTBR }).stage2.vmid], [0xabcd, 0xcd]);
    assert.equal(configured({ VTTBR, VTCR: 1n << 19n }, { vmidBits: 8 }).stage2.vmid, 0xcd);
  });
});
