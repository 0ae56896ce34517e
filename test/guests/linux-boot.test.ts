/** Debian's kernels boot, work and power off on every profile. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { boot, type Guest } from './boot.ts';
import { guestFiles, type KernelVersion, skipWithoutLinux } from './guests.ts';
import { MARKER_DONE, MARKER_INIT, ZEROES_SHA256 } from './initramfs.ts';

const files = guestFiles();

const reference = (kernel: KernelVersion, guest: Partial<Guest>): Guest => ({
  kernel: files.kernels[kernel].image,
  initrd: files.reference,
  append: 'console=ttyAMA0 nokaslr',
  cpus: 1,
  cpu: 'cortex-a57',
  ...guest,
});

const described = (kernel: KernelVersion, { cpu, cpus, append }: Guest) =>
  `${kernel}, ${cpu}, ${cpus} vCPU${cpus === 1 ? '' : 's'}, ${append.includes('nokaslr') ? 'nokaslr' : 'KASLR'}`;

async function powersOff(guest: Guest): Promise<void> {
  const { status, console, errors } = await boot(guest);
  const tail = () => `${errors}\n${console.slice(-2000)}`;
  assert.equal(status, 0, tail());
  const order = [MARKER_INIT, 'aarch64 GNU/Linux', ZEROES_SHA256, MARKER_DONE, 'reboot: Power down'].map((text) => console.indexOf(text));
  assert.ok(!order.includes(-1) && order.every((at, index) => index === 0 || at > order[index - 1]!), tail());
  assert.equal(console.match(/^processor\s*: \d+/gm)?.length, guest.cpus, 'vCPUs in /proc/cpuinfo');
  assert.doesNotMatch(console, /Call trace:|BUG:|WARNING:|Unable to handle|Kernel panic|soft lockup|rcu: INFO/);
}

describe('the reference boot reaches power-off', { skip: skipWithoutLinux('6.1') }, () => {
  for (const cpu of ['cortex-a57', 'neoverse-n1'])
    for (const cpus of [1, 4])
      for (const append of ['console=ttyAMA0 nokaslr', 'console=ttyAMA0']) {
        const guest = reference('6.1', { cpu, cpus, append });
        test(described('6.1', guest), () => powersOff(guest));
      }
});

describe('a newer kernel reaches power-off', { skip: skipWithoutLinux('6.12') }, () => {
  for (const guest of [reference('6.12', {}), reference('6.12', { cpu: 'max', cpus: 2, append: 'console=ttyAMA0' })]) {
    test(described('6.12', guest), () => powersOff(guest));
  }
});

describe('a boot is the same bit for bit', { skip: skipWithoutLinux('6.1') }, () => {
  for (const cpus of [1, 4]) {
    test(`${cpus} vCPU${cpus === 1 ? '' : 's'}`, async () => {
      const guest = reference('6.1', { cpus, cpu: 'neoverse-n1' });
      const first = await boot(guest, { until: MARKER_INIT });
      const second = await boot(guest, { until: MARKER_INIT });
      assert.equal(first.status, 0, first.errors);
      assert.equal(second.console, first.console);
      assert.equal(second.statistics?.instructions, first.statistics?.instructions);
      assert.deepEqual(second.statistics?.exits, first.statistics?.exits);
    });
  }
});

describe('a shell on the console', { skip: skipWithoutLinux('6.1') }, () => {
  test('answers what is typed', async () => {
    const guest = reference('6.1', { initrd: files.shell, append: 'console=ttyAMA0 nokaslr quiet', cpu: 'neoverse-n1' });
    const dialogue = [
      { awaits: 'guest# ', type: 'echo $((6 * 7)) is the answer; uname -m\r' },
      { awaits: '42 is the answer\r\naarch64', type: 'ls / | sort | tr "\\n" ","\r' },
      { awaits: 'bin,dev,init,proc,root,sys,tmp,', type: 'exit\r' },
    ];
    const { status, console, errors } = await boot(guest, { dialogue });
    assert.equal(status, 0, `${errors}\n${console.slice(-2000)}`);
    assert.match(console, /bin,dev,init,proc,root,sys,tmp,/);
    assert.match(console, /reboot: Power down/);
  });
});
