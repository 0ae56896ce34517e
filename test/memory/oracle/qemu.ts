import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { oracleCase, processors } from './cases.ts';

/** Where the program expects its memory and its cases. */
const WINDOW = 0x4800_0000;
const CASES = 0x6000_0000;
const END = 0xffff_ffff_ffff_ffffn;

/** The oracle needs qemu-system-aarch64 and a cross compiler. */
export function oracleAvailable(): boolean {
  return ['qemu-system-aarch64', 'aarch64-linux-gnu-gcc'].every(
    (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0,
  );
}

/** PAR_EL1 of every query of the cases of these seeds, by QEMU. */
export function qemuAnswers(cpu: 'cortex-a57' | 'max', seeds: readonly number[]): bigint[][] {
  const directory = mkdtempSync(join(tmpdir(), 'at-'));
  try {
    const words: bigint[] = [];
    const counts: number[] = [];
    for (const seed of seeds) {
      const { registers, writes, queries } = oracleCase(seed, processors[cpu], WINDOW);
      counts.push(queries.length);
      words.push(BigInt(writes.size), BigInt(queries.length), ...registers);
      for (const [address, value] of writes) words.push(BigInt(address), value);
      for (const { va, operation } of queries) words.push(va, BigInt(operation));
    }
    words.push(END);
    writeFileSync(join(directory, 'cases.bin'), new Uint8Array(BigUint64Array.from(words).buffer));
    const elf = join(directory, 'program.elf');
    const source = new URL('program.S', import.meta.url).pathname;
    execFileSync('aarch64-linux-gnu-gcc', [
      '-nostdlib',
      '-static',
      '-Wl,-Ttext=0x40080000',
      '-Wl,--build-id=none',
      '-march=armv8-a',
      '-o',
      elf,
      source,
    ]);
    const machine = [
      '-M',
      'virt,virtualization=on,gic-version=3',
      '-cpu',
      cpu,
      '-m',
      '1024',
      '-display',
      'none',
      '-semihosting',
      '-accel',
      'tcg',
    ];
    const load = ['-kernel', elf, '-device', `loader,file=${join(directory, 'cases.bin')},addr=0x${CASES.toString(16)},force-raw=on`];
    execFileSync('qemu-system-aarch64', [...machine, ...load], { cwd: directory, timeout: 120_000 });
    const answer = readFileSync(join(directory, 'answer.bin'));
    const view = new DataView(answer.buffer, answer.byteOffset, answer.byteLength);
    let at = 0;
    return counts.map((count) => Array.from({ length: count }, () => view.getBigUint64(8 * at++, true)));
  } finally {
    rmSync(directory, { recursive: true });
  }
}
