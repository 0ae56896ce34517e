import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { systemRegisterSlot } from '../../../emulator/isa/registers/index.ts';
import { CPU, CPU_BYTES, machineWords, SYSTEM_OFFSET, slotAddress, slots } from '../../../emulator/translate/layout.ts';
import type { FlatMachine } from '../flat-machine.ts';
import { machineWith } from './compare.ts';

const SLICE = 997;
const SLICES = 400;

/** Runs a loop interpreted and translated, with time going on, and compares registers and system registers whenever control comes back. */
function compare(body: string, registers: Readonly<Record<string, bigint>>): number {
  const source = ` mov x2, #30000\n mov x9, #1\n1: ${body}\n subs x2, x2, #1\n b.ne 1b\n hlt #0\n`;
  const machines = [machineWith(source), machineWith(source, { translate: true })] as const;
  for (const machine of machines) {
    machine.setSlot(slots.direct, 0xffff_ffffn);
    for (const [name, value] of Object.entries(registers))
      machine.view.setBigUint64(CPU + SYSTEM_OFFSET + systemRegisterSlot(name) * 8, value, true);
  }
  const told = new Set<string>();
  for (let n = 0; n < SLICES; n++) {
    const [end] = machines.map((machine) => runSlice(machine, n * SLICE));
    told.add(end!);
    assert.deepEqual(visible(machines[1]), visible(machines[0]), `after slice ${n}`);
    if (end === 'hlt') break;
  }
  assert.ok(machines[1].translated > 0, 'there is a region');
  assert.ok(!told.has('system'), 'nothing is left to the processor');
  return told.size;
}

/** A slice of the machine's time, whatever interrupts it. */
function runSlice(machine: FlatMachine, now: number): string {
  machine.view.setFloat64(slotAddress(slots.sliceEnd), now + SLICE, true);
  machine.view.setFloat64(machineWords.entryEnd, now + SLICE, true);
  let left = SLICE;
  for (;;) {
    const end = machine.run(machine.slot(slots.pc), left);
    if (end !== 'interrupts') return end;
    left = Number(machine.slot(slots.remaining) & 0xffff_ffffn);
    // As the hypervisor would: the line has been seen, and a level-sensitive interrupt is there again.
    const list = CPU + SYSTEM_OFFSET + systemRegisterSlot('ICH_LR0_EL2') * 8;
    machine.view.setBigUint64(list, machine.view.getBigUint64(list, true) | (1n << 62n), true);
    machine.setSlot(slots.interruptPending, 1n);
  }
}

const outside = new Set<number>([
  slots.dataTlb,
  slots.fetchTlb,
  slots.exitWord,
  slots.regionPc,
  slots.lazyKind,
  slots.lazyLeft,
  slots.lazyRight,
]);
const flags = new Set<number>([slots.flagN, slots.flagZ, slots.flagC, slots.flagV, slots.btype, slots.btypeRemaining, slots.discard]);

function visible(machine: FlatMachine): unknown {
  const block = new BigUint64Array(machine.memory.buffer, CPU, CPU_BYTES / 8);
  return [[...block].filter((_, slot) => !outside.has(slot) && !flags.has(slot)), machine.nzcv];
}

describe('system registers in regions', () => {
  test('a timer read and written', () => {
    const timer = `mrs x3, cntv_ctl_el0\n add x0, x0, x3\n mrs x3, cntv_tval_el0\n add x0, x0, x3
      mrs x3, cntvct_el0\n add x3, x3, x2, lsr #9\n msr cntv_cval_el0, x3\n msr cntv_ctl_el0, x9\n mrs x4, cntv_cval_el0
      eor x0, x0, x4\n and x3, x2, #63\n msr cntp_tval_el0, x3\n mrs x3, cntp_ctl_el0\n msr cntp_ctl_el0, x9\n add x0, x0, x3\n mrs x5, cntpct_el0`;
    assert.ok(compare(timer, { CNTVOFF_EL2: 7n, CNTV_CTL_EL0: 3n }) > 0);
  });

  test('an interrupt acknowledged and ended, and what goes with it', () => {
    const acknowledge = `mrs x3, icc_iar1_el1\n add x0, x0, x3\n mrs x4, icc_rpr_el1\n add x0, x0, x4\n msr icc_eoir1_el1, x3
      mrs x5, icc_rpr_el1\n add x0, x0, x5\n mrs x6, icc_pmr_el1\n msr contextidr_el1, x0\n mrs x7, contextidr_el1\n mrs x8, mpidr_el1`;
    compare(acknowledge, {
      ICH_HCR_EL2: 1n,
      ICH_VMCR_EL2: (0xf0n << 24n) | 2n,
      ICH_LR0_EL2: (1n << 62n) | (1n << 60n) | (0xa0n << 48n) | (1n << 41n) | 27n,
      VMPIDR_EL2: 0x8000_0001n,
    });
  });
});
