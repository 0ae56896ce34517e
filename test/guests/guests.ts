/** Where the guests that tests and the benchmark boot are, once `npm run guests` has obtained them. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Not committed: everything in here can be obtained again. */
export const guestCache = join(repository, '.cache', 'guests');

export const kernelVersions = ['6.1', '6.12'] as const;
export type KernelVersion = (typeof kernelVersions)[number];

export interface KernelFiles {
  /** Raw arm64 `Image` of Debian's cloud kernel. */
  readonly image: string;
  /** The kernel's own configuration. */
  readonly config: string;
  /** Loadable modules by name: those that the tests load. */
  readonly modules: Readonly<Record<ModuleName, string>>;
  /** `address type name` of every symbol at link addresses, as /proc/kallsyms prints them. Only where QEMU is installed. */
  readonly systemMap: string;
  /** The distinct instruction words of _stext.._etext, ascending, little-endian. */
  readonly textWords: string;
  /** GNU objdump's text of textWords, one line a word: line n is the word at address 4 * n. Only where binutils for aarch64 is installed. */
  readonly textDisassembly: string;
}

/** Modules that need no other module. */
export const moduleNames = ['brd', 'dummy', 'crc32_generic'] as const;
export type ModuleName = (typeof moduleNames)[number];

const kernel = (version: KernelVersion): KernelFiles => {
  const folder = join(guestCache, version);
  const modules = moduleNames.map((name) => [name, join(folder, 'modules', `${name}.ko`)]);
  return {
    image: join(folder, 'Image'),
    config: join(folder, 'config'),
    modules: Object.fromEntries(modules) as Record<ModuleName, string>,
    systemMap: join(folder, 'System.map'),
    textWords: join(folder, 'text-words.bin'),
    textDisassembly: join(folder, 'text-words.dis'),
  };
};

/** Paths of all guests, whether they are there or not. */
export const guestFiles = () => ({
  kernels: { '6.1': kernel('6.1'), '6.12': kernel('6.12') } satisfies Record<KernelVersion, KernelFiles>,
  busybox: join(guestCache, 'busybox'),
  /** Boots, prints markers around a fixed load, powers off: see initramfs.ts. */
  reference: join(guestCache, 'reference.cpio.gz'),
  /** A busybox shell on the console. */
  shell: join(guestCache, 'shell.cpio.gz'),
  /** Why the guests could not be obtained, where they could not. */
  failure: join(guestCache, 'failure.txt'),
});

/**
 * The `skip` option of a test that needs these files: false when all are there, else the reason.
 * @throws in CI, where a test that did not run must not look like one that passed.
 */
export function skipWithout(...files: readonly string[]): string | false {
  const missing = files.filter((file) => !existsSync(file));
  if (missing.length === 0) return false;
  const { failure } = guestFiles();
  const why = existsSync(failure) ? readFileSync(failure, 'utf8').trim() : 'run `npm run guests`';
  const reason = `needs ${missing.map((file) => file.slice(repository.length + 1)).join(', ')}: ${why}`;
  if (process.env.CI === 'true') throw new Error(reason);
  return reason;
}

/** `skipWithout` of a kernel and both user spaces: what a boot test needs. */
export const skipWithoutLinux = (version: KernelVersion = '6.1') => {
  const files = guestFiles();
  return skipWithout(files.kernels[version].image, files.reference, files.shell);
};
