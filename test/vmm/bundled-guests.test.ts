import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { assemble } from '../../emulator/isa/assembler/assembler.ts';
import { createMachine } from '../../emulator/vmm/create.ts';
import { FLAT_LOAD_ADDRESS } from '../../emulator/vmm/loader/kernel.ts';
import { repository } from '../guests/guests.ts';

/** What each guest prints on four vCPUs, on QEMU and here; smp.S in any order of its middle. */
const expected: Readonly<Record<string, readonly string[]>> = {
  hello: ['Hello from EL1 on KVM/arm64'],
  exceptions: [
    'exception: ESR_EL1 000000005600002a ELR_EL1 0000000040080020 FAR_EL1 0000000000000000',
    'exception: ESR_EL1 00000000f2000007 ELR_EL1 0000000040080020 FAR_EL1 0000000000000000',
    'exception: ESR_EL1 0000000002000000 ELR_EL1 0000000040080024 FAR_EL1 0000000000000000',
    'exception: ESR_EL1 0000000096000021 ELR_EL1 0000000040080040 FAR_EL1 0000000040082111',
    'back where it began',
  ],
  abort: ['reading where nothing is', 'external abort: ESR_EL1 0000000096000010 FAR_EL1 000000000f000000', 'survived'],
  mmu: [
    'MMU on',
    '1122334455667788 read through the alias',
    'ff00000040085b80 PAR_EL1 of the alias',
    '0000000096000005 ESR_EL1: translation fault, level 1',
  ],
  timer: ['tick 1', 'tick 2', 'tick 3', 'tick 4', 'tick 5'],
  smp: ['CPU 0', 'CPU 1', 'CPU 2', 'CPU 3', 'total 0000000000000fa0'],
};

function image(name: string): Uint8Array {
  const file = join(repository, 'extension', 'guests', `${name}.S`);
  return assemble(readFileSync(file, 'utf8'), { file, address: BigInt(FLAT_LOAD_ADDRESS) }).image;
}

const lines = (output: string): string[] => output.split(/\r?\n/).filter((line) => line !== '');
/** SMP guests take turns differently on QEMU. */
const inOrder = (name: string, output: readonly string[]): readonly string[] => (name === 'smp' ? [...output].sort() : output);

async function run(name: string, cpu: string): Promise<{ output: string; instructions: number }> {
  const machine = await createMachine({ kernel: { name: `${name}.bin`, bytes: image(name) }, memory: 64 * 2 ** 20, cpus: 4, cpu });
  let output = '';
  for (let slices = 0; slices < 200; slices++) {
    const end = machine.run(1_000_000);
    output += new TextDecoder().decode(machine.console.take());
    if (end.kind !== 'budget' && end.kind !== 'idle') break;
  }
  return { output, instructions: machine.silicon.clock.instructions };
}

describe('bundled guests run on the machine', () => {
  for (const [name, text] of Object.entries(expected)) {
    for (const cpu of ['cortex-a57', 'max']) {
      test(`${name}.S on ${cpu}`, async () => {
        const first = await run(name, cpu);
        assert.deepEqual(lines(first.output), text);
        assert.deepEqual(await run(name, cpu), first, 'the same run again is the same, instruction for instruction');
      });
    }
  }
});

const qemu = spawnSync('qemu-system-aarch64', ['--version']).status === 0;
if (!qemu && process.env.CI === 'true') throw new Error('needs qemu-system-aarch64');

describe('bundled guests run on QEMU alike', { skip: qemu ? false : 'needs qemu-system-aarch64' }, () => {
  for (const [name, text] of Object.entries(expected)) {
    test(`${name}.S`, () => {
      const folder = mkdtempSync(join(tmpdir(), 'guest-'));
      try {
        const kernel = join(folder, 'guest.bin');
        writeFileSync(kernel, image(name));
        const options = '-M virt,gic-version=3 -cpu cortex-a57 -smp 4 -m 128 -display none -serial stdio -nic none -kernel'.split(' ');
        const { stdout } = spawnSync('qemu-system-aarch64', [...options, kernel], { encoding: 'utf8', timeout: 20_000 });
        assert.deepEqual(inOrder(name, lines(stdout)), inOrder(name, text));
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  }
});
