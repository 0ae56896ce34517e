import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { createMachine } from '../../../emulator/vmm/create.ts';
import type { LaunchConfiguration } from '../../../emulator/vmm/launch.ts';
import { stateDigest } from '../../../emulator/vmm/lockstep/digest.ts';
import { lockstep } from '../../../emulator/vmm/lockstep/lockstep.ts';
import type { VirtMachine } from '../../../emulator/vmm/virt-machine.ts';
import { guestFiles, skipWithoutLinux } from '../../guests/guests.ts';
import { initramfs, MARKER_DONE, ZEROES_SHA256 } from '../../guests/initramfs.ts';

/** Looks at the CPU and switches off: a boot without a long computation at its end. */
const briefInit = `#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox cat /proc/cpuinfo /proc/interrupts
/bin/busybox poweroff -f
`;

function linux(options: Partial<LaunchConfiguration>): LaunchConfiguration {
  const { image } = guestFiles().kernels['6.1'];
  return {
    kernel: { name: image, bytes: readFileSync(image) },
    initrd: { name: 'brief', bytes: initramfs(readFileSync(guestFiles().busybox), briefInit) },
    append: 'console=ttyAMA0 nokaslr',
    cpu: 'cortex-a57',
    cpus: 1,
    memory: 256 * 2 ** 20,
    ...options,
  };
}

const reference = () => ({ name: 'reference', bytes: readFileSync(guestFiles().reference) });

describe('a guest cannot tell translated code from interpreted code', { skip: skipWithoutLinux() }, () => {
  const boots: readonly (readonly [string, () => LaunchConfiguration])[] = [
    ['the reference boot, to power-off', () => linux({ initrd: reference() })],
    [
      '4 vCPUs and KASLR, almost everything translated',
      () => linux({ cpu: 'neoverse-n1', cpus: 4, append: 'console=ttyAMA0', translate: { hotJumps: 16 } }),
    ],
    ['all features, translated early', () => linux({ cpu: 'max', append: 'console=ttyAMA0', translate: { hotJumps: 100 } })],
  ];
  for (const [name, boot] of boots)
    test(name, async (t) => {
      let shown = '';
      const configuration = boot();
      const { translate = true } = configuration;
      const result = await lockstep((tier) => createMachine({ ...configuration, translate: tier === 'translated' && translate }), {
        every: 2_000_000,
        memoryEvery: 50,
        console: (bytes) => {
          shown += new TextDecoder().decode(bytes);
        },
      });
      assert.equal(result.kind, 'same', JSON.stringify(result, undefined, 1));
      if (result.kind !== 'same') return;
      assert.deepEqual(result.end, { kind: 'power-off' }, shown.slice(-1000));
      t.diagnostic(`${result.instructions} instructions, compared ${result.comparisons} times`);
      if (name.startsWith('the reference')) for (const line of [ZEROES_SHA256, MARKER_DONE]) assert.ok(shown.includes(line), line);
    });
});

describe('a boot repeats itself to the last bit', { skip: skipWithoutLinux() }, () => {
  const atPowerOff = (machine: VirtMachine): string => {
    while (machine.run(1_000_000).kind === 'budget') machine.console.take();
    const { instructions, idle } = machine.silicon.clock;
    return `${instructions} instructions, idle ${idle} ns, state ${stateDigest(machine)}`;
  };
  for (const cpus of [1, 4])
    test(`${cpus} vCPU`, async () => {
      const machines = [linux({ cpus }), linux({ cpus }), linux({ cpus, translate: false }), linux({ cpus, translate: { hotJumps: 50 } })];
      const ends: string[] = [];
      for (const configuration of machines) ends.push(atPowerOff(await createMachine(configuration)));
      assert.deepEqual(
        ends,
        Array.from(ends, () => ends[0]),
      );
    });
});
