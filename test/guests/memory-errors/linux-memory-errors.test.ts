/** What a real kernel makes of a memory error, by who consumed it and what KVM and user space do about it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { skipWithoutLinux } from '../guests.ts';
import { SHELL_LIVES, scene } from './scene.ts';
import { LIVED } from './victim.ts';

/** Lines appear, in this order. */
function inOrder(console: string, ...lines: readonly (string | RegExp)[]): void {
  let rest = console;
  for (const line of lines) {
    const found = typeof line === 'string' ? { at: rest.indexOf(line), length: line.length } : matched(rest, line);
    assert.ok(found.at >= 0, `${line} in\n${console}`);
    rest = rest.slice(found.at + found.length);
  }
}

function matched(text: string, pattern: RegExp): { readonly at: number; readonly length: number } {
  const match = pattern.exec(text);
  return { at: match?.index ?? -1, length: match?.[0].length ?? 0 };
}

const PANIC_ENDS = '---[ end Kernel panic';

describe('Linux and a memory error', { skip: skipWithoutLinux('6.1') }, () => {
  for (const kernelProfile of ['merged', 'proposed'])
    test(`sea §3: ${kernelProfile}: a process consumes it -> KVM_EXIT_ARM_SEA -> user space injects a data abort -> SIGBUS, and the shell lives`, async () => {
      const { console, end, exits } = await scene('load', { capabilities: ['ARM_SEA_TO_USER'], kernelProfile });
      inOrder(
        console,
        /victim\[\d+\]: unhandled exception: DABT \(lower EL\), ESR 0x0000000092000010, synchronous external abort in victim\[400000\+1000\]/,
        /pc : 0+4000[0-9a-f]{2}\b/,
        'Bus error',
        'victim ended with 135',
        `${SHELL_LIVES} aarch64`,
        'reboot: Power down',
      );
      assert.doesNotMatch(console, new RegExp(`${LIVED}|SError|Internal error|Kernel panic`));
      assert.equal(exits['KVM_EXIT_ARM_SEA'], 1);
      assert.equal(end.kind, 'power-off');
    });

  test('sea §3: a process executes it: an instruction abort that user space builds by hand is SIGBUS too', async () => {
    const { console, end } = await scene('fetch', { capabilities: ['ARM_SEA_TO_USER'] });
    inOrder(
      console,
      /victim\[\d+\]: unhandled exception: IABT \(lower EL\), ESR 0x0000000082000010, synchronous external abort/,
      /pc : [0-9a-f]+010\b/,
      'Bus error',
      'victim ended with 135',
      `${SHELL_LIVES} aarch64`,
    );
    assert.doesNotMatch(console, new RegExp(`${LIVED}|SError|Internal error|Kernel panic`));
    assert.equal(end.kind, 'power-off');
  });

  test('sea §3: the kernel consumes it in a system call of the process: an oops, and a panic where the command line asks for one', async () => {
    const options = { capabilities: ['ARM_SEA_TO_USER'], append: 'console=ttyAMA0 nokaslr oops=panic' };
    const { console, exits } = await scene('system call', options, PANIC_ENDS);
    inOrder(
      console,
      'Internal error: synchronous external abort: 0000000096000010 [#1] SMP',
      'pc : __arch_copy_from_user',
      'Kernel panic - not syncing: synchronous external abort: Fatal exception',
      PANIC_ENDS,
    );
    assert.equal(exits['KVM_EXIT_ARM_SEA'], 1);
    assert.ok(!console.includes(SHELL_LIVES));
  });

  test('sea §3: capability off: asynchronous SError with ISS = IDS only, which is the end of the kernel', async () => {
    const { console, exits } = await scene('load', { capabilities: [] }, PANIC_ENDS);
    inOrder(
      console,
      'SError Interrupt on CPU0, code 0x00000000bf000000 -- SError',
      'Kernel panic - not syncing: Asynchronous SError Interrupt',
      'el0t_64_error+',
      PANIC_ENDS,
    );
    assert.equal(exits['KVM_EXIT_ARM_SEA'] ?? 0, 0);
  });

  for (const capabilities of [['ARM_SEA_TO_USER'], []])
    test(`sea §3: APEI claims it: no trace, capability ${capabilities.length > 0 ? 'on' : 'off'}`, async () => {
      const { console, end, exits } = await scene('load', { capabilities, host: { apei: 'claims' } });
      const lines = console.split(/\r?\n/).filter((line) => line !== '' && !line.includes('reboot: Power down'));
      assert.deepEqual(lines, [LIVED, 'victim ended with 0', `${SHELL_LIVES} aarch64`]);
      assert.equal(exits['KVM_EXIT_ARM_SEA'] ?? 0, 0);
      assert.equal(end.kind, 'power-off');
    });
});
