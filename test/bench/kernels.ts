/** The bare-metal kernels of the benchmark: kernels/*.c, each with kernels/start.S before it, and how much of each is run. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { repository } from '../guests/guests.ts';

export interface Kernel {
  readonly name: string;
  readonly kind: 'integer' | 'fp';
  /** About four seconds of QEMU's on the host they were chosen on: long enough that starting up does not decide. A multiple of 4, to be shared among CPUs. */
  readonly iterations: number;
  /** Also run on 4 vCPUs. */
  readonly smp?: boolean;
}

export const kernels: readonly Kernel[] = [
  { name: 'pointers', kind: 'integer', iterations: 18000, smp: true },
  { name: 'bytes', kind: 'integer', iterations: 5400, smp: true },
  { name: 'states', kind: 'integer', iterations: 24000 },
  { name: 'matrix', kind: 'integer', iterations: 2160, smp: true },
  { name: 'calls', kind: 'integer', iterations: 12000 },
  { name: 'flat', kind: 'integer', iterations: 48000 },
  { name: 'sha256', kind: 'integer', iterations: 30000, smp: true },
  { name: 'interpreter', kind: 'integer', iterations: 1200 },
  { name: 'hash', kind: 'integer', iterations: 7600 },
  { name: 'double-matrix', kind: 'fp', iterations: 1320 },
  { name: 'neon-bytes', kind: 'fp', iterations: 84000 },
];

/** Part of a kernel's iterations: enough to see that its results are right, too little to time. */
export const shortened = (kernel: Kernel): Kernel => ({ ...kernel, iterations: 4 * Math.ceil(kernel.iterations / 4 / SHORTER) });

const SHORTER = 50;

/** An integer kernel is one: its compiler may not use the vector registers. */
const flags = { integer: ['-O2', '-mgeneral-regs-only'], fp: ['-O3'] } as const;

/**
 * Compiles a kernel to an ELF file in `folder`; returns its path.
 * @param iterations of each CPU.
 * @throws Error with the compiler's message.
 */
export function compileKernel(kernel: Kernel, iterations: number, folder: string): string {
  const output = join(folder, `${kernel.name}-${iterations}.elf`);
  const sources = join(repository, 'test', 'bench', 'kernels');
  const target = ['-march=armv8-a', '-ffreestanding', '-mno-outline-atomics', '-fno-pic', '-fno-pie', '-static', '-nostdlib'];
  const link = ['-Wl,-Ttext=0x40200000', '-Wl,--build-id=none', '-Wl,-e,_start'];
  const files = ['-o', output, join(sources, 'start.S'), join(sources, `${kernel.name}.c`)];
  execFileSync('aarch64-linux-gnu-gcc', ['-Wall', ...flags[kernel.kind], `-DITERATIONS=${iterations}`, ...target, ...link, ...files], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  return output;
}
