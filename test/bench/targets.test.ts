import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gdbFigure, inUnit, row, type Target, targets, verdict } from './targets.ts';

const time: Target = { title: '', beside: 'QEMU', unit: '×', better: 'lower', limit: 1.6, aim: 1 };
const rate: Target = { title: '', beside: 'gdb', unit: '/s', better: 'higher', limit: 4000, aim: 20000 };

describe('verdicts of the benchmark', () => {
  test('the lower the better', () => {
    assert.deepEqual(
      [0.9, 1, 1.01, 1.6, 1.61, Number.NaN].map((figure) => verdict(time, figure)),
      ['aim', 'aim', 'within limit', 'within limit', 'missed', 'not measured'],
    );
  });
  test('the higher the better', () => {
    assert.deepEqual(
      [20000, 19999, 4000, 3999].map((figure) => verdict(rate, figure)),
      ['aim', 'within limit', 'within limit', 'missed'],
    );
  });
  test('a target without an aim', () => {
    assert.equal(row('memory', 311).verdict, 'within limit');
    assert.equal(row('memory', 901).verdict, 'missed');
  });
  test('an aim is beyond its limit', () => {
    for (const target of Object.values(targets) as Target[])
      if (target.aim !== undefined)
        assert.equal(verdict(target, target.aim) === 'aim' && verdict(target, target.limit) === 'within limit', true);
  });
});

test('figures as people read them', () => {
  assert.equal(inUnit('/s', 20_943.9), '20,900/s');
  assert.equal(inUnit('×', 1.0649), '1.06 ×');
  assert.equal(inUnit('MB', 311.4), '311 MB');
  assert.equal(inUnit('×', null), '-');
  assert.equal(gdbFigure(row('jiffiesWatch', 1.1, { atLeast: 61.2 })), 'more than 61.20 ×');
  assert.equal(gdbFigure(row('steps', 1, 2093)), '2,090/s');
  assert.equal(gdbFigure(row('filters', 1)), '');
});
