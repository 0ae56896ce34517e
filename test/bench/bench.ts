/**
 * The benchmark: time beside qemu-system-aarch64 TCG (the reference boot, bare-metal integer and FP/SIMD kernels, 4 vCPUs), and the speed of stops beside gdb on QEMU's stub. Ratios of
 * alternating rounds of one run; figures of different runs or hosts don't compare.
 *   npm run bench -- [--parts boot,integer,fp,smp,stops] [--only KERNEL,…] [--rounds 5] [--kernel 6.1|6.12] [--cpu cortex-a57] [--json FILE] [--readme] [--short] [--timeout 300]
 * `--readme` writes docs/bench.json, and the section of README.md that quotes it. Exit status 1 for a wrong result (a checksum, a boot that fails, a stop where there is none), never for a slow
 * one.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeHost, hostLine } from './host.ts';
import { kernelPart } from './kernel-part.ts';
import { type Kernel, kernels, shortened } from './kernels.ts';
import { type Options, type Part, parseOptions } from './options.ts';
import { quotedJson, quoteInReadme } from './readme.ts';
import { referenceBoot } from './reference-boot.ts';
import { type BootKind, bootKinds } from './stops/boots.ts';
import { type StopOptions, stopPart } from './stops.ts';
import { type Measured, summary } from './summary.ts';
import { rowLines } from './targets.ts';

const VCPUS = 4;

const stopAmounts = {
  full: {
    steps: 3000,
    loops: 4_000_000,
    bootKinds: Object.keys(bootKinds) as BootKind[],
    stackWatch: true,
    gdbHits: 3000,
    gdbPatience: 40,
  },
  short: { steps: 200, loops: 100_000, bootKinds: ['jiffiesWatch', 'allFilters'], stackWatch: false, gdbHits: 200, gdbPatience: 4 },
} satisfies Record<string, Omit<StopOptions, 'rounds' | 'cpu' | 'scratch'>>;

/** Runs the parts in turn. */
async function measure({ parts, only, short, ...options }: Options, scratch: string): Promise<Measured> {
  const common = { ...options, scratch };
  const wanted = (test: (kernel: Kernel) => unknown) =>
    kernels.filter((kernel) => only.includes(kernel.name) && test(kernel)).map((kernel) => (short ? shortened(kernel) : kernel));
  const ofKind = (kind: Kernel['kind']) => wanted((kernel) => kernel.kind === kind);
  const one = { ...common, cpus: 1 };
  const run: { readonly [P in Part]: () => Promise<Measured[P]> } = {
    boot: () => referenceBoot(common),
    integer: () => kernelPart('Integer kernels, 1 vCPU', ofKind('integer'), one),
    fp: () => kernelPart('FP/SIMD kernels, 1 vCPU', ofKind('fp'), one),
    smp: () =>
      kernelPart(
        `The same work on ${VCPUS} vCPUs, one thread in QEMU`,
        wanted(({ smp }) => smp),
        { ...common, cpus: VCPUS },
      ),
    stops: () => stopPart({ ...common, ...stopAmounts[short ? 'short' : 'full'] }),
  };
  const measured: { -readonly [P in Part]?: Measured[P] } = {};
  const part = async <P extends Part>(name: P) => {
    if (parts.includes(name)) measured[name] = await run[name]();
  };
  for (const name of Object.keys(run) as Part[]) await part(name);
  return measured;
}

const failuresOf = ({ boot, integer, fp, smp, stops }: Measured): string[] => [
  ...(boot?.failures ?? []),
  ...[integer, fp, smp].flatMap((part) => part?.kernels.flatMap((kernel) => kernel.failures) ?? []),
  ...(stops?.failures ?? []),
];

async function bench(options: Options): Promise<number> {
  const host = describeHost();
  console.log(hostLine(host));
  const scratch = mkdtempSync(join(tmpdir(), 'kvm-arm64-bench-'));
  try {
    const measured = await measure(options, scratch);
    const failures = failuresOf(measured);
    const rows = summary(measured);
    const { rounds, kernel, cpu } = options;
    console.log(`\n${rowLines(rows).join('\n')}`);
    for (const failure of failures) console.error(`FAILED: ${failure}`);
    const results = { host, rounds, kernel, cpu, rows, ...measured, failures };
    const json = `${JSON.stringify(results, null, 2)}\n`;
    if (options.json !== undefined) writeFileSync(options.json, json);
    if (options.readme && failures.length === 0) {
      writeFileSync(quotedJson, json);
      quoteInReadme();
    }
    return failures.length === 0 ? 0 : 1;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function main(): Promise<number> {
  try {
    return await bench(parseOptions(process.argv.slice(2)));
  } catch (error) {
    console.error((error as Error).message);
    return 1;
  }
}

// What a failed measurement still waits for is not waited for.
process.exit(await main());
