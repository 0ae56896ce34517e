import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assemble } from '../../../emulator/isa/assembler/assembler.ts';
import { byEncoding, genericName } from '../../../emulator/isa/registers/index.ts';
import { systemInstruction } from '../../../emulator/isa/registers/system-instructions.ts';
import { createMachine } from '../../../emulator/vmm/create.ts';
import { clearUnknownRegisters } from '../unknown-registers.ts';

const LOAD = 0x4008_0000n;
const image = (): Uint8Array<ArrayBuffer> => {
  const source = fileURLToPath(new URL('scan.S', import.meta.url));
  return new Uint8Array(assemble(readFileSync(source, 'utf8'), { file: 'scan.S', address: LOAD }).image);
};

/** What every encoding came to, by `<what><encoding>` (see scan.S). */
export type Scan = ReadonlyMap<string, string>;

function parse(text: string): Scan {
  const lines = text.split('\n').map((line) => line.trim());
  return new Map(
    lines.filter((line) => line.includes(' ')).map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]),
  );
}

export async function scanHere(cpu: string): Promise<Scan> {
  const machine = await createMachine({ kernel: { name: 'scan', bytes: image() }, memory: 64 * 2 ** 20, cpus: 1, cpu });
  clearUnknownRegisters(machine);
  const end = machine.run(40_000_000);
  if (end.kind !== 'power-off') throw new Error(`the machine ended with ${JSON.stringify(end)}`);
  return parse(Buffer.from(machine.console.take()).toString());
}

export function scanQemu(cpu: string): Scan {
  const folder = mkdtempSync(join(tmpdir(), 'scan-'));
  try {
    const file = join(folder, 'scan.img');
    writeFileSync(file, image());
    const board = [
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
    const done = spawnSync('qemu-system-aarch64', [...board, '-kernel', file], { maxBuffer: 1 << 26, timeout: 120_000 });
    return parse(done.stdout.toString());
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const immediateFields: Readonly<Record<number, string>> = { 30: 'MSR DAIFSet', 31: 'MSR DAIFClr', 27: 'MSR SVCR' };

/** Name of what a line of the scan is about. */
export function nameOf(key: string): string {
  const encoding = Number.parseInt(key.slice(1), 16);
  const at = (low: number, bits: number): number => (encoding >> low) & ((1 << bits) - 1);
  if (/^[ij]/.test(key)) return immediateFields[(at(7, 3) << 3) | at(0, 3)] ?? `MSR #${at(7, 3)}, #${at(3, 4)}, #${at(0, 3)}`;
  const [op0, op1, CRn, CRm, op2] = [at(14, 2), at(11, 3), at(7, 4), at(3, 4), at(0, 3)];
  if (op0 !== 1) return byEncoding(op0, op1, CRn, CRm, op2)?.name ?? genericName(op0, op1, CRn, CRm, op2);
  const instruction = systemInstruction(op1, CRn, CRm, op2);
  return instruction ? `${instruction.family} ${instruction.operation}` : `SYS #${op1}, C${CRn}, C${CRm}, #${op2}`;
}
