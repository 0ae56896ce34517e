import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { conditionTruthTable } from '../../../emulator/translate/ir/conditions.ts';

const rows: readonly [string, number, (n: boolean, z: boolean, c: boolean, v: boolean) => boolean][] = [
  ['EQ', 0, (_n, z) => z],
  ['NE', 1, (_n, z) => !z],
  ['CS', 2, (_n, _z, c) => c],
  ['CC', 3, (_n, _z, c) => !c],
  ['MI', 4, (n) => n],
  ['PL', 5, (n) => !n],
  ['VS', 6, (_n, _z, _c, v) => v],
  ['VC', 7, (_n, _z, _c, v) => !v],
  ['HI', 8, (_n, z, c) => c && !z],
  ['LS', 9, (_n, z, c) => !(c && !z)],
  ['GE', 10, (n, _z, _c, v) => n === v],
  ['LT', 11, (n, _z, _c, v) => n !== v],
  ['GT', 12, (n, z, _c, v) => n === v && !z],
  ['LE', 13, (n, z, _c, v) => !(n === v && !z)],
  ['AL', 14, () => true],
  ['NV', 15, () => true],
];

describe('ConditionHolds, as a truth table', () => {
  for (const [name, cond, holds] of rows)
    it(`${name} for each NZCV`, () => {
      const table = conditionTruthTable(cond);
      for (let nzcv = 0; nzcv < 16; nzcv++)
        assert.equal(
          ((table >> nzcv) & 1) === 1,
          holds((nzcv & 8) !== 0, (nzcv & 4) !== 0, (nzcv & 2) !== 0, (nzcv & 1) !== 0),
          `NZCV ${nzcv}`,
        );
    });
});
