import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assemble } from '../../../emulator/isa/assembler/assembler.ts';
import { handlerTable } from '../../../emulator/translate/interpreter/interpreter.ts';
import { slots } from '../../../emulator/translate/layout.ts';
import { FlatMachine, RAM } from '../flat-machine.ts';

const PAGE = 4096;

/** A machine with `source` assembled at `at`. */
function guest(source: string, at = RAM): FlatMachine {
  const machine = new FlatMachine();
  machine.bytes.set(assemble(source, { file: 'test.S', address: BigInt(at) }).image, at);
  return machine;
}

const left = (machine: FlatMachine): number => Number(machine.slot(slots.remaining) & 0xffff_ffffn);
const pcOffset = (machine: FlatMachine): number => Number(machine.slot(slots.pc)) - RAM;

describe('handler table', () => {
  it('every combination of statics records and fits its record', () => {
    const table = handlerTable();
    for (const handler of table.all()) table.recorded(handler.number, handler);
  });
});

describe('budget', () => {
  const loop = 'loop: add x0, x0, #1\n sub x1, x1, #1\n b loop\n';
  for (const budget of [0, 1, 2, 3, 4, 1000, 30001])
    it(`ends a slice after exactly ${budget} instructions`, () => {
      const machine = guest(loop);
      assert.equal(machine.run(BigInt(RAM), budget), 'budget');
      assert.equal(left(machine), 0);
      assert.equal(pcOffset(machine), (budget % 3) * 4);
      assert.equal(machine.slot(0), BigInt(Math.ceil(budget / 3)));
    });

  it('slices of one instruction give what one slice gives', () => {
    const source = 'mov x2, #9\n1: add x0, x0, x2\n subs x2, x2, #1\n b.ne 1b\n bl f\n hlt #0\nf: mul x0, x0, x0\n ret\n';
    const whole = guest(source);
    assert.equal(whole.run(BigInt(RAM), 1000), 'hlt');
    const stepped = guest(source);
    let pc = BigInt(RAM);
    let count = 0;
    while (stepped.run(pc, 1) === 'budget') {
      pc = stepped.slot(slots.pc);
      count++;
    }
    assert.equal(count, 1000 - left(whole));
    for (let n = 0; n < 31; n++) assert.equal(stepped.slot(n), whole.slot(n), `x${n}`);
    assert.equal(stepped.slot(slots.pc), whole.slot(slots.pc));
    assert.equal(stepped.nzcv, whole.nzcv);
  });

  it('counts across the end of a page, where no instruction is', () => {
    const machine = guest(` .space ${PAGE - 8}\n nop\n nop\n nop\n nop\n hlt #0\n`);
    assert.equal(machine.run(BigInt(RAM + PAGE - 8), 100), 'hlt');
    assert.equal(left(machine), 96);
    assert.equal(pcOffset(machine), PAGE + 8);
    assert.equal(machine.run(BigInt(RAM + PAGE - 8), 2), 'budget');
    assert.equal(pcOffset(machine), PAGE);
  });
});

describe('branches', () => {
  it('reach the next and the previous page, and come back', () => {
    const machine = guest(` b far\nback: mov x1, #7\n hlt #0\n .space ${2 * PAGE}\nfar: mov x0, #5\n b back\n`);
    assert.equal(machine.run(BigInt(RAM), 100), 'hlt');
    assert.deepEqual([machine.slot(0), machine.slot(1), left(machine)], [5n, 7n, 96]);
  });

  it('a register that is not word aligned is a PC alignment fault at the target', () => {
    const machine = guest(' adr x3, 1f\n add x3, x3, #2\n br x3\n1: nop\n');
    assert.equal(machine.run(BigInt(RAM), 100), 'pc-alignment');
    assert.equal(pcOffset(machine), 14);
    assert.equal(left(machine), 97);
  });

  it('to an address that cannot be fetched faults at the target, after the branch', () => {
    const machine = guest(' mov x3, #0x1000\n br x3\n');
    assert.equal(machine.run(BigInt(RAM), 100), 'fault');
    assert.equal(machine.slot(slots.pc), 0x1000n);
    assert.equal(left(machine), 98);
  });
});

