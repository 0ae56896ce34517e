import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Pace, type Timekeeping } from '../../emulator/vmm/pace.ts';

/** A machine and a host whose clocks only move when somebody says so, milliseconds. */
function paced(timekeeping: Timekeeping, wokenAfter = Number.POSITIVE_INFINITY) {
  const machine = {
    time: 0,
    passTime(nanoseconds: number) {
      machine.time += nanoseconds;
    },
  };
  const host = { now: 1000, slept: [] as number[], woken: wokenAfter };
  const sleep = async (milliseconds: number): Promise<boolean> => {
    host.slept.push(milliseconds);
    const woken = host.woken < milliseconds;
    host.now += Math.min(milliseconds, host.woken);
    return woken;
  };
  const pace = new Pace(timekeeping, machine, sleep, () => host.now);
  pace.begin();
  return { pace, machine, host };
}

describe('a guest that waits', () => {
  test('takes as long outside', async () => {
    const { pace, host, machine } = paced('wait');
    await pace.pause(20e6);
    assert.deepEqual(host.slept, [20]);
    // The run that follows goes on at the timer by itself.
    assert.equal(machine.time, 0);
  });
  test('short waits are put together', async () => {
    const { pace, host } = paced('wait');
    for (let i = 0; i < 40; i++) await pace.pause(0.1e6);
    assert.equal(host.slept.length, 2);
    assert.ok(Math.abs(host.slept.reduce((a, b) => a + b) - 4) < 0.11);
  });
  test('woken before: as much time has passed as it slept', async () => {
    const { pace, machine } = paced('wait', 300);
    await pace.pause(1000e6);
    assert.equal(machine.time, 300e6);
  });
  test('a host that slept too long makes up for it, within limits', async () => {
    const { pace, host } = paced('wait');
    const { now } = host;
    await pace.pause(10e6);
    host.now = now + 13;
    await pace.pause(10e6);
    assert.equal(host.slept.at(-1), 10);
  });
});

describe('a guest that follows the clock', () => {
  test('is brought up to it before it runs', async () => {
    const { pace, machine, host } = paced('realtime');
    machine.time += 2e6;
    host.now += 7;
    await pace.keepUp();
    assert.equal(machine.time, 7e6);
    assert.deepEqual(host.slept, []);
  });
  test('waits for it when it is ahead', async () => {
    const { pace, machine, host } = paced('realtime');
    machine.time += 50e6;
    host.now += 10;
    await pace.keepUp();
    assert.deepEqual(host.slept, [40]);
    assert.equal(machine.time, 50e6);
  });
  test('the time it stood is not its own', async () => {
    const { pace, machine, host } = paced('realtime');
    host.now += 3;
    await pace.keepUp();
    host.now += 60_000;
    pace.begin();
    host.now += 4;
    await pace.keepUp();
    assert.equal(machine.time, 7e6);
  });
});

test('otherwise the clock on the wall is never looked at', async () => {
  const { pace, machine, host } = paced('wait');
  host.now += 1000;
  await pace.keepUp();
  assert.equal(machine.time, 0);
  assert.deepEqual(host.slept, []);
});
