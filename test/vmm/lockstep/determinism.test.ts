import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CompileThread } from '../../../emulator/vmm/compile-thread.ts';
import { createMachine } from '../../../emulator/vmm/create.ts';
import { stateDigest } from '../../../emulator/vmm/lockstep/digest.ts';
import type { VirtMachine } from '../../../emulator/vmm/virt-machine.ts';
import { skipWithoutLinux } from '../../guests/guests.ts';
import { linux } from './linux-guest.ts';

describe('a boot repeats itself to the last bit', { skip: skipWithoutLinux() }, () => {
  const atPowerOff = (machine: VirtMachine): string => {
    while (machine.run(1_000_000).kind === 'budget') machine.console.take();
    const { instructions, idle } = machine.silicon.clock;
    return `${instructions} instructions, idle ${idle} ns, state ${stateDigest(machine)}`;
  };
  for (const cpus of [1, 4])
    test(`${cpus} vCPU: twice, interpreted, translated early, and by another thread whenever it is done`, async () => {
      const machines = [linux({ cpus }), linux({ cpus }), linux({ cpus, translate: false }), linux({ cpus, translate: { hotJumps: 50 } })];
      const ends: string[] = [];
      for (const configuration of machines) ends.push(atPowerOff(await createMachine(configuration)));
      const thread = new CompileThread();
      ends.push(atPowerOff(await createMachine(linux({ cpus }), thread)));
      await thread.close();
      assert.deepEqual(
        ends,
        Array.from(ends, () => ends[0]),
      );
    });
});
