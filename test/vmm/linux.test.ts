import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { createMachine } from '../../emulator/vmm/create.ts';
import type { RunEnd } from '../../emulator/vmm/run-hooks.ts';
import type { VirtMachine } from '../../emulator/vmm/virt-machine.ts';
import { guestFiles, type KernelVersion, skipWithoutLinux } from '../guests/guests.ts';
import { comparable } from './console-comparison.ts';

const SHA256_OF_64_MIB_OF_ZEROES = '3b6a07d0d404fab4e23b6d34bc6696a6a312dd92821332385e5af7c01c421351  -';
const MEMORY_MIB = 512;

interface Boot {
  readonly kernel: KernelVersion;
  readonly cpu: string;
  readonly cpus: number;
  readonly append: string;
}

const boots: readonly Boot[] = [
  { kernel: '6.1', cpu: 'cortex-a57', cpus: 1, append: 'console=ttyAMA0 nokaslr' },
  { kernel: '6.1', cpu: 'cortex-a57', cpus: 4, append: 'console=ttyAMA0' },
  { kernel: '6.1', cpu: 'neoverse-n1', cpus: 1, append: 'console=ttyAMA0' },
  { kernel: '6.1', cpu: 'neoverse-n1', cpus: 4, append: 'console=ttyAMA0 nokaslr' },
  { kernel: '6.1', cpu: 'max', cpus: 2, append: 'console=ttyAMA0' },
  { kernel: '6.12', cpu: 'cortex-a57', cpus: 1, append: 'console=ttyAMA0 nokaslr' },
];

function machineFor({ kernel, cpu, cpus, append }: Boot, initrd = guestFiles().reference): Promise<VirtMachine> {
  const { image } = guestFiles().kernels[kernel];
  return createMachine({
    kernel: { name: image, bytes: readFileSync(image) },
    initrd: { name: initrd, bytes: readFileSync(initrd) },
    append,
    cpu,
    cpus,
    memory: MEMORY_MIB * 2 ** 20,
  });
}

/** Runs until the console has shown `until`, or the guest ends. */
function runUntil(machine: VirtMachine, until?: string, budget = 20e9): { readonly end: RunEnd; readonly console: string } {
  let console = '';
  const limit = machine.silicon.clock.instructions + budget;
  for (;;) {
    const end = machine.run(1_000_000);
    console += new TextDecoder().decode(machine.console.take());
    if (end.kind !== 'budget' || machine.silicon.clock.instructions > limit) return { end, console };
    if (until !== undefined && console.includes(until)) return { end, console };
  }
}

/** The same guest's console on QEMU; undefined where QEMU is not installed. */
function onQemu({ kernel, cpu, cpus, append }: Boot): string | undefined {
  const board = ['-M', 'virt,gic-version=3,its=off', '-cpu', cpu, '-smp', `${cpus}`, '-m', `${MEMORY_MIB}`, '-accel', 'tcg'];
  const files = ['-kernel', guestFiles().kernels[kernel].image, '-initrd', guestFiles().reference, '-append', append];
  const run = spawnSync('qemu-system-aarch64', [...board, '-nographic', '-no-reboot', ...files], {
    input: '',
    encoding: 'utf8',
    timeout: 120_000,
  });
  if (run.error && process.env.CI !== 'true') return undefined;
  assert.equal(run.status, 0, run.stderr);
  return run.stdout;
}

const anyKernel = skipWithoutLinux('6.1');

describe('Debian’s kernel boots, computes and powers off, with the console it has on QEMU', () => {
  for (const boot of boots) {
    const { kernel, cpu, cpus, append } = boot;
    test(`${kernel} on ${cpu}, ${cpus} vCPU, ${append}`, { skip: skipWithoutLinux(kernel) }, async (t) => {
      const { end, console } = runUntil(await machineFor(boot));
      assert.deepEqual(end, { kind: 'power-off' }, console.slice(-2000));
      for (const line of ['MARKER-INIT', SHA256_OF_64_MIB_OF_ZEROES, 'MARKER-DONE']) assert.ok(console.includes(line), line);
      // QEMU's `max` offers much that ours does not: SVE, MTE, LPA2 …
      if (cpu === 'max') return undefined;
      const theirs = onQemu(boot);
      if (theirs === undefined) return t.diagnostic('QEMU is not installed: its console was not compared');
      assert.deepEqual(comparable(console), comparable(theirs, { hostTime: true }));
      return undefined;
    });
  }
});

describe('a Linux guest', { skip: anyKernel }, () => {
  test('repeats itself: same instructions, same console, with 4 vCPUs', async () => {
    const boot: Boot = { kernel: '6.1', cpu: 'cortex-a57', cpus: 4, append: 'console=ttyAMA0' };
    const runs = [];
    for (let i = 0; i < 2; i++) {
      const machine = await machineFor(boot);
      const { console } = runUntil(machine, 'MARKER-INIT');
      const { instructions, idle } = machine.silicon.clock;
      runs.push({ console, instructions, idle, exits: machine.exitCounts });
    }
    assert.deepEqual(runs[0], runs[1]);
  });

  test('gives a shell that answers', async () => {
    const machine = await machineFor({ kernel: '6.1', cpu: 'cortex-a57', cpus: 1, append: 'console=ttyAMA0 quiet' }, guestFiles().shell);
    assert.match(runUntil(machine, 'guest# \x1b[6n').console, /guest# /);
    machine.consoleInput(new TextEncoder().encode('echo $((6 * 7)) is the answer; cat /proc/interrupts\n'));
    const { console } = runUntil(machine, 'Err:', 2e9);
    assert.match(console, /\r\n42 is the answer\r\n/);
    assert.match(console, /arch_timer/);
    machine.consoleInput(new TextEncoder().encode('poweroff -f\n'));
    assert.equal(runUntil(machine).end.kind, 'power-off');
  });

  test('resets', async () => {
    const machine = await machineFor({ kernel: '6.1', cpu: 'neoverse-n1', cpus: 2, append: 'console=ttyAMA0 quiet' }, guestFiles().shell);
    runUntil(machine, 'guest# \x1b[6n');
    machine.consoleInput(new TextEncoder().encode('reboot -f\n'));
    assert.equal(runUntil(machine).end.kind, 'reset');
  });
});
