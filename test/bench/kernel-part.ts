/** A part of the benchmark that runs kernels: a row for each, and their geometric mean. */
import { fixed, geometricMean, spread } from './figures.ts';
import { type KernelOptions, type KernelResult, kernelRounds } from './kernel-rounds.ts';
import type { Kernel } from './kernels.ts';

export interface KernelPart {
  /** Of the medians of time as a multiple of QEMU's: of whole processes, and from the guest's first output to its last. */
  readonly geometricMean: number;
  readonly geometricMeanInside: number;
  readonly kernels: readonly KernelResult[];
}

/** Says each row on stdout as it comes. Undefined where there is nothing to run. */
export async function kernelPart(title: string, kernels: readonly Kernel[], options: KernelOptions): Promise<KernelPart | undefined> {
  if (kernels.length === 0) return undefined;
  console.log(`\n${title}; ${options.rounds} rounds: time as a multiple of QEMU's, median (range), and without starting up; seconds`);
  const results: KernelResult[] = [];
  for (const kernel of kernels) {
    const result = await kernelRounds(kernel, options);
    results.push(result);
    const seconds = `kvm-arm64 ${spread(result.ours)} s, QEMU ${spread(result.qemu)} s, ${result.mips.toFixed(0)} MIPS`;
    const line = result.ratios.length > 0 ? `${spread(result.ratios)}, inside ${fixed(result.ratioInside)}   ${seconds}` : 'failed';
    console.log(`${kernel.name.padEnd(14)} ${line}`);
  }
  const mean = geometricMean(results.map((result) => result.ratio));
  const meanInside = geometricMean(results.map((result) => result.ratioInside));
  console.log(`${'geometric mean'.padEnd(14)} ${fixed(mean)}, inside ${fixed(meanInside)}`);
  return { geometricMean: mean, geometricMeanInside: meanInside, kernels: results };
}
