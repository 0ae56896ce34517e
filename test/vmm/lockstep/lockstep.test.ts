import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { slots } from '../../../emulator/translate/layout.ts';
import type { Bus } from '../../../emulator/vmm/bus.ts';
import { type LockstepOptions, lockstep } from '../../../emulator/vmm/lockstep/lockstep.ts';
import { machineState, sameState, stateDifferences } from '../../../emulator/vmm/lockstep/machine-state.ts';
import type { Tier } from '../../../emulator/vmm/lockstep/pair.ts';
import type { VirtMachine } from '../../../emulator/vmm/virt-machine.ts';
import { guest, powerOff } from '../guest.ts';

/** 100,000 times around a loop of six instructions that a register and a buffer remember. */
const busy = `
        adr     x1, buffer
        movz    x2, #0x86a0
        movk    x2, #1, lsl #16
1:      add     x0, x0, x2
        eor     x0, x0, x0, ror #7
        and     x3, x2, #0xff8
        str     x0, [x1, x3]
        subs    x2, x2, #1
        b.ne    1b
${powerOff}
        .balign 4096
buffer: .space  4096
`;

const options: LockstepOptions = { every: 40_000, memoryEvery: 3 };

/** Does something wrong to the machine once it has executed `at` instructions, as a wrong translation would. */
function spoil(machine: VirtMachine, at: number, wrong: (machine: VirtMachine) => void): VirtMachine {
  const run = machine.run.bind(machine);
  let spoilt = false;
  machine.run = (budget) => {
    const { clock } = machine.silicon;
    const until = at - clock.instructions;
    if (spoilt || budget < until) return run(budget);
    run(until);
    spoilt = true;
    wrong(machine);
    return budget === until ? { kind: 'budget' } : run(budget - until);
  };
  return machine;
}

const pairWith =
  (at: number, wrong: (machine: VirtMachine) => void) =>
  async (tier: Tier): Promise<VirtMachine> => {
    const machine = await guest(busy, { translate: tier === 'translated' });
    return tier === 'translated' ? spoil(machine, at, wrong) : machine;
  };

describe('lockstep', () => {
  test('two machines that do the same', async () => {
    const made: VirtMachine[] = [];
    const result = await lockstep(async (tier) => {
      made.push(await guest(busy, { translate: tier === 'translated' && { hotJumps: 100, batch: 1 } }));
      return made.at(-1)!;
    }, options);
    assert.deepEqual(result, { kind: 'same', end: { kind: 'power-off' }, instructions: 3 + 6 * 100_000 + 2 + 1, comparisons: 16 });
    assert.ok(made[1]!.silicon.translator!.translated > 0);
  });

  test('a wrong register is found to the instruction, with what was executed', async () => {
    const result = await lockstep(
      pairWith(345_678, ({ vcpus }) => vcpus[0]!.state.set(0, 1n)),
      options,
    );
    assert.equal(result.kind, 'different');
    if (result.kind !== 'different') return;
    assert.deepEqual([result.same, result.different], [345_677, 345_678]);
    assert.deepEqual(
      result.differences.map(({ name }) => name),
      ['vCPU 0 x0'],
    );
    assert.equal(result.differences[0]!.values[1], '0x1');
    assert.equal(result.trace.length, 16);
    // Three instructions before the loop, then six each time around: the third of them.
    assert.equal(result.trace.at(-1), 'vCPU 0 0000000040080014: 927d2043  and x3, x2, #0xff8');
  });

  test('a wrong byte of memory is found where memory is compared seldom', async () => {
    const result = await lockstep(
      pairWith(222_222, (machine) => {
        machine.silicon.memory.bytes[machine.hostAddress(0x4008_2003)]! ^= 0x40;
      }),
      options,
    );
    assert.equal(result.kind, 'different');
    if (result.kind !== 'different') return;
    assert.deepEqual([result.same, result.different], [222_221, 222_222]);
    assert.deepEqual(
      result.differences.map(({ name }) => name),
      ['memory ipa:0x40082000'],
    );
  });

  test('state of devices, of KVM and of system registers counts', async () => {
    const wrongs: readonly (readonly [string, (machine: VirtMachine) => void])[] = [
      ['vm.vgic.spis.7.priority', ({ vm }) => void (vm.vgic.spis[7]!.priority = 8)],
      ['vm.vcpus.0.run.bytes.8', ({ vcpus }) => void (vcpus[0]!.run.bytes[8] = 8)],
      ['bus.mappings.0.device.IMSC', ({ parts }) => void (parts.bus as Bus).write(0x0900_0038, 1)],
      ['vCPU 0 TPIDR_EL1', ({ vcpus }) => vcpus[0]!.state.setNamed('TPIDR_EL1', 5n)],
      ['vCPU 0 v31 high', ({ vcpus }) => vcpus[0]!.state.setV(31, 0n, 5n)],
      ['vCPU 0 nzcv', ({ vcpus }) => vcpus[0]!.state.setNzcv(1 << 31)],
      ['processors.0.event', ({ vcpus }) => void (vcpus[0]!.processor.event = true)],
      ['clock.idle', ({ silicon }) => void (silicon.clock.idle += 1)],
      ['vCPU 0 exclusive monitor', ({ vcpus }) => vcpus[0]!.state.set(slots.exclusiveHost, 64n)],
    ];
    const machines = [await guest(busy), await guest(busy)] as const;
    for (const [name, wrong] of wrongs) {
      assert.ok(sameState(machineState(machines[0]), machineState(machines[1])));
      wrong(machines[1]);
      assert.ok(!sameState(machineState(machines[0]), machineState(machines[1])), name);
      assert.deepEqual(
        stateDifferences(machines).map((difference) => difference.name),
        [name],
      );
      wrong(machines[0]);
    }
  });
});
