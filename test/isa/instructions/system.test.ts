import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { assemble } from '../../../emulator/isa/assembler/assembler.ts';
import { systemRegisterSlot } from '../../../emulator/isa/registers/index.ts';
import { CPU, SYSTEM_OFFSET, slots } from '../../../emulator/translate/layout.ts';
import { FlatMachine, RAM } from '../../translate/flat-machine.ts';

const machine = new FlatMachine();
const START = RAM + 0x2000;
const DATA = RAM + 0x10000;
const EL1H = 0x5n;
const DAIF = 0x3c0n;
const IRQ_MASKED = 0x80n;

const system = (name: string): number => CPU + SYSTEM_OFFSET + systemRegisterSlot(name) * 8;
const readSystem = (name: string): bigint => machine.view.getBigUint64(system(name), true);
const writeSystem = (name: string, value: bigint): void => machine.view.setBigUint64(system(name), value, true);

/** Runs until `udf` or another exit. */
function run(source: string, x1 = 0n) {
  const { image } = assemble(`${source}\nudf #0`, { file: 'test.S', address: BigInt(START) });
  machine.bytes.set(image, START);
  machine.code.discardAll();
  machine.setSlot(slots.x + 0, 0n);
  machine.setSlot(slots.x + 1, x1);
  const exit = machine.run(BigInt(START), 100);
  return { exit, at: Number(machine.slot(slots.pc)) - START, x0: machine.slot(slots.x) };
}

const pstate = (): bigint => machine.slot(slots.pstate) & 0xffffffffn;
const setLevel = (el: bigint, state: bigint): void => {
  machine.setSlot(slots.el, el);
  machine.setSlot(slots.pstate, state);
};

beforeEach(() => {
  setLevel(1n, EL1H | DAIF);
  machine.setSlot(slots.interruptPending, 0n);
  machine.nzcv = 0;
});

describe('PSTATE.DAIF without leaving generated code', () => {
  test('DAIFSet and DAIFClr change the bits named', () => {
    setLevel(1n, EL1H);
    run('msr daifset, #3');
    assert.equal(pstate(), EL1H | 0xc0n);
    run('msr daifclr, #1');
    assert.equal(pstate(), EL1H | 0x80n);
  });

  test('MRS and MSR DAIF', () => {
    assert.equal(run('mrs x0, daif').x0, DAIF);
    run('msr daif, x1', 0xffff_ffff_ffff_ff3fn);
    assert.equal(pstate(), EL1H | 0x300n);
  });

  test('unmasking with an interrupt pending ends the slice behind the instruction', () => {
    machine.setSlot(slots.interruptPending, 1n);
    for (const source of ['msr daifclr, #2', 'msr daif, xzr']) {
      setLevel(1n, EL1H | DAIF);
      const { exit, at } = run(source);
      assert.deepEqual([exit, at], ['resynchronise', 4]);
      assert.equal(run(source).exit, 'udf', 'nothing is newly unmasked the second time');
    }
  });

  test('masking, or unmasking with nothing pending, does not', () => {
    assert.equal(run('msr daifclr, #15').exit, 'udf');
    machine.setSlot(slots.interruptPending, 1n);
    setLevel(1n, EL1H | IRQ_MASKED);
    assert.equal(run('msr daifset, #2\nmsr daif, x1', 0xc0n).exit, 'udf');
  });

  test('at EL0 the processor decides', () => {
    setLevel(0n, 0n);
    for (const source of ['mrs x0, daif', 'msr daif, x0', 'msr daifset, #1', 'mrs x0, currentel', 'mrs x0, sp_el0', 'mrs x0, esr_el1'])
      assert.deepEqual(run(source).exit, 'system', source);
  });
});

describe('flags', () => {
  test('MRS and MSR NZCV', () => {
    machine.nzcv = 0b1010;
    assert.equal(run('mrs x0, nzcv').x0, 0xa000_0000n);
    run('msr nzcv, x1', 0xffff_ffff_5fff_ffffn);
    assert.equal(machine.nzcv, 0b0101);
  });

  test('CFINV, AXFLAG and XAFLAG for every NZCV', () => {
    const bit = (value: boolean | number, at: number): number => (value ? 1 << at : 0);
    for (let nzcv = 0; nzcv < 16; nzcv++) {
      const [z, c, v] = [(nzcv >> 2) & 1, (nzcv >> 1) & 1, nzcv & 1];
      const after = (source: string): number => {
        machine.nzcv = nzcv;
        run(source);
        return machine.nzcv;
      };
      assert.equal(after('cfinv'), nzcv ^ 2);
      assert.equal(after('axflag'), bit(z || v, 2) | bit(c && !v, 1));
      assert.equal(after('xaflag'), bit(!c && !z, 3) | bit(z && c, 2) | bit(c || z, 1) | bit(!c && z, 0));
    }
  });
});

