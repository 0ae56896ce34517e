import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { assemble } from '../../emulator/isa/assembler/assembler.ts';
import { FLAT_LOAD_ADDRESS } from '../../emulator/vmm/loader/kernel.ts';
import { guest, runAll, text } from './guest.ts';

/** Guests whose console is compared with what QEMU's machine prints, kept in golden/. `UPDATE_GOLDEN=1` with QEMU installed rewrites them. */
const guests = [
  ['gic', 'guests/gic.S', 1],
  ['timers', 'guests/timers.S', 1],
  ...(['abort', 'exceptions', 'hello', 'mmu', 'smp', 'timer'] as const).map(
    (name) => [name, `../../extension/guests/${name}.S`, name === 'smp' ? 4 : 1] as const,
  ),
] as const;

const here = (path: string): URL => new URL(path, import.meta.url);

/** The console of a flat binary on QEMU's `virt`; undefined where QEMU is not installed. */
function onQemu(name: string, source: string, cpus: number): string | undefined {
  const file = join(mkdtempSync(join(tmpdir(), 'bare-metal-')), `${name}.bin`);
  writeFileSync(file, assemble(source, { file: name, address: BigInt(FLAT_LOAD_ADDRESS) }).image);
  const board = ['-M', 'virt,gic-version=3,its=off', '-cpu', 'cortex-a57', '-smp', `${cpus}`, '-m', '64', '-nographic', '-no-reboot'];
  const run = spawnSync('qemu-system-aarch64', [...board, '-kernel', file], { input: '', encoding: 'utf8', timeout: 30_000 });
  if (run.error) return undefined;
  assert.equal(run.status, 0, run.stderr);
  return run.stdout;
}

/** vCPUs print in the order they run, which on QEMU is the host's choice. */
const inAnyOrder = (console: string): string[] => console.split('\n').sort();

describe('bare-metal guests print what they print on QEMU', () => {
  for (const [name, path, cpus] of guests) {
    test(name, async () => {
      const source = readFileSync(here(path), 'utf8');
      const golden = here(`golden/${name}.txt`);
      const theirs = onQemu(name, source, cpus);
      if (theirs !== undefined && process.env.UPDATE_GOLDEN) writeFileSync(golden, theirs);
      const expected = readFileSync(golden, 'utf8');
      const machine = await guest(source, { cpus, memory: 64 * 2 ** 20 });
      assert.equal(runAll(machine, 50_000_000).kind, 'power-off');
      const ours = text(machine);
      if (cpus === 1) assert.equal(ours, expected);
      else assert.deepEqual(inAnyOrder(ours), inAnyOrder(expected));
      if (theirs !== undefined) assert.deepEqual(inAnyOrder(theirs), inAnyOrder(expected), 'the recording is what QEMU prints');
    });
  }
});
