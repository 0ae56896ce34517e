import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { slots } from '../../emulator/translate/layout.ts';
import { createMachine } from '../../emulator/vmm/create.ts';
import type { VirtMachine } from '../../emulator/vmm/virt-machine.ts';
import { guestFiles, skipWithoutLinux } from '../guests/guests.ts';

const SLICE = 250_000;

/** Registers of every vCPU, the count, and what the console has shown. */
function visible(machine: VirtMachine, shown: string): string {
  const registers = machine.vcpus.map(({ processor: { state } }) => {
    const general = Array.from({ length: 31 }, (_, n) => state.get(n));
    const vectors = Array.from({ length: 32 }, (_, n) => state.v(n)).flat();
    return [
      ...general,
      state.get(slots.sp),
      state.get(slots.pc),
      BigInt(state.nzcv() >>> 0),
      BigInt(state.low(slots.pstate) >>> 0),
      ...vectors,
    ];
  });
  return [machine.silicon.clock.instructions, shown.length, ...registers.flat().map((r) => r.toString(16))].join(' ');
}

describe('a guest cannot tell translated code from interpreted code', { skip: skipWithoutLinux() }, () => {
  for (const [cpu, cpus, instructions] of [
    ['cortex-a57', 1, 250e6],
    ['neoverse-n1', 4, 150e6],
  ] as const)
    test(`Linux 6.1 on ${cpu}, ${cpus} vCPU, its first ${instructions / 1e6} million instructions`, async () => {
      const { image } = guestFiles().kernels['6.1'];
      const initrd = guestFiles().reference;
      const machines = await Promise.all(
        [true, false].map((translate) =>
          createMachine({
            kernel: { name: image, bytes: readFileSync(image) },
            initrd: { name: initrd, bytes: readFileSync(initrd) },
            append: 'console=ttyAMA0 earlycon=pl011,0x9000000',
            cpu,
            cpus,
            memory: 256 * 2 ** 20,
            translate,
          }),
        ),
      );
      const shown = ['', ''];
      for (let done = 0; done < instructions; done += SLICE) {
        const [translated, interpreted] = machines.map((machine, n) => {
          assert.equal(machine.run(SLICE).kind, 'budget');
          shown[n] += new TextDecoder().decode(machine.console.take());
          return visible(machine, shown[n]!);
        });
        assert.equal(translated, interpreted, `after ${done + SLICE} instructions`);
      }
      assert.equal(shown[0], shown[1]);
      assert.match(shown[0]!, /Linux version/);
    });
});
