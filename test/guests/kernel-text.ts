/** What a stripped kernel Image says about itself when it is asked: its symbols, its distinct instruction words, and objdump's reading of them. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { cpio, directory, program } from './cpio.ts';

const INSTRUCTION_SIZE = 4;
const FENCE = '=====kallsyms=====';

const init = `#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc proc /proc
echo 0 > /proc/sys/kernel/kptr_restrict
echo ${FENCE}
$b cat /proc/kallsyms
echo ${FENCE}
$b poweroff -f
`;

/** Debian ships no System.map with its kernels, so a boot under QEMU without KASLR prints /proc/kallsyms. Null where there is no QEMU. */
export function systemMap(image: string, busybox: string): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'kallsyms-'));
  try {
    const initrd = join(folder, 'initramfs.cpio.gz');
    const entries = [directory('proc'), directory('bin'), program('bin/busybox', readFileSync(busybox)), program('init', init)];
    writeFileSync(initrd, gzipSync(cpio(entries), { level: 1 }));
    const machine = '-M virt -cpu cortex-a57 -smp 1 -m 512 -accel tcg -nographic -no-reboot -nic none'.split(' ');
    const arguments_ = [...machine, '-kernel', image, '-initrd', initrd, '-append', 'console=ttyAMA0 nokaslr quiet'];
    const done = spawnSync('qemu-system-aarch64', arguments_, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 2 ** 28,
      timeout: 300_000,
    });
    const symbols = done.stdout?.split(FENCE)[1];
    if (symbols === undefined) return null;
    return symbols.replaceAll('\r', '').trimStart();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Address of a symbol in a System.map. */
export function address(map: string, name: string): bigint {
  const found = new RegExp(`^([0-9a-f]{16}) \\S ${name}$`, 'm').exec(map);
  if (!found) throw new Error(`the kernel has no symbol ${name}`);
  return BigInt(`0x${found[1]}`);
}

/** The kernel's own code is linked at a multiple of this, and the Image begins there: EFI and boot code, then _stext. */
export const KERNEL_ALIGNMENT = 2 * 1024 * 1024;

/** The distinct words of _stext.._etext in ascending order. */
export function distinctTextWords(image: Buffer, map: string): Uint32Array {
  const start = Number(address(map, '_stext') % BigInt(KERNEL_ALIGNMENT));
  const end = start + Number(address(map, '_etext') - address(map, '_stext'));
  const words = new Uint32Array((end - start) / INSTRUCTION_SIZE);
  for (let index = 0; index < words.length; index++) words[index] = image.readUInt32LE(start + index * INSTRUCTION_SIZE);
  words.sort();
  return words.filter((word, index) => index === 0 || word !== words[index - 1]);
}

/** objdump's text of a file of instruction words at address 0, one line a word, without the symbol that it invents for branch targets. */
export function objdump(file: string): string {
  const options = ['-D', '-z', '-b', 'binary', '-m', 'aarch64', file];
  const listing = execFileSync('aarch64-linux-gnu-objdump', options, { encoding: 'utf8', maxBuffer: 2 ** 29 });
  const lines: string[] = [];
  for (const line of listing.split('\n')) {
    const columns = line.split('\t');
    if (columns.length < 3 || !/^\s*[0-9a-f]+:$/.test(columns[0]!)) continue;
    lines.push(
      columns
        .slice(2)
        .join(' ')
        .replace(/ <\.data\+?[^>]*>/, '')
        .trimEnd(),
    );
  }
  return `${lines.join('\n')}\n`;
}
