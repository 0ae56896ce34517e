import type { Eagerness } from '../translate/region/translator.ts';
import { MAX_VCPUS } from './board.ts';
import type { ExitPolicies } from './exits/policy.ts';
import type { HostDescription } from './host.ts';
import { formatSize, LaunchError } from './loader/errors.ts';
import type { NamedFile } from './loader/kernel.ts';
import type { MemslotOption } from './memslot-options.ts';

/** The host, and what user space asks of its KVM: the same for whoever launches. */
export interface HostOptions {
  /** Which kernel the host runs: `merged` (the default) or `proposed`. */
  readonly kernelProfile?: string;
  /** The host, where it differs from the CPU model. */
  readonly host?: HostDescription;
  /** Memory beside RAM, by slot from 1 on. */
  readonly memslots?: readonly MemslotOption[];
  /** What KVM does with cacheable memory that it has no address for: `error` (the default) or `fallback-to-device`. */
  readonly pfnmapPolicy?: string;
  /** Capabilities of KVM that user space enables, by name without KVM_CAP_. Left out: all that it can use. */
  readonly capabilities?: readonly string[];
  /** What the data cache holds is apart from what memory holds: stale data shows. */
  readonly cacheModel?: boolean;
}

/** What to build and what to load into it. */
export interface LaunchConfiguration extends HostOptions {
  readonly kernel: NamedFile;
  readonly initrd?: NamedFile;
  /** Kernel command line. */
  readonly append?: string;
  /** Bytes of RAM. */
  readonly memory: number;
  readonly cpus: number;
  /** CPU profile by name. */
  readonly cpu: string;
  /** Unix time of the real-time clock at power-on, seconds. */
  readonly epoch?: number;
  /** Seed of everything random that the guest is given. */
  readonly seed?: number;
  /** Hot code is translated to WebAssembly (the default; or when, exactly), or everything is interpreted. The guest cannot tell. */
  readonly translate?: boolean | Partial<Eagerness>;
  /** What user space does about exits; where none is chosen, what it does by itself. */
  readonly onExit?: ExitPolicies;
}

/** 2026-01-01T00:00:00Z: the date of a machine that was not told any. */
export const DEFAULT_EPOCH = 1_767_225_600;
export const DEFAULT_SEED = 1;

const PAGE = 4096;
const MIN_MEMORY = 2 * 2 ** 20;
/** What one 32-bit WebAssembly memory holds beside the machine's own tables. */
export const MAX_MEMORY = 3 * 2 ** 30;
/** COMMAND_LINE_SIZE of arm64 Linux, its terminating zero included. */
const COMMAND_LINE_SIZE = 2048;

const sizeUnits: Readonly<Record<string, number>> = { '': 2 ** 20, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/**
 * Reads a memory size as people type it: `512M`, `1G`, `1048576K`, `512` (MiB).
 * @throws LaunchError
 */
export function parseMemorySize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmg]?)(?:i?b)?$/i.exec(text.trim());
  if (!match) throw new LaunchError(`memory size "${text}" is not understood: write a number and K, M or G, for example 512M.`);
  const size = Number(match[1]) * sizeUnits[match[2]!.toLowerCase()]!;
  return checkMemory(size);
}

/** @throws LaunchError when the machine cannot have that much memory. */
export function checkMemory(size: number): number {
  if (!Number.isInteger(size) || size % PAGE !== 0) throw new LaunchError(`memory of ${size} bytes is not a whole number of 4 KiB pages.`);
  if (size < MIN_MEMORY) throw new LaunchError(`memory of ${formatSize(size)} is too small: the least is ${formatSize(MIN_MEMORY)}.`);
  if (size > MAX_MEMORY)
    throw new LaunchError(`memory of ${formatSize(size)} is too large: this machine has at most ${formatSize(MAX_MEMORY)}.`);
  return size;
}

/** @throws LaunchError when the number of vCPUs is not 1 to 8. */
export function checkCpus(cpus: number): number {
  if (!Number.isInteger(cpus) || cpus < 1 || cpus > MAX_VCPUS) {
    throw new LaunchError(`${cpus} vCPUs: the machine has 1 to ${MAX_VCPUS}.`);
  }
  return cpus;
}

/** @throws LaunchError when the guest would cut the command line off. */
export function checkCommandLine(text: string): string {
  if (text.length + 1 > COMMAND_LINE_SIZE) {
    throw new LaunchError(`the kernel command line has ${text.length} characters; arm64 Linux takes at most ${COMMAND_LINE_SIZE - 1}.`);
  }
  if (text.includes('\0')) throw new LaunchError('the kernel command line contains a zero byte.');
  return text;
}
