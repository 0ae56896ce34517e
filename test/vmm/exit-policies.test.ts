import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { exitAnswers } from '../../emulator/vmm/exits/answer.ts';
import { type ExitPolicies, policiesOf } from '../../emulator/vmm/exits/policy.ts';
import { poisonMemory } from '../../emulator/vmm/poison.ts';
import type { VirtMachine } from '../../emulator/vmm/virt-machine.ts';
import { guest, runAll, withVectors, x } from './guest.ts';

/** One access of each kind; the vectors report and power off. */
const load = withVectors('movz x9, #0x0900, lsl #16\nmov x11, #5\nldr w11, [x9, #0x18]');
const pair = withVectors('movz x9, #0x0900, lsl #16\nldp w1, w2, [x9]');
const bad = withVectors('movz x9, #0x4009, lsl #16\nmsr daifclr, #4\nmov x1, #5\nldr x1, [x9]\nnop');

/** Runs under these policies. */
async function under(source: string, onExit: ExitPolicies): Promise<VirtMachine> {
  const capabilities = ['ARM_NISV_TO_USER', 'ARM_SEA_TO_USER'];
  const machine = await guest(source, { onExit, cpu: 'neoverse-n1', capabilities });
  if (source === bad) poisonMemory(machine, { range: { space: 'ipa', start: 0x4009_0000n, bytes: 8 }, consumers: ['data'] });
  return machine;
}

/** Ends with power-off; ESR_EL1 and FAR_EL1 at the vector, 0 where none was taken. */
async function syndrome(source: string, onExit: ExitPolicies): Promise<readonly [bigint, bigint]> {
  const machine = await under(source, onExit);
  assert.deepEqual(runAll(machine), { kind: 'power-off' });
  return [x(machine, 20), x(machine, 22)];
}

describe('what user space does about an exit by itself', () => {
  test('MMIO: the device answers, or an abort, or whatever is in kvm_run', async () => {
    const emulated = await under(load, {});
    runAll(emulated);
    assert.equal(x(emulated, 11), 0x90n);
    assert.deepEqual(await syndrome(load, { MMIO: 'inject-dabt' }), [0x96000010n, 0x9000018n]);
    const resumed = await under(load, { MMIO: 'resume' });
    runAll(resumed);
    assert.equal(x(resumed, 11), 0n);
  });

  test('ARM_NISV: an abort, an SError, or again and again while time goes on', async () => {
    assert.deepEqual(await syndrome(pair, {}), [0x96000010n, 0x9000000n]);
    const again = await under(pair, { ARM_NISV: 'resume' });
    assert.deepEqual(runAll(again, 1000), { kind: 'budget' });
    assert.equal(again.silicon.clock.instructions, 1000);
    assert.equal(again.vcpus[0]!.instructions, 1000);
    const pending = await under(pair, { ARM_NISV: 'inject-serror' });
    assert.deepEqual(runAll(pending, 1000), { kind: 'budget' }, 'PSTATE.A masks it');
  });

  test('ARM_SEA: the abort that fits, another, an SError, or again', async () => {
    assert.deepEqual(await syndrome(bad, {}), [0x96000010n, 0x40090000n]);
    assert.deepEqual(await syndrome(bad, { ARM_SEA: 'inject-dabt' }), [0x96000010n, 0x40090000n]);
    assert.deepEqual(await syndrome(bad, { ARM_SEA: 'inject-iabt' }), [0x86000010n, 0x40090000n]);
    assert.equal((await syndrome(bad, { ARM_SEA: 'inject-serror' }))[0], 0xbf000000n);
    const again = await under(bad, { ARM_SEA: 'resume' });
    assert.deepEqual(runAll(again, 1000), { kind: 'budget' });
    assert.equal(again.vcpus[0]!.instructions, 1000);
  });

  test('terminate says at which exit', async () => {
    for (const [source, exit] of [
      [load, 'MMIO'],
      [pair, 'ARM_NISV'],
      [bad, 'ARM_SEA'],
    ] as const) {
      const end = runAll(await under(source, { [exit]: 'terminate' }));
      assert.equal(end.kind, 'fatal');
      assert.match((end as { message: string }).message, new RegExp(`^user space ended the machine at KVM_EXIT_${exit}: `));
    }
  });

  test('every exit has policies, the first of which is its own; stop is the last', () => {
    for (const exit of Object.keys(exitAnswers) as (keyof typeof exitAnswers)[]) {
      assert.equal(policiesOf(exit)[0], exitAnswers[exit][0]);
      assert.equal(policiesOf(exit).at(-1), 'stop');
    }
  });
});
