import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ScriptStep } from '../../emulator/machine/script/step.ts';
import { VirtTarget } from '../../emulator/machine/virt/virt-target.ts';
import { guest, runAll, withVectors, x } from '../vmm/guest.ts';

/** A hot loop that loads from memory, with SErrors unmasked; every exception is reported and ends it. */
const loop = withVectors(`
        movz    x9, #0x4009, lsl #16
        movz    x3, #1, lsl #16
again:  ldr     x1, [x9]
        add     x12, x12, #1
        sub     x3, x3, #1
        cbnz    x3, again
        msr     daifclr, #4
        nop`);
const AGAIN = 0x4008_0014n;

const number = (value: bigint) => ({ kind: 'number', value }) as const;
const step = (at: ScriptStep['at'], ...acts: ScriptStep['acts'][number]['act'][]): ScriptStep => ({
  at,
  acts: acts.map((act) => ({ text: 'a step', act })),
});
const here = (count: number) => ({ kind: 'address', space: 'va', address: AGAIN, count }) as const;
const sea = (count: number) => ({ kind: 'exit', exit: 'KVM_EXIT_ARM_SEA', count }) as const;
const serror = (iss: bigint) => ({ kind: 'answer', answer: { kind: 'inject-serror', iss } }) as const;

const steps: readonly ScriptStep[] = [
  step(here(2000), { kind: 'poison', space: 'ipa', address: number(0x4009_0000n), bytes: 8 }),
  step(sea(1), { kind: 'answer', answer: { kind: 'resume' } }),
  step(sea(3), { kind: 'clear-poison' }, { kind: 'answer', answer: { kind: 'resume' } }),
  step({ kind: 'instructions', instructions: 123_456 }, serror(0x11n)),
];

async function play(translate: boolean, slice: number) {
  const machine = await guest(loop, { translate, cpu: 'neoverse-n1', capabilities: ['ARM_SEA_TO_USER'], onExit: { ARM_SEA: 'resume' } });
  const target = new VirtTarget(machine);
  const told: string[] = [];
  target.setScript(steps, (text) => told.push(text));
  assert.deepEqual(runAll(machine, 1_000_000, slice), { kind: 'power-off' });
  const registers = [12, 20, 21, 22].map((n) => x(machine, n));
  return { told, registers, instructions: machine.silicon.clock.instructions, exits: machine.exitCounts['KVM_EXIT_ARM_SEA'] };
}

describe('a script', () => {
  test('is the same run, interpreted and translated, however the budget is cut', async () => {
    const first = await play(false, 1_000_000);
    assert.equal(first.exits, 3);
    assert.equal(first.told.length, 5);
    assert.match(first.told[0]!, /after 8001 instructions: poison #1: ipa:0x40090000\+8 UER/);
    assert.match(first.told.at(-1)!, /after 123456 instructions: SError pending/);
    assert.equal(first.registers[1], 0xbe000011n);
    for (const [translate, slice] of [
      [true, 1_000_000],
      [true, 777],
      [false, 12_345],
    ] as const)
      assert.deepEqual(await play(translate, slice), first);
  });

  test('a reset begins it anew', async () => {
    const machine = await guest(loop, { cpu: 'neoverse-n1' });
    const told: string[] = [];
    new VirtTarget(machine).setScript([step({ kind: 'instructions', instructions: 9 }, serror(0n))], (text) => told.push(text));
    runAll(machine);
    machine.reset();
    runAll(machine);
    assert.equal(told.length, 2);
    assert.equal(told[0], told[1]);
  });
});