describe('system registers', () => {
  test('plain ones are storage', () => {
    run('msr tpidr_el1, x1\nmrs x0, tpidr_el1', 0x1234_5678_9abc_def0n);
    assert.equal(readSystem('TPIDR_EL1'), 0x1234_5678_9abc_def0n);
    assert.equal(machine.slot(slots.x), 0x1234_5678_9abc_def0n);
  });

  test('TPIDR_EL0 at EL0, TPIDRRO_EL0 only to read there', () => {
    setLevel(0n, 0n);
    writeSystem('TPIDRRO_EL0', 77n);
    assert.equal(run('msr tpidr_el0, x1\nmrs x0, tpidrro_el0', 5n).x0, 77n);
    assert.equal(readSystem('TPIDR_EL0'), 5n);
    assert.equal(run('msr tpidrro_el0, x1').exit, 'system');
  });

  test('SP_EL0 is a register while SP_EL1 is current, and the processor decides else', () => {
    run('msr sp_el0, x1', 0x8000n);
    assert.equal(readSystem('SP_EL0'), 0x8000n);
    setLevel(1n, 0x4n);
    assert.equal(run('mrs x0, sp_el0').exit, 'system');
  });

  test('CurrentEL', () => {
    assert.equal(run('mrs x0, currentel').x0, 4n);
  });

  test('those with effects, maintenance and translation go to the processor', () => {
    for (const source of [
      'msr sctlr_el1, x1',
      'msr spsel, #0',
      'tlbi vmalle1',
      'ic iallu',
      'dc civac, x1',
      'at s1e1r, x1',
      'sys #0, c11, c0, #0',
    ])
      assert.deepEqual([run(source).exit, run(source).at], ['system', 0], source);
  });
});

describe('DC ZVA', () => {
  test('zeroes 64 bytes around its address', () => {
    machine.bytes.fill(0xff, DATA, DATA + 256);
    run('dc zva, x1', BigInt(DATA + 64 + 17));
    assert.deepEqual(
      [...machine.bytes.subarray(DATA, DATA + 256)],
      [...Array(64).fill(255), ...Array(64).fill(0), ...Array(128).fill(255)],
    );
  });

  test('at EL0 only where SCTLR_EL1.DZE lets it, and never where HCR_EL2.TDZ traps', () => {
    setLevel(0n, 0n);
    writeSystem('SCTLR_EL1', 0n);
    assert.equal(run('dc zva, x1', BigInt(DATA)).exit, 'system');
    writeSystem('SCTLR_EL1', 1n << 14n);
    assert.equal(run('dc zva, x1', BigInt(DATA)).exit, 'udf');
    writeSystem('HCR_EL2', 1n << 28n);
    assert.equal(run('dc zva, x1', BigInt(DATA)).exit, 'system');
    writeSystem('HCR_EL2', 0n);
    writeSystem('SCTLR_EL1', 0n);
  });
});

describe('what leaves generated code', () => {
  const rows: Readonly<Record<string, string>> = {
    'svc #1': 'svc',
    'hvc #0': 'hvc',
    'smc #0': 'smc',
    'brk #2': 'brk',
    'hlt #3': 'hlt',
    dcps1: 'dcps',
    eret: 'eret',
    drps: 'drps',
    wfi: 'wfi',
    wfe: 'wfe',
    sev: 'sev',
    sevl: 'sev',
    yield: 'yield',
    '.inst 0xffffffff': 'undefined',
    'wfit x0': 'unimplemented',
  };
  for (const [source, exit] of Object.entries(rows)) {
    test(`${source}: ${exit}`, () => {
      const { exit: left, at } = run(source);
      assert.deepEqual([left, at], [exit, 0]);
    });
  }

  test('barriers and hints complete in place', () => {
    const source = 'nop\nhint #77\ndsb sy\ndmb ish\nisb\nsb\ncsdb\nclrex\nbti jc';
    assert.deepEqual(run(source).at, 9 * 4);
  });
});
