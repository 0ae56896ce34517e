import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { assemble } from '../../../emulator/isa/assembler/assembler.ts';
import { StopHooks } from '../../../emulator/machine/debug/stop-hooks.ts';
import { parseExpression } from '../../../emulator/machine/expression/parser.ts';
import type { DataBreakpoint } from '../../../emulator/machine/machine.ts';
import { machineNames } from '../../../emulator/machine/names.ts';
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
    const { pa } = target.translate(0, { space: 'va', address: base });
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
      const address = space === 'pa' ? target.translate(0, { space: 'va', address: second }).pa! : second;
      let hits = 0;
      target.hooks = { breakpoint: () => ++hits > 0, data: never, exit: never, exception: never };
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
    target.hooks = { breakpoint: () => true, data: never, exit: never, exception: never };
    target.armBreakpoints([{ space: 'va', address: base + 4n }]);
    assert.equal(target.run(1000, never).kind, 'hook');
    assert.equal(target.status(0).pc, base + 4n);
  });
});

const DATA = 0x4100_0000n;

/** A program that counts x2 up by turns and touches the page at DATA beside what is watched; a target with a watch, and what it reported. */
async function watching(body: string, watch: Partial<DataBreakpoint>, stops = true) {
  const target = await targetOf(`mov x1, #0x41000000\n add x4, x1, #0x20\n1: add x2, x2, #1\n ${body}\n b 1b`);
  const seen: string[] = [];
  target.hooks = {
    breakpoint: never,
    exit: never,
    exception: never,
    data: (_, pc, accesses) => {
      for (const { id, read, write, address, before, after } of accesses) {
        const value = (bytes: Uint8Array): number => Buffer.from(bytes).readUIntLE(0, Math.min(bytes.length, 6));
        seen.push(
          `${id} ${read ? 'r' : ''}${write ? 'w' : ''} ${(address - DATA).toString(16)} ${value(before)} ${value(after)} at ${pc - base}`,
        );
      }
      return stops;
    },
  };
  const address = watch.space === 'pa' ? target.translate(0, { space: 'va', address: DATA + 0x20n }).pa! : DATA + 0x20n;
  target.armData([{ id: 3, space: 'va', bytes: 8, access: 'write', ...watch, address }]);
  return { target, seen };
}