describe('data accesses', () => {
  it('that cross pages read and write both', () => {
    const machine = guest(' ldr x0, [x2]\n str x1, [x2]\n ldp x3, x4, [x2]\n hlt #0\n');
    const at = RAM + 8 * PAGE - 3;
    machine.view.setBigUint64(at, 0x1122334455667788n, true);
    machine.setSlot(2, BigInt(at));
    machine.setSlot(1, 0xfeedfacecafebeefn);
    assert.equal(machine.run(BigInt(RAM), 100), 'hlt');
    assert.equal(machine.slot(0), 0x1122334455667788n);
    assert.equal(machine.view.getBigUint64(at, true), 0xfeedfacecafebeefn);
    assert.equal(machine.slot(3), 0xfeedfacecafebeefn);
  });

  it('that fault leave the instruction unexecuted: registers, writeback and count', () => {
    const machine = guest(' ldp x0, x1, [x2], #16\n');
    machine.setSlot(0, 1n);
    machine.setSlot(2, 0x100n);
    assert.equal(machine.run(BigInt(RAM), 100), 'fault');
    assert.deepEqual(
      [machine.slot(0), machine.slot(2), machine.faultAddress, pcOffset(machine), left(machine)],
      [1n, 0x100n, 0x100n, 0, 100],
    );
  });

  it('through a misaligned SP exit where the check is on', () => {
    const machine = guest(' ldr x0, [sp]\n hlt #0\n');
    machine.setSlot(slots.sp, BigInt(RAM + PAGE + 8));
    assert.equal(machine.run(BigInt(RAM), 100), 'hlt');
    machine.setSlot(slots.spAlignmentMask, 15n);
    assert.equal(machine.run(BigInt(RAM), 100), 'sp-alignment');
    assert.equal(pcOffset(machine), 0);
  });

  it('exclusives must be aligned; a store without a claim fails', () => {
    const machine = guest(' ldxr x0, [x2]\n stxr w3, x1, [x2]\n stxr w4, x1, [x2]\n hlt #0\n');
    machine.setSlot(2, BigInt(RAM + PAGE));
    machine.setSlot(1, 42n);
    assert.equal(machine.run(BigInt(RAM), 100), 'hlt');
    assert.deepEqual([machine.slot(3), machine.slot(4), machine.view.getBigUint64(RAM + PAGE, true)], [0n, 1n, 42n]);
    machine.setSlot(2, BigInt(RAM + PAGE + 4));
    assert.equal(machine.run(BigInt(RAM), 100), 'fault');
  });
});

describe('code that changes', () => {
  it('is executed as written, without cache maintenance', () => {
    const machine = guest(' adr x1, 1f\n ldr w0, 2f\n str w0, [x1]\n1: mov x5, #1\n hlt #0\n2: mov x5, #2\n');
    // Once unpatched, so that the record exists.
    assert.equal(machine.run(BigInt(RAM + 12), 100), 'hlt');
    assert.equal(machine.slot(5), 1n);
    assert.equal(machine.run(BigInt(RAM), 100), 'hlt');
    assert.equal(machine.slot(5), 2n);
  });

  it('a page stored to often is taken for data, and decoded anew when executed again', () => {
    const machine = guest(' mov x5, #1\n hlt #0\n', RAM + PAGE);
    assert.equal(machine.run(BigInt(RAM + PAGE), 10), 'hlt');
    const store = guest('1: str w0, [x1]\n subs x2, x2, #1\n b.ne 1b\n hlt #0\n').bytes.slice(RAM, RAM + 16);
    machine.bytes.set(store, RAM);
    machine.setSlot(0, 0xd2800065n); // mov x5, #3
    machine.setSlot(1, BigInt(RAM + PAGE));
    machine.setSlot(2, 500n);
    assert.equal(machine.run(BigInt(RAM), 10_000), 'hlt');
    machine.code.settle();
    assert.equal(machine.code.holdsCode(RAM + PAGE), false);
    assert.equal(machine.run(BigInt(RAM + PAGE), 10), 'hlt');
    assert.equal(machine.slot(5), 3n);
  });
});

describe('breakpoints', () => {
  it('stop before the instruction, cost nothing when cleared', () => {
    const machine = guest(' mov x0, #1\n mov x0, #2\n hlt #0\n');
    machine.code.setBreakpoint(RAM + 4);
    assert.equal(machine.run(BigInt(RAM), 100), 'breakpoint');
    assert.deepEqual([pcOffset(machine), machine.slot(0), left(machine)], [4, 1n, 99]);
    machine.code.clearBreakpoint(RAM + 4);
    assert.equal(machine.run(BigInt(RAM + 4), 100), 'hlt');
    assert.equal(machine.slot(0), 2n);
  });
});

describe('words that are no instruction', () => {
  it('exit as undefined, and name the word', () => {
    const machine = guest(' .word 0xffffffff\n');
    assert.equal(machine.run(BigInt(RAM), 100), 'undefined');
    assert.equal(machine.slot(slots.exitWord) & 0xffff_ffffn, 0xffffffffn);
    assert.equal(left(machine), 100);
  });
});
