/** Obtains every guest of guests.ts into the cache. Does nothing for what is there already; `--again` starts over. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Apt, NoMirror } from './apt.ts';
import { guestCache, guestFiles, type KernelVersion, kernelVersions } from './guests.ts';
import { referenceInitramfs, shellInitramfs } from './initramfs.ts';
import { distinctTextWords, objdump, systemMap } from './kernel-text.ts';

const files = guestFiles();

/** Packages of the cloud kernel: the ABI number in the middle goes up with each security update. */
const kernelPackages: Record<KernelVersion, string> = {
  '6.1': 'linux-image-6\\.1\\.0-[0-9]+-cloud-arm64',
  '6.12': 'linux-image-6\\.12\\.[0-9]+\\+[^ ]*-cloud-arm64',
};

/** Writes through a temporary name: a file in the cache is whole or absent. */
function write(path: string, data: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.partial`, data);
  renameSync(`${path}.partial`, path);
}

const numbers = (name: string) => (name.match(/\d+/g) ?? []).map(Number);

/** The newest of some package names, comparing number by number. */
function newest(names: readonly string[]): string | undefined {
  const order = (a: string, b: string) => {
    const [left, right] = [numbers(a), numbers(b)];
    const index = left.findIndex((value, at) => value !== right[at]);
    return index < 0 ? 0 : left[index]! - (right[index] ?? -1);
  };
  return [...names].sort(order).at(-1);
}

/** The raw Image inside a vmlinuz, which Debian ships raw or gzip-compressed. */
function rawImage(vmlinuz: Buffer): Buffer {
  return vmlinuz[0] === 0x1f && vmlinuz[1] === 0x8b ? gunzipSync(vmlinuz) : vmlinuz;
}

/** A loadable module of an unpacked kernel package, which Debian ships as it is or xz-compressed. */
function moduleIn(unpacked: string, name: string): Buffer {
  const found = readdirSync(join(unpacked, 'lib', 'modules'), { recursive: true, encoding: 'utf8' }).find((path) =>
    [`${name}.ko`, `${name}.ko.xz`].includes(basename(path)),
  );
  if (!found) throw new Error(`the kernel package has no module ${name}`);
  const file = join(unpacked, 'lib', 'modules', found);
  return found.endsWith('.xz') ? execFileSync('xz', ['--decompress', '--stdout', file], { maxBuffer: 2 ** 26 }) : readFileSync(file);
}

const work = join(guestCache, 'apt');
let apt: Apt | undefined;

async function mirror(): Promise<Apt> {
  if (apt) return apt;
  const fresh = new Apt(work);
  await fresh.update();
  apt = fresh;
  return apt;
}

async function obtainKernel(version: KernelVersion): Promise<void> {
  const { image, config, modules, systemMap, textWords, textDisassembly } = files.kernels[version];
  if ([image, config, ...Object.values(modules)].every((path) => existsSync(path))) return;
  const packages = await mirror();
  const name = newest(await packages.search(kernelPackages[version]));
  if (!name) throw new NoMirror(`the Debian mirror has no ${version} cloud kernel`);
  console.log(`guests: ${name}`);
  const unpacked = join(work, 'unpacked', version);
  await packages.unpack(name, unpacked);
  const boot = join(unpacked, 'boot');
  const find = (prefix: string) => join(boot, readdirSync(boot).find((entry) => entry.startsWith(prefix))!);
  write(config, readFileSync(find('config-')));
  for (const [module, path] of Object.entries(modules)) write(path, moduleIn(unpacked, module));
  const raw = rawImage(readFileSync(find('vmlinuz-')));
  // A newer kernel than the one that was here: what is known of that one is not true of this.
  if (!existsSync(image) || !readFileSync(image).equals(raw))
    for (const derived of [systemMap, textWords, textDisassembly]) rmSync(derived, { force: true });
  write(image, raw);
}

async function obtainUserSpace(): Promise<void> {
  if (!existsSync(files.busybox)) {
    console.log('guests: busybox-static');
    const unpacked = join(work, 'unpacked', 'busybox');
    await (await mirror()).unpack('busybox-static', unpacked);
    const binary = ['bin/busybox', 'usr/bin/busybox'].map((path) => join(unpacked, path)).find((path) => existsSync(path));
    if (!binary) throw new Error('busybox-static holds no busybox');
    copyFileSync(binary, `${files.busybox}.partial`);
    renameSync(`${files.busybox}.partial`, files.busybox);
  }
  const busybox = readFileSync(files.busybox);
  // Cheap, and so always made anew: their contents follow initramfs.ts.
  for (const [path, data] of [
    [files.reference, referenceInitramfs(busybox)],
    [files.shell, shellInitramfs(busybox)],
  ] as const) {
    if (!existsSync(path) || !readFileSync(path).equals(data)) write(path, data);
  }
}

/** What only the oracles can tell. */
function askOracles(version: KernelVersion): void {
  const kernel = files.kernels[version];
  if (!existsSync(kernel.systemMap)) {
    const map = systemMap(kernel.image, files.busybox);
    if (map === null) {
      console.log(`guests: no symbols for ${version}: qemu-system-aarch64 is not installed`);
      return;
    }
    write(kernel.systemMap, map);
  }
  if (!existsSync(kernel.textWords)) {
    const words = distinctTextWords(readFileSync(kernel.image), readFileSync(kernel.systemMap, 'latin1'));
    write(kernel.textWords, new Uint8Array(words.buffer, words.byteOffset, words.byteLength));
  }
  if (!existsSync(kernel.textDisassembly)) {
    try {
      write(kernel.textDisassembly, objdump(kernel.textWords));
    } catch (error) {
      console.log(`guests: no disassembly for ${version}: ${(error as Error).message.split('\n')[0]}`);
    }
  }
}

if (process.argv.includes('--again')) rmSync(guestCache, { recursive: true, force: true });
mkdirSync(guestCache, { recursive: true });
try {
  await obtainUserSpace();
  for (const version of kernelVersions) await obtainKernel(version);
  for (const version of kernelVersions) askOracles(version);
  rmSync(work, { recursive: true, force: true });
  rmSync(files.failure, { force: true });
} catch (error) {
  writeFileSync(files.failure, `${(error as Error).message}\n`);
  console.error(`guests: ${(error as Error).message}`);
  process.exitCode = 1;
}
