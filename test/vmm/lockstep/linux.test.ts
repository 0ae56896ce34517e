import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { createMachine } from '../../../emulator/vmm/create.ts';
import type { LaunchConfiguration } from '../../../emulator/vmm/launch.ts';
import { lockstep } from '../../../emulator/vmm/lockstep/lockstep.ts';
import { guestFiles, skipWithout, skipWithoutLinux } from '../../guests/guests.ts';
import { MARKER_DONE, ZEROES_SHA256 } from '../../guests/initramfs.ts';
import { livePatchingInitramfs, PATCHING_DONE } from '../../guests/live-patching.ts';
import { linux } from './linux-guest.ts';

/** A boot, and what its console must have shown by the power-off. */
interface Boot {
  readonly name: string;
  readonly needs?: readonly string[];
  readonly configuration: () => LaunchConfiguration;
  readonly shows: readonly (string | RegExp)[];
}

const boots: readonly Boot[] = [
  {
    name: 'the reference boot, to power-off',
    configuration: () => linux({ initrd: { name: 'reference', bytes: readFileSync(guestFiles().reference) } }),
    shows: [ZEROES_SHA256, MARKER_DONE],
  },
  {
    name: '4 vCPUs and KASLR, almost everything translated',
    configuration: () => linux({ cpu: 'neoverse-n1', cpus: 4, append: 'console=ttyAMA0', translate: { hotJumps: 16 } }),
    shows: [/^processor\s*: 3/m],
  },
  {
    name: 'all features, translated early',
    configuration: () => linux({ cpu: 'max', append: 'console=ttyAMA0', translate: { hotJumps: 100 } }),
    shows: [/^processor\s*: 0/m],
  },
  {
    name: 'a kernel that patches itself: modules, static keys, tracepoints, probes, function tracing',
    needs: Object.values(guestFiles().kernels['6.1'].modules),
    configuration: () =>
      linux({
        initrd: { name: 'live patching', bytes: livePatchingInitramfs('6.1') },
        cpus: 2,
        append: 'console=ttyAMA0 quiet',
        translate: { hotJumps: 100 },
      }),
    shows: [
      /^ram disk (\S+) +-\r\nram file \1 /m,
      /^modules left: 0\r$/m,
      /^schedstats: 1\r$/m,
      /^tracepoint hits: \d{2,}\r$/m,
      /^probe hits: (\d{2,}) \1 \d{2,}\r$/m,
      /^function hits: \d{3,}\r$/m,
      /^all functions: \d{4,}\r$/m,
      PATCHING_DONE,
    ],
  },
];

describe('a guest cannot tell translated code from interpreted code', () => {
  for (const { name, needs = [], configuration, shows } of boots)
    test(name, { skip: skipWithoutLinux() || skipWithout(...needs) }, async (t) => {
      let shown = '';
      const { translate = true, ...guest } = configuration();
      const result = await lockstep((tier) => createMachine({ ...guest, translate: tier === 'translated' && translate }), {
        every: 2_000_000,
        memoryEvery: 50,
        console: (bytes) => {
          shown += new TextDecoder().decode(bytes);
        },
      });
      assert.equal(result.kind, 'same', JSON.stringify(result, undefined, 1));
      if (result.kind !== 'same') return;
      t.diagnostic(`${result.instructions} instructions, compared ${result.comparisons} times`);
      assert.deepEqual(result.end, { kind: 'power-off' }, shown.slice(-1000));
      for (const text of shows)
        assert.ok(typeof text === 'string' ? shown.includes(text) : text.test(shown), `${text}: ${shown.slice(-2000)}`);
      assert.doesNotMatch(shown, /Call trace:|BUG:|WARNING:|Unable to handle|Kernel panic/);
    });
});
