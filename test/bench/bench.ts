/**
 * The benchmark beside qemu-system-aarch64 TCG: the reference boot, bare-metal integer and FP/SIMD kernels, and 4 vCPUs. Wall-clock ratios of alternating rounds of
 * one run; figures of different runs or hosts don't compare.
 *   npm run bench -- [--parts boot,integer,fp,smp] [--only KERNEL,…] [--rounds 5] [--kernel 6.1|6.12] [--cpu cortex-a57] [--json FILE] [--timeout 300]
 * Exit status 1 for a wrong result (a checksum, a boot that fails), never for a slow one.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { KernelVersion } from '../guests/guests.ts';
import { fixed, geometricMean, spread } from './figures.ts';
import { describeHost, hostLine } from './host.ts';
import { type KernelResult, kernelRounds } from './kernel-rounds.ts';
import { type Kernel, kernels } from './kernels.ts';
import { referenceBoot } from './reference-boot.ts';

const PARTS = ['boot', 'integer', 'fp', 'smp'] as const;
type Part = (typeof PARTS)[number];
const VCPUS = 4;

const { values } = parseArgs({
  options: {
    parts: { type: 'string', default: PARTS.join(',') },
    only: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    kernel: { type: 'string', default: '6.1' },
    cpu: { type: 'string', default: 'cortex-a57' },
    json: { type: 'string' },
    timeout: { type: 'string', default: '300' },
  },
});
const parts = values.parts.split(',') as Part[];
const only = values.only?.split(',') ?? kernels.map((kernel) => kernel.name);
const rounds = Number(values.rounds);
const timeout = Number(values.timeout);
const known =
  parts.every((part) => PARTS.includes(part)) &&
  only.every((name) => kernels.some((kernel) => kernel.name === name)) &&
  ['6.1', '6.12'].includes(values.kernel);
if (!known || !Number.isInteger(rounds) || !(rounds > 0) || !(timeout > 0)) {
  console.error(`usage: npm run bench -- [--parts ${PARTS.join(',')}] [--only ${kernels.map((kernel) => kernel.name).join(',')}]`);
  console.error('                        [--rounds N] [--kernel 6.1|6.12] [--cpu NAME] [--json FILE] [--timeout SECONDS]');
  process.exit(1);
}

const scratch = mkdtempSync(join(tmpdir(), 'kvm-arm64-bench-'));
const common = { rounds, cpu: values.cpu, timeout, scratch };
const host = describeHost();
console.log(hostLine(host));

/** Runs the kernels and prints a row for each and their geometric mean. */
async function kernelPart(title: string, chosen: readonly Kernel[], cpus: number) {
  const wanted = chosen.filter((kernel) => only.includes(kernel.name));
  if (wanted.length === 0) return undefined;
  console.log(`\n${title}; ${rounds} rounds: seconds and time as a multiple of QEMU's, median (range), and without starting up`);
  const results: KernelResult[] = [];
  for (const kernel of wanted) {
    const result = await kernelRounds(kernel, { ...common, cpus });
    results.push(result);
    const row = `kvm-arm64 ${spread(result.ours)} s, QEMU ${spread(result.qemu)} s, ${result.mips.toFixed(0)} MIPS`;
    console.log(
      `${kernel.name.padEnd(14)} ${result.ratios.length > 0 ? `${spread(result.ratios)}, inside ${fixed(result.ratioInside)}   ${row}` : 'failed'}`,
    );
  }
  const mean = geometricMean(results.map((result) => result.ratio));
  const meanInside = geometricMean(results.map((result) => result.ratioInside));
  console.log(`${'geometric mean'.padEnd(14)} ${fixed(mean)}, inside ${fixed(meanInside)}`);
  return { geometricMean: mean, geometricMeanInside: meanInside, kernels: results };
}

try {
  const boot = parts.includes('boot') ? await referenceBoot({ ...common, kernel: values.kernel as KernelVersion }) : undefined;
  const ofKind = (kind: Kernel['kind']) => kernels.filter((kernel) => kernel.kind === kind);
  const integer = parts.includes('integer') ? await kernelPart('Integer kernels, 1 vCPU', ofKind('integer'), 1) : undefined;
  const fp = parts.includes('fp') ? await kernelPart('FP/SIMD kernels, 1 vCPU', ofKind('fp'), 1) : undefined;
  const shared = kernels.filter((kernel) => kernel.smp);
  const smp = parts.includes('smp') ? await kernelPart(`The same work on ${VCPUS} vCPUs, one thread in QEMU`, shared, VCPUS) : undefined;
  const failures = [
    boot?.failures ?? [],
    ...[integer, fp, smp].map((part) => part?.kernels.flatMap((kernel) => kernel.failures) ?? []),
  ].flat();
  for (const failure of failures) console.error(`FAILED: ${failure}`);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ host, boot, integer, fp, smp, failures }, null, 2)}\n`);
  process.exitCode = failures.length === 0 ? 0 : 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
