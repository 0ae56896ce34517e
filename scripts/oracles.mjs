/**
 * Installs what the tests and the benchmark compare with, and the browser that the workbench test drives, when they are missing.
 * Nothing here is needed to use the product.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A program, and the Debian package that brings it. */
const oracles = [
  ['qemu-system-aarch64', 'qemu-system-arm'],
  ['qemu-aarch64', 'qemu-user'],
  ['aarch64-linux-gnu-gcc', 'gcc-aarch64-linux-gnu'],
  ['aarch64-linux-gnu-objdump', 'binutils-aarch64-linux-gnu'],
  ['gdb-multiarch', 'gdb-multiarch'],
  ['cpio', 'cpio'],
  ['dtc', 'device-tree-compiler'],
  ['bpftool', 'bpftool'],
  ['chromium', 'chromium'],
];
/** Files rather than programs: QEMU's virt machine looks for a network boot ROM, and the cross compiler for a C library. */
const files = [
  ['/usr/lib/ipxe/qemu/efi-virtio.rom', 'ipxe-qemu'],
  ['/usr/aarch64-linux-gnu/lib/libc.a', 'libc6-dev-arm64-cross'],
];

/** bpftool is in /usr/sbin, which is not on everybody's path. */
const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'];
const onPath = (program) => folders.some((folder) => existsSync(join(folder, program)));

const missing = [
  ...oracles.filter(([program]) => !onPath(program)).map(([, name]) => name),
  ...files.filter(([file]) => !existsSync(file)).map(([, name]) => name),
];

if (missing.length === 0) {
  console.log('oracles: all installed');
} else if (!onPath('apt-get') || process.getuid?.() !== 0) {
  console.error(`oracles: missing ${missing.join(' ')}; install them with your package manager (as root: node scripts/oracles.mjs)`);
  process.exitCode = 1;
} else {
  console.log(`oracles: installing ${missing.join(' ')}`);
  const apt = (...args) =>
    spawnSync('apt-get', ['-qq', ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  apt('update');
  const { status } = apt('install', '-y', '--no-install-recommends', ...missing);
  if (status !== 0) {
    console.error('oracles: apt-get install failed');
    process.exitCode = 1;
  }
}
