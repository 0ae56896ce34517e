import { readFileSync } from 'node:fs';
import type { LaunchConfiguration } from '../../../emulator/vmm/launch.ts';
import { guestFiles } from '../../guests/guests.ts';
import { initramfs } from '../../guests/initramfs.ts';

/** Looks at the CPU and switches off: a boot without a long computation at its end. */
const briefInit = `#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox cat /proc/cpuinfo /proc/interrupts
/bin/busybox poweroff -f
`;

/** Debian's 6.1 kernel with that, or what else `options` say. */
export function linux(options: Partial<LaunchConfiguration>): LaunchConfiguration {
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
