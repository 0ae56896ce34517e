/** Debian's kernels boot, work and power off as a user boots them: in the program, with its console on pipes. */
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

/** Each profile, number of vCPUs and address randomization in combinations that test/vmm/linux.test.ts does not have. */
const boots: readonly (readonly [KernelVersion, Partial<Guest>])[] = [
  ['6.1', { cpu: 'cortex-a57', cpus: 1, append: 'console=ttyAMA0' }],
  ['6.1', { cpu: 'cortex-a57', cpus: 4, append: 'console=ttyAMA0 nokaslr' }],
  ['6.1', { cpu: 'neoverse-n1', cpus: 1, append: 'console=ttyAMA0 nokaslr' }],
  ['6.1', { cpu: 'neoverse-n1', cpus: 4, append: 'console=ttyAMA0' }],
  ['6.12', { cpu: 'max', cpus: 2, append: 'console=ttyAMA0' }],
];

describe('the reference boot reaches power-off in the program', () => {
  for (const [kernel, wanted] of boots) {
    const guest = reference(kernel, wanted);
    test(described(kernel, guest), { skip: skipWithoutLinux(kernel) }, () => powersOff(guest));
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
