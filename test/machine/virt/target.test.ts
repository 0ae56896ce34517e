import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assemble } from '../../../emulator/isa/assembler/assembler.ts';
import { VirtTarget } from '../../../emulator/machine/virt/virt-target.ts';
import { createMachine } from '../../../emulator/vmm/create.ts';
import { FLAT_LOAD_ADDRESS } from '../../../emulator/vmm/loader/kernel.ts';

const base = BigInt(FLAT_LOAD_ADDRESS);

/** A machine with this program, seen as the debugger sees it. */
async function targetOf(source: string): Promise<VirtTarget> {
  const { image } = assemble(source, { file: 'test.S', address: base });
  return new VirtTarget(await createMachine({ kernel: { name: 'test.bin', bytes: image }, memory: 64 << 20, cpus: 2, cpu: 'max' }));
}

const never = (): boolean => false;

describe('registers of a real vCPU', () => {
  it('the stack pointer in use has two names', async () => {
    const target = await targetOf('nop');
    target.writeRegister(0, 'sp', 0x1230n);
    assert.equal(target.readRegister(0, 'SP_EL1'), 0x1230n);
    target.writeRegister(0, 'SP_EL1', 0x4560n);
    assert.equal(target.readRegister(0, 'sp'), 0x4560n);
    target.writeRegister(0, 'SP_EL0', 0x70n);
    assert.equal(target.readRegister(0, 'sp'), 0x4560n);
  });
  it('every register by its name, 64 and 128 bits', async () => {
    const target = await targetOf('nop');
    const wide = (0x1122_3344_5566_7788n << 64n) | 0x99aa_bbcc_ddee_ff00n;
    for (const [name, value] of [
      ['x0', 5n],
      ['x30', (1n << 64n) - 1n],
      ['v31', wide],
      ['pstate', 0x6000_03c5n],
      ['VBAR_EL1', 0x800n],
      ['TPIDR_EL1', 9n],
    ] as const) {
      target.writeRegister(0, name, value);
      assert.equal(target.readRegister(0, name), value, name);
    }
    assert.equal(target.readRegister(0, 'x31'), undefined);
    assert.equal(target.readRegister(0, 'NO_SUCH_EL1'), undefined);
  });
  it('what cannot be set says why', async () => {
    const target = await targetOf('nop');
    assert.throws(() => target.writeRegister(0, 'MIDR_EL1', 0n), /MIDR_EL1 is read-only/);
    assert.throws(() => target.writeRegister(0, 'pc', 3n), /multiple of 4/);
    assert.throws(() => target.writeRegister(0, 'NO_SUCH_EL1', 0n), /no register/);
  });
  it('reading acknowledges no interrupt', async () => {
    const target = await targetOf('nop');
    assert.equal(target.readRegister(0, 'ICC_IAR1_EL1'), undefined);
  });
});

describe('memory of a real machine', () => {
  it('before KVM has mapped anything, by every address space', async () => {
    const target = await targetOf('nop');
    const words = (['va', 'ipa'] as const).map((space) => target.readMemory(0, space, base, 4));
    const { pa } = target.translate(0, base);
    words.push(target.readMemory(0, 'pa', pa!, 4));
    for (const { bytes, holes } of words) assert.deepEqual([[...bytes], holes], [[0x1f, 0x20, 0x03, 0xd5], []]);
  });
  it('devices and nothing at all are holes, told apart from zero', async () => {
    const target = await targetOf('nop');
    const { holes } = target.readMemory(0, 'va', 0x3fff_f000n, 0x2000);
    assert.deepEqual(
      holes.map(({ offset, length }) => [offset, length]),
      [[0, 0x1000]],
    );
    assert.equal(target.readMemory(0, 'pa', 0n, 4).holes.length, 1);
    assert.equal(target.readMemory(0, 'ipa', 0x900_0000n, 4).holes.length, 1);
    assert.equal(target.readMemory(0, 'va', (1n << 64n) - 4n, 4).holes.length, 1);
  });
  it('patched code is executed', async () => {
    const target = await targetOf('1: mov x0, #1\n b 1b');
    target.step(0, 2, never);
    assert.equal(target.readRegister(0, 'x0'), 1n);
    const patch = assemble('mov x0, #2', { file: 'patch', address: base }).image;
    assert.equal(target.writeMemory(0, 'va', base, patch.subarray(0, 4)), 4);
    target.step(0, 1, never);
    assert.equal(target.readRegister(0, 'x0'), 2n);
  });
});

describe('breakpoints of a real machine', () => {
  it('stop before the instruction, by every address space; disarmed they are gone', async () => {
    for (const space of ['va', 'ipa', 'pa'] as const) {
      const target = await targetOf('1: add x2, x2, #1\n add x3, x3, #1\n b 1b');
      const second = base + 4n;
      const address = space === 'pa' ? target.translate(0, second).pa! : second;
      let hits = 0;
      target.hooks = { breakpoint: () => ++hits > 0, exit: never, exception: never };
      target.armBreakpoints([{ space, address }]);
      assert.deepEqual(target.run(1000, never), { kind: 'hook', vcpu: 0 });
      assert.deepEqual([target.status(0).pc, target.readRegister(0, 'x2'), target.readRegister(0, 'x3')], [second, 1n, 0n], space);
      target.armBreakpoints([]);
      assert.deepEqual(target.run(1000, never), { kind: 'budget' });
      assert.equal(hits, 1);
    }
  });
  it('set while the code has run already', async () => {
    const target = await targetOf('1: add x2, x2, #1\n add x3, x3, #1\n b 1b');
    target.run(3000, never);
    target.hooks = { breakpoint: () => true, exit: never, exception: never };
    target.armBreakpoints([{ space: 'va', address: base + 4n }]);
    assert.equal(target.run(1000, never).kind, 'hook');
    assert.equal(target.status(0).pc, base + 4n);
  });
});
