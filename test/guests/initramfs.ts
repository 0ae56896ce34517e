/** The two user spaces that the Linux tests and the benchmark boot into, both made of one static busybox. */
import { gzipSync } from 'node:zlib';
import { characterDevice, cpio, directory, type Entry, program } from './cpio.ts';

/** What the reference user space prints first and last, and the digest it must compute in between. */
export const MARKER_INIT = 'MARKER-INIT';
export const MARKER_DONE = 'MARKER-DONE';
export const ZEROES_SHA256 = '3b6a07d0d404fab4e23b6d34bc6696a6a312dd92821332385e5af7c01c421351';

const ZEROES = 64 * 1024 * 1024;

/** A fixed load: device file systems, a look at the CPU, 64 MiB through sha256, power-off. */
const referenceInit = `#!/bin/busybox sh
b=/bin/busybox
echo ${MARKER_INIT}
$b mount -t proc proc /proc
$b mount -t devtmpfs devtmpfs /dev
$b cat /proc/cpuinfo
$b uname -a
$b head -c ${ZEROES} /dev/zero | $b sha256sum
echo ${MARKER_DONE}
$b poweroff -f
`;

/** A person's shell on the console; leaving it switches the machine off. */
const shellInit = `#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin HOME=/root PS1='guest# '
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
echo MARKER-SHELL
cd /root
setsid cttyhack sh
poweroff -f
`;

/** A gzipped initramfs: busybox, a console, `init`, and what else a test wants in it. */
export function initramfs(busybox: Uint8Array, init: string, more: readonly Entry[] = []): Buffer {
  const folders = ['bin', 'dev', 'proc', 'root', 'sys', 'tmp'].map(directory);
  const archive = cpio([...folders, characterDevice('dev/console', 5, 1), program('bin/busybox', busybox), program('init', init), ...more]);
  return gzipSync(archive, { level: 9 });
}

/** The reference boot's initramfs, gzipped. */
export const referenceInitramfs = (busybox: Uint8Array) => initramfs(busybox, referenceInit);

/** The interactive shell's initramfs, gzipped. */
export const shellInitramfs = (busybox: Uint8Array) => initramfs(busybox, shellInit);
