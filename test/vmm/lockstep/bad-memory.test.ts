/** Memory goes bad and good again under random programs: every tier trips over it at the same instruction, and goes on from there alike. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Consumer, Severity } from '../../../emulator/memory/poison.ts';
import { FLAT_LOAD_ADDRESS } from '../../../emulator/vmm/loader/kernel.ts';
import { lockstep } from '../../../emulator/vmm/lockstep/lockstep.ts';
import { poisonMemory } from '../../../emulator/vmm/poison.ts';
import type { VirtMachine } from '../../../emulator/vmm/virt-machine.ts';
import { Random } from '../../oracle/generate.ts';
import { guest } from '../guest.ts';
import { randomGuest } from './random-guest.ts';

/** Seeds to run: `RANDOM_GUESTS=100-200` runs others. */
const [first, last] = (process.env.RANDOM_GUESTS ?? '11-14').split('-').map(Number) as [number, number];
const INSTRUCTIONS = 150_000;
/** Instructions between changes. */
const EVERY = 2_500;
/** What random programs execute, use and are mapped by, from their start. */
const parts: readonly { readonly from: number; readonly bytes: number; readonly consumers: readonly Consumer[] }[] = [
  { from: 0x10000, bytes: 0x3000, consumers: ['instruction'] },
  { from: 0x20000, bytes: 0x10000, consumers: ['data', 'instruction', 'walk'] },
  { from: 0x8000, bytes: 0x3000, consumers: ['walk'] },
];

/** Changes the machine's memory at fixed instruction counts, the same for every machine of the seed. */
function withErrors(machine: VirtMachine, seed: number): VirtMachine {
  const random = new Random(seed);
  const run = machine.run.bind(machine);
  let next = EVERY;
  const change = (): void => {
    const { poison } = machine.silicon.memory;
    if (random.oneIn(4)) poison.clear();
    const { from, bytes, consumers } = random.pick(parts);
    const data = consumers.includes('data');
    poisonMemory(machine, {
      range: {
        space: 'ipa',
        start: BigInt(FLAT_LOAD_ADDRESS + from + random.below(bytes - 256)),
        bytes: 1 + random.below(data ? 4096 : 64),
      },
      consumers,
      once: !data || random.oneIn(2),
      severity: random.pick<Severity>(['UER', 'UEO', 'UC', 'CE']),
      addressKnown: !random.oneIn(4),
    });
  };
  machine.run = (budget) => {
    const { clock } = machine.silicon;
    const end = clock.instructions + budget;
    for (;;) {
      const left = Math.min(end, next) - clock.instructions;
      if (left > 0) {
        const outcome = run(left);
        if (outcome.kind !== 'budget') return outcome;
      }
      if (clock.instructions >= next) {
        change();
        next += EVERY;
      }
      if (clock.instructions >= end) return { kind: 'budget' };
    }
  };
  return machine;
}

describe('random programs in bad memory do in translated code what they do interpreted', () => {
  for (let seed = first; seed < last; seed++) {
    const ras = seed % 3 !== 2;
    const cpus = seed % 4 === 1 ? 2 : 1;
    test(`seed ${seed}: ${ras ? 'KVM_EXIT_ARM_SEA answered by user space' : 'aborts at EL1'}, ${cpus} vCPU`, async (t) => {
      const source = randomGuest({ seed, cpus, mmu: true });
      const made: VirtMachine[] = [];
      const result = await lockstep(
        async (tier) => {
          const translate = tier === 'translated' && { hotJumps: 2, batch: 1, mostModules: 200 };
          const machine = await guest(source, { cpus, cpu: 'max', memory: 4 * 2 ** 20, translate, host: { ras } });
          made.push(withErrors(machine, seed));
          return machine;
        },
        { every: 1999, memoryEvery: 20, limit: INSTRUCTIONS },
      );
      assert.equal(result.kind, 'same', JSON.stringify(result, undefined, 1));
      const { exitCounts } = made[0]!;
      if (ras) assert.ok(exitCounts['KVM_EXIT_ARM_SEA']! > 0, JSON.stringify(exitCounts));
      assert.ok(made[1]!.silicon.translator!.translated > 50);
      t.diagnostic(JSON.stringify(exitCounts));
    });
  }
});