describe('data breakpoints of a real machine', () => {
  it('stop right after the store, by every address space, with the value before and after', async () => {
    for (const space of ['va', 'ipa', 'pa'] as const) {
      const { target, seen } = await watching('ldr x3, [x4]\n str x2, [x1]\n str x2, [x4], #0', { space });
      assert.deepEqual(target.run(1_000_000, never), { kind: 'hook', vcpu: 0 });
      assert.equal(target.status(0).pc, base + 24n);
      assert.equal(target.instructionsOf(0), 6);
      assert.equal(target.run(1_000_000, never).kind, 'hook');
      assert.deepEqual([target.readRegister(0, 'x2'), target.instructionsOf(0)], [2n, 11]);
      assert.deepEqual(seen, ['3 w 20 0 1 at 20', '3 w 20 1 2 at 20'], space);
    }
  });
  const rows = [
    ['a load', 'ldr x3, [x4]', { access: 'read' }, '3 r 20 0 0 at 12'],
    ['a load is none for writes', 'ldr x3, [x4]', { access: 'write' }, undefined],
    ['a store is none for reads', 'str x3, [x4]', { access: 'read' }, undefined],
    ['neighbours', 'str x2, [x1, #0x18]\n ldp x5, x6, [x1, #0x28]', { access: 'readWrite' }, undefined],
    ['one byte of many', 'strb w2, [x1, #0x27]', {}, '3 w 20 0 0 at 12'],
    ['a pair that reaches into it', 'stp x2, x2, [x1, #0x18]', {}, '3 w 20 0 1 at 12'],
    ['one byte watched, a pair stored', 'stp x2, x2, [x1, #0x20]', { bytes: 1 }, '3 w 20 0 1 at 12'],
    ['an atomic reads and writes', 'ldadd x2, x3, [x4]', { access: 'readWrite' }, '3 rw 20 0 1 at 12'],
    ['an atomic, watched for reads', 'ldadd x2, x3, [x4]', { access: 'read' }, '3 r 20 0 1 at 12'],
    ['a store exclusive without its load', 'stxr w5, x2, [x4]', {}, undefined],
    ['many bytes: what was accessed of them', 'strh w2, [x1, #0x80]', { bytes: 1 << 20 }, '3 w 80 0 1 at 12'],
    ['in the second page of many', 'str x2, [x1, #0x1008]', { bytes: 8192 }, '3 w 1008 0 1 at 12'],
  ] as const;
  for (const [name, body, watch, expected] of rows)
    it(name, async () => {
      const { target, seen } = await watching(body, watch);
      assert.equal(target.run(1000, never).kind, expected ? 'hook' : 'budget');
      assert.deepEqual(seen, expected ? [expected] : []);
    });

  it('hot translated code: each store is seen, and the guest is none the wiser', async () => {
    const body = 'ldxr x5, [x4]\n add x5, x5, #1\n stxr w6, x5, [x4]\n ldr x7, [x1]\n str x2, [x1]';
    const run = async (watched: boolean): Promise<unknown[]> => {
      const { target, seen } = await watching(body, { access: 'write' }, false);
      if (!watched) target.armData([]);
      target.run(300_000, never);
      target.armData([]);
      target.run(700_000, never);
      if (watched) assert.ok(Math.abs(seen.length - 300_000 / 7) < 2, String(seen.length));
      const names = ['pc', 'x2', 'x5', 'x6', 'x7'];
      return [target.instructionsOf(0), ...names.map((name) => target.readRegister(0, name)), target.readMemory(0, 'va', DATA, 64).bytes];
    };
    assert.deepEqual(await run(true), await run(false));
  });

  it('armed after the code became hot', async () => {
    const { target, seen } = await watching('str x2, [x4]', { space: 'ipa' });
    target.armData([]);
    target.run(500_000, never);
    const turns = target.readRegister(0, 'x2')!;
    target.armData([{ id: 9, space: 'ipa', address: DATA + 0x20n, bytes: 8, access: 'write' }]);
    assert.equal(target.run(1000, never).kind, 'hook');
    assert.ok(target.readRegister(0, 'x2')! - turns <= 1n);
    assert.match(seen[0]!, /^9 w/);
  });

  it('beside a breakpoint on the same instruction: each is told once', async () => {
    const { target, seen } = await watching('str x2, [x4]', {}, false);
    let breakpoints = 0;
    target.hooks = { ...target.hooks!, breakpoint: () => ++breakpoints < 0 };
    target.armBreakpoints([{ space: 'va', address: base + 12n }]);
    target.run(2 + 30, never);
    assert.deepEqual([breakpoints, seen.length], [10, 10]);
  });

  it('a condition that does not hold is found out without looking at what the instruction did', async () => {
    const { target } = await watching('str x2, [x4]', {});
    const hooks = new StopHooks(target, () => {});
    const condition = parseExpression(
      'x2 == 300',
      machineNames(() => undefined),
    );
    const asked = mock.method(hooks, 'data');
    target.hooks = hooks;
    const data = [{ id: 3, space: 'va', address: DATA + 0x20n, bytes: 8, access: 'write', condition }] as const;
    hooks.set({ breakpoints: [], exits: [], exceptions: [], data });
    assert.deepEqual(target.run(100_000, never), { kind: 'hook', vcpu: 0 });
    assert.deepEqual([target.readRegister(0, 'x2'), asked.mock.callCount(), hooks.cause?.kind], [300n, 1, 'data']);
  });

  it('a step over the store', async () => {
    const { target, seen } = await watching('str x2, [x4]', {});
    assert.deepEqual(target.step(0, 3, never), { kind: 'budget' });
    assert.deepEqual(target.step(0, 1, never), { kind: 'hook', vcpu: 0 });
    assert.deepEqual([target.instructionsOf(0), seen.length], [4, 1]);
  });
});
