/** Debian's kernel with a process whose page goes bad, for tests of what Linux makes of memory errors. */
import { readFileSync } from 'node:fs';
import { createMachine } from '../../../emulator/vmm/create.ts';
import type { LaunchConfiguration } from '../../../emulator/vmm/launch.ts';
import { poisonMemory } from '../../../emulator/vmm/poison.ts';
import type { RunEnd } from '../../../emulator/vmm/run-hooks.ts';
import type { VirtMachine } from '../../../emulator/vmm/virt-machine.ts';
import { program } from '../cpio.ts';
import { guestFiles } from '../guests.ts';
import { initramfs } from '../initramfs.ts';
import { type consumptions, READY, secretBytes, victim } from './victim.ts';

export const SHELL_LIVES = 'SHELL-LIVES';

/** A shell that runs the victim, tells how it ended, and goes on. */
const init = `#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc proc /proc
echo 1 >/proc/sys/debug/exception-trace
/victim
echo "victim ended with $?"
echo ${SHELL_LIVES} $($b uname -m)
$b poweroff -f
`;

const RAM = 0x4000_0000n;

export interface Scene {
  readonly end: RunEnd;
  /** Everything the console showed after the memory went bad. */
  readonly console: string;
  readonly exits: Readonly<Record<string, number>>;
}

/** Boots, waits for the victim, makes its memory bad, and runs to the end of the machine, or until the console shows `until`. */
export async function scene(consumption: keyof typeof consumptions, options: Partial<LaunchConfiguration>, until?: string): Promise<Scene> {
  const { kernels, busybox } = guestFiles();
  const { image } = kernels['6.1'];
  const machine = await createMachine({
    kernel: { name: image, bytes: readFileSync(image) },
    initrd: { name: 'victim', bytes: initramfs(readFileSync(busybox), init, [program('victim', victim(consumption))]) },
    append: 'console=ttyAMA0 nokaslr',
    cpu: 'neoverse-n1',
    cpus: 1,
    memory: 128 * 2 ** 20,
    ...options,
  });
  const ready = run(machine, READY);
  if (!ready.console.includes(READY)) throw new Error(`the victim did not come up: ${ready.console.slice(-2000)}`);
  poisonMemory(machine, { range: { space: 'ipa', start: whereIs(machine, secretBytes()), bytes: 16 } });
  const before = machine.exitCounts;
  const { end, console } = run(machine, until);
  const exits = Object.fromEntries(Object.entries(machine.exitCounts).map(([name, count]) => [name, count - (before[name] ?? 0)]));
  return { end, console, exits };
}

/** Guest physical address of bytes that RAM holds once. */
function whereIs(machine: VirtMachine, wanted: Buffer): bigint {
  const start = machine.hostAddress(Number(RAM));
  const { bytes } = machine.silicon.memory;
  const ram = Buffer.from(bytes.buffer, bytes.byteOffset + start, 128 * 2 ** 20);
  const at = ram.indexOf(wanted);
  if (at < 0 || ram.indexOf(wanted, at + 1) >= 0) throw new Error(`the victim's page is not to be found (${at})`);
  return RAM + BigInt(at);
}

const MOST_INSTRUCTIONS = 6e9;

function run(machine: VirtMachine, until?: string): { readonly end: RunEnd; readonly console: string } {
  let console = '';
  const limit = machine.silicon.clock.instructions + MOST_INSTRUCTIONS;
  for (;;) {
    const end = machine.run(1_000_000);
    console += new TextDecoder().decode(machine.console.take());
    if (end.kind !== 'budget' || machine.silicon.clock.instructions > limit || (until !== undefined && console.includes(until)))
      return { end, console };
  }
}
