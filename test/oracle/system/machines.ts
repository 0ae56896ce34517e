import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMachine } from '../../../emulator/vmm/create.ts';
import { clearUnknownRegisters } from '../unknown-registers.ts';
import { buildImage, DATA_BYTES, type Regime, SAVED_BYTES, SUMMARY_BYTES, type SystemCase } from './guest.ts';

/** How a case ended. */
export interface SystemResult {
  /** Number of the vector: 4 synchronous from EL1h, 8 synchronous from EL0 … */
  readonly vector: number;
  readonly esr: number;
  readonly hash: bigint;
  /** Registers X0–X30, vector, ESR, FAR, ELR, SPSR, SP_EL0, SP_EL1, PAR, 0; then the data page. Only of verbose images. */
  readonly state?: Buffer;
}

function parse(output: Buffer, count: number, verbose: boolean, who: string): SystemResult[] {
  const bytes = SUMMARY_BYTES + (verbose ? SAVED_BYTES + DATA_BYTES : 0);
  if (output.length < count * bytes) throw new Error(`${who} stopped in case ${Math.floor(output.length / bytes)} of ${count}`);
  return Array.from({ length: count }, (_, n) => {
    const at = n * bytes;
    return {
      vector: output[at],
      esr: output.readUInt32LE(at + 1),
      hash: output.readBigUInt64LE(at + 5),
      ...(verbose ? { state: output.subarray(at + SUMMARY_BYTES, at + bytes) } : {}),
    };
  });
}

/** On this project's machine. */
export async function runHere(cases: readonly SystemCase[], regime: Regime, cpu: string, verbose = false): Promise<SystemResult[]> {
  const image = buildImage(cases, regime, verbose);
  const machine = await createMachine({ kernel: { name: 'cases', bytes: image }, memory: 64 * 2 ** 20, cpus: 1, cpu });
  clearUnknownRegisters(machine);
  const end = machine.run(cases.length * 20_000 + 1_000_000);
  const output = Buffer.from(machine.console.take());
  if (end.kind !== 'power-off') {
    const per = SUMMARY_BYTES + (verbose ? SAVED_BYTES + DATA_BYTES : 0);
    const n = Math.floor(output.length / per);
    throw new Error(`the machine ended with ${JSON.stringify(end)} in case ${n}: ${cases[n]?.about}`);
  }
  return parse(output, cases.length, verbose, 'the machine');
}

/** On QEMU's `virt` machine. */
export function runOnQemuSystem(cases: readonly SystemCase[], regime: Regime, cpu: string, verbose = false): SystemResult[] {
  const folder = mkdtempSync(join(tmpdir(), 'system-'));
  try {
    const file = join(folder, 'cases.img');
    writeFileSync(file, buildImage(cases, regime, verbose));
    const machine = [
      '-M',
      'virt,gic-version=3',
      '-cpu',
      cpu,
      '-m',
      '64',
      '-display',
      'none',
      '-monitor',
      'none',
      '-serial',
      'stdio',
      '-no-reboot',
    ];
    const done = spawnSync('qemu-system-aarch64', [...machine, '-kernel', file], { maxBuffer: 1 << 28, timeout: 30_000 });
    return parse(done.stdout, cases.length, verbose, `QEMU (${done.stderr.toString().trim()})`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
