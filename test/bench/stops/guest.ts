/** The guests that stops are measured on. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { guestFiles } from '../../guests/guests.ts';

/** A condition that never holds, in both debuggers' languages. */
export const FALSE = 'x0 == 0x1234';
/** Called tens of thousands of times in a boot. */
export const HOT_FUNCTION = 'kmem_cache_alloc';

const files = guestFiles();
export const kernel = files.kernels['6.1'];

/** Addresses of user space are the same in every boot. */
export const APPEND = 'console=ttyAMA0 nokaslr norandmaps';

/** Launch configuration of the reference boot. */
export const linux = (cpu: string) => ({
  kernel: kernel.image,
  initrd: files.reference,
  append: APPEND,
  memory: '512M',
  cpu,
  symbols: kernel.systemMap,
});

/** The same guest for QEMU. */
export const linuxOnQemu = (cpu: string) => ({ kernel: kernel.image, initrd: files.reference, append: APPEND, cpu });

/** Writes a guest to a file that goes through `hot` so many times, X1 counting down to 1, then powers off; returns its path. */
export function loopGuest(times: number, folder: string): string {
  const path = join(folder, 'loop.S');
  const lines = [
    '_start:',
    `  movz x1, #${times >>> 16}, lsl #16`,
    `  movk x1, #${times & 0xffff}`,
    'hot:',
    '  sub x1, x1, #1',
    '  cbnz x1, hot',
    '  movz w0, #0x8400, lsl #16',
    '  movk w0, #8',
    '  hvc #0',
    '',
  ];
  writeFileSync(path, lines.join('\n'));
  return path;
}
