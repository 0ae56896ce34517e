import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { lockstep } from '../../../emulator/vmm/lockstep/lockstep.ts';
import type { VirtMachine } from '../../../emulator/vmm/virt-machine.ts';
import { guest } from '../guest.ts';
import { randomGuest } from './random-guest.ts';

/** Seeds to run: `RANDOM_GUESTS=100-200` runs others. */
const [first, last] = (process.env.RANDOM_GUESTS ?? '0-8').split('-').map(Number) as [number, number];
const INSTRUCTIONS = 600_000;

describe('random programs do in translated code what they do interpreted', () => {
  for (let seed = first; seed < last; seed++) {
    const cpus = seed % 3 === 2 ? 2 : 1;
    const mmu = seed % 4 !== 3;
    const cpu = seed % 4 === 1 ? 'cortex-a57' : 'max';
    test(`seed ${seed}: ${cpus} vCPU, ${cpu}, MMU ${mmu ? 'on' : 'off'}`, async (t) => {
      const source = randomGuest({ seed, cpus, mmu });
      const made: VirtMachine[] = [];
      const result = await lockstep(
        async (tier) => {
          const translate = tier === 'translated' && { hotJumps: 1 + (seed % 5), batch: 1, mostModules: 200 };
          made.push(await guest(source, { cpus, cpu, memory: 4 * 2 ** 20, translate }));
          return made.at(-1)!;
        },
        { every: 1999, memoryEvery: 20, limit: INSTRUCTIONS },
      );
      assert.equal(result.kind, 'same', JSON.stringify(result, undefined, 1));
      if (result.kind === 'same') assert.deepEqual(result.end, { kind: 'budget' });
      const { translated } = made[1]!.silicon.translator!;
      assert.ok(translated > 200, `${translated} regions`);
      t.diagnostic(`${translated} regions, exits: ${JSON.stringify(made[0]!.exitCounts)}`);
    });
  }
});
