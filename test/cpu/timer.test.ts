import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { conditionMet, readTimerControl, readTimerValue, timerDeadline, timerLine, writeTimerValue } from '../../emulator/cpu/timer.ts';
import { mrs, msr, place, processorOf, setSystem, system } from './situation.ts';

/** A processor at a time, in ticks of 16 instructions. */
function at(ticks: number, registers: Readonly<Record<string, bigint>> = {}) {
  const situation = processorOf();
  situation.clock.instructions = ticks * 16;
  setSystem(situation.state, registers);
  return situation;
}

describe('generic timer', () => {
  test('the virtual counter is the physical one less CNTVOFF_EL2', () => {
    const { processor, state, script } = at(1000, { CNTVOFF_EL2: 400n });
    script.push({ exit: 'system', word: mrs('CNTVCT_EL0', 4) }, { exit: 'system', word: mrs('CNTPCT_EL0', 5) });
    place(state, 0x3c5, 0x1000n);
    processor.run(2);
    assert.deepEqual([state.get(4), state.get(5)], [600n, 1000n]);
  });

  test('the condition is count >= CVAL', () => {
    assert.equal(conditionMet(at(99, { CNTV_CVAL_EL0: 100n }).processor, 'virtual'), false);
    assert.equal(conditionMet(at(100, { CNTV_CVAL_EL0: 100n }).processor, 'virtual'), true);
  });

  test('ISTATUS shows only while enabled; IMASK keeps the line down', () => {
    const row = (control: bigint) => {
      const { processor } = at(100, { CNTV_CVAL_EL0: 50n, CNTV_CTL_EL0: control });
      return [readTimerControl(processor, 'virtual'), timerLine(processor, 'virtual')];
    };
    assert.deepEqual(
      [row(0n), row(1n), row(2n), row(3n)],
      [
        [0n, false],
        [5n, true],
        [2n, false],
        [7n, false],
      ],
    );
  });

  test('TVAL is signed and 32 bits wide', () => {
    const { processor, state } = at(1000);
    writeTimerValue(processor, 'virtual', 0xffff_fff0n);
    assert.equal(system(state, 'CNTV_CVAL_EL0'), 984n);
    assert.equal(readTimerValue(processor, 'virtual'), 0xffff_fff0n);
  });

  test('the deadline is in instructions', () => {
    assert.equal(timerDeadline(at(100, { CNTV_CTL_EL0: 1n, CNTV_CVAL_EL0: 150n, CNTVOFF_EL2: 20n }).processor, 'virtual'), 170 * 16);
    assert.equal(timerDeadline(at(100, { CNTV_CTL_EL0: 3n, CNTV_CVAL_EL0: 150n }).processor, 'virtual'), Number.POSITIVE_INFINITY);
    assert.equal(
      timerDeadline(at(100, { CNTV_CTL_EL0: 1n, CNTV_CVAL_EL0: (1n << 64n) - 1n }).processor, 'virtual'),
      Number.POSITIVE_INFINITY,
    );
  });

  test('a write of a timer register goes to the host at once', () => {
    const { processor, state, script } = at(100);
    script.push({ exit: 'system', word: msr('CNTV_CVAL_EL0', 3) });
    place(state, 0x3c5, 0x1000n);
    assert.equal(processor.run(1000).kind, 'irq');
    assert.equal(processor.executed, 1);
  });
});
