/** A user space that never rests: modules come and go, programs start, SHA-256 is computed, for ever. */
import { readFileSync } from 'node:fs';
import { directory, program } from './cpio.ts';
import { guestFiles, type KernelVersion, moduleNames } from './guests.ts';
import { initramfs } from './initramfs.ts';

/** Printed at the end of each round, with its number. */
export const ROUND = 'ROUND';

const init = `#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t devtmpfs devtmpfs /dev
expected=$(sha256sum < /bin/busybox)
n=0
while :; do
  insmod /modules/dummy.ko && rmmod dummy || break
  insmod /modules/crc32_generic.ko && rmmod crc32_generic || break
  insmod /modules/brd.ko rd_nr=1 rd_size=2048 && rmmod brd || break
  [ "$(sha256sum < /bin/busybox)" = "$expected" ] || break
  n=$((n + 1))
  echo ${ROUND} $n
done
echo the rounds have ended
poweroff -f
`;

/** The initramfs, gzipped. */
export function busyInitramfs(version: KernelVersion): Buffer {
  const { busybox, kernels } = guestFiles();
  const modules = moduleNames.map((name) => program(`modules/${name}.ko`, readFileSync(kernels[version].modules[name])));
  return initramfs(readFileSync(busybox), init, [directory('modules'), ...modules]);
}
