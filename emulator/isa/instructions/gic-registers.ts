import type { Builder, Value } from '../builder.ts';
import { instructions } from '../instruction.ts';
import { systemRegisterSlot } from '../registers/index.ts';
import {
  ICH_HCR,
  ICH_VMCR,
  IDLE_PRIORITY,
  LIST_REGISTERS,
  LR,
  MINIMUM_BPR,
  PREEMPTION_BITS,
  PRIORITY_MASK,
  SPURIOUS,
} from '../registers/virtual-interface.ts';
import { directRead, directWrite } from './system-access.ts';

/** Virtual interrupts that the hypervisor makes pending itself: HCR_EL2.VF, VI and VSE. */
const HCR_VIRTUAL = (1 << 6) | (1 << 7) | (1 << 8);
/** Deactivated by an identifier of 1020–1023: nothing. */
const SPECIAL = 1020;
const INTID_MASK = 0xff_ffff;
const LEVEL_SHIFT = 8 - PREEMPTION_BITS;
/** Above every priority. */
const NONE = 0x100;

/** State of a list register: bits 63:62 of it. */
const STATE = { pending: 1, active: 2 } as const;
const STATE_SHIFT = 62;
const ALL_STATE = 3n << 62n;
const ACTIVE = 1n << 63n;

const lists = Array.from({ length: LIST_REGISTERS }, (_, n) => systemRegisterSlot(`ICH_LR${n}_EL2`));
const [CONTROL, VMCR, ACTIVE0, ACTIVE1] = ['ICH_HCR_EL2', 'ICH_VMCR_EL2', 'ICH_AP0R0_EL2', 'ICH_AP1R0_EL2'].map(systemRegisterSlot) as [
  number,
  number,
  number,
  number,
];
const HCR = systemRegisterSlot('HCR_EL2');

const low = (b: Builder, slot: number): Value => b.wrap(b.systemRegister(slot));
const high = (b: Builder, list: Value): Value => b.wrap(b.shrU(list, 32));
const all = (b: Builder, ...conditions: readonly Value[]): Value => conditions.reduce((met, condition) => b.and(met, condition));
const priorityOf = (b: Builder, list: Value): Value => b.and(b.shrU(high(b, list), LR.priorityShift), PRIORITY_MASK);
const isIn = (b: Builder, list: Value, state: number): Value => b.compare('eq', b.shrU(list, STATE_SHIFT), state);
const isSet = (b: Builder, word: Value, bit: number): Value => b.compare('ne', b.and(word, bit), 0);
/** Mask of the group priority bits of group 1, with a binary point of its own. */
function groupPriorityMask(b: Builder, vmcr: Value): Value {
  const field = b.and(b.shrU(vmcr, ICH_VMCR.vbpr1Shift), 7);
  const point = b.select(b.compare('lt_u', field, MINIMUM_BPR + 1), MINIMUM_BPR + 1, field);
  return b.and(b.shl(b.i32(0xff), point), 0xff);
}
/** Group priority of the highest active interrupt; with none active above every priority. */
const running = (b: Builder, active: Value): Value => b.shl(b.op('i32.ctz', active), LEVEL_SHIFT);

/**
 * Acknowledges the highest pending interrupt. Here: of group 1, with group 1 enabled and nothing of group 0 about, and nothing else that the hypervisor asks to be told.
 * Whatever is still pending is of no higher priority than what is active then: no interrupt can be taken.
 */
function acknowledge(b: Builder): void {
  const vmcr = low(b, VMCR);
  const active = low(b, ACTIVE1);
  const values = lists.map((slot) => b.systemRegister(slot));
  const waits = values.map((list) => isIn(b, list, STATE.pending));
  const group0 = values.map((list, n) => b.and(waits[n]!, b.isZero(b.and(high(b, list), LR.GROUP1)))).reduce((any, one) => b.or(any, one));
  const simple = all(
    b,
    b.compare('eq', low(b, CONTROL), ICH_HCR.En),
    b.isZero(b.and(low(b, HCR), HCR_VIRTUAL)),
    b.compare('eq', b.and(vmcr, ICH_VMCR.VENG1 | ICH_VMCR.VCBPR), ICH_VMCR.VENG1),
    b.isZero(low(b, ACTIVE0)),
    b.isZero(group0),
  );
  let best: Value = b.i32(NONE);
  let chosen: Value = b.i32(-1);
  for (const [n, list] of values.entries()) {
    const priority = b.select(waits[n]!, priorityOf(b, list), NONE);
    const higher = b.compare('lt_u', priority, best);
    chosen = b.select(higher, n, chosen);
    best = b.select(higher, priority, best);
  }
  const groupPriority = b.and(best, groupPriorityMask(b, vmcr));
  const mask = b.shrU(vmcr, ICH_VMCR.vpmrShift);
  const preempts = b.and(b.compare('lt_u', best, mask), b.compare('lt_u', groupPriority, running(b, active)));
  const take = (): void => {
    b.setSystemRegister(ACTIVE1, b.extendU(b.or(active, b.shl(b.i32(1), b.shrU(groupPriority, LEVEL_SHIFT)))));
    let identifier: Value = b.i64(0);
    for (const [n, list] of values.entries()) {
      const taken = b.compare('eq', chosen, n);
      b.setSystemRegister(lists[n]!, b.select(taken, b.xor(list, ALL_STATE), list));
      identifier = b.select(taken, list, identifier);
    }
    b.setInterruptPending(b.i32(0));
    b.setX(1, 'Rt', b.zeroExtend(identifier, 32));
  };
  b.if(
    simple,
    () => b.if(preempts, take, () => b.setX(1, 'Rt', b.i64(SPURIOUS))),
    () => b.exit('system'),
  );
}

/**
 * Drops the running priority and deactivates the interrupt. Here: the one acknowledged last, of group 1 and not pending again, and with none waiting, so that no
 * interrupt can be taken after it. The hypervisor looks where the list register asks it to.
 */
function endOfInterrupt(b: Builder): void {
  const intid = b.and(b.x(0, 'Rt'), INTID_MASK);
  const vmcr = low(b, VMCR);
  const active = low(b, ACTIVE1);
  const values = lists.map((slot) => b.systemRegister(slot));
  let chosen: Value = b.i32(-1);
  let ended: Value = b.i64(0);
  for (const [n, list] of [...values.entries()].reverse()) {
    const matches = b.and(b.wrap(b.shrU(list, 63)), b.compare('eq', b.wrap(list), intid));
    chosen = b.select(matches, n, chosen);
    ended = b.select(matches, list, ended);
  }
  const simple = all(
    b,
    b.compare('eq', low(b, CONTROL), ICH_HCR.En),
    b.isZero(b.and(vmcr, ICH_VMCR.VEOIM | ICH_VMCR.VCBPR)),
    b.isZero(low(b, ACTIVE0)),
    b.compare('ne', active, 0),
    b.compare('gt_u', b.sub(intid, SPECIAL), SPURIOUS - SPECIAL),
    b.isZero(values.map((list) => isIn(b, list, STATE.pending)).reduce((any, one) => b.or(any, one))),
    isIn(b, ended, STATE.active),
    isSet(b, high(b, ended), LR.GROUP1),
    b.compare('eq', b.and(priorityOf(b, ended), groupPriorityMask(b, vmcr)), running(b, active)),
  );
  b.if(
    simple,
    () => {
      b.setSystemRegister(ACTIVE1, b.extendU(b.and(active, b.sub(active, 1))));
      for (const [n, list] of values.entries())
        b.setSystemRegister(lists[n]!, b.select(b.compare('eq', chosen, n), b.xor(list, ACTIVE), list));
      b.if(b.compare('eq', b.and(high(b, ended), LR.EOI | LR.HW), LR.EOI), () => b.exit('interrupts'));
    },
    () => b.exit('system'),
  );
}

/** A mask changes what can be taken only where something waits. */
function setPriorityMask(b: Builder): void {
  const value = b.and(b.x(0, 'Rt'), PRIORITY_MASK);
  const vmcr = low(b, VMCR);
  const waits = lists.map((slot) => isIn(b, b.systemRegister(slot), STATE.pending)).reduce((any, one) => b.or(any, one));
  b.if(
    waits,
    () => b.exit('system'),
    () => b.setSystemRegister(VMCR, b.extendU(b.or(b.and(vmcr, 2 ** ICH_VMCR.vpmrShift - 1), b.shl(value, ICH_VMCR.vpmrShift)))),
  );
}

/** The highest active priority of both groups. */
function runningPriority(b: Builder): void {
  const active = b.or(low(b, ACTIVE0), low(b, ACTIVE1));
  b.setX(1, 'Rt', b.extendU(b.select(b.isZero(active), IDLE_PRIORITY, running(b, active))));
}

/**
 * MRS and MSR of the virtual CPU interface, without leaving generated code: what an operating system does for each interrupt, in the cases that it gets into. All else is
 * the processor's (`emulator/cpu/gic`), and so are the registers that are written once at start (ICC_CTLR_EL1, ICC_BPR1_EL1, ICC_IGRPEN1_EL1, ICC_AP1R0_EL1, ICC_SRE_EL1),
 * and those that always trap to the hypervisor (ICC_SGI1R_EL1).
 */
export const gicCpuInterface = instructions('System register move (GIC CPU interface)', {
  ...directRead('ICC_IAR1_EL1', acknowledge),
  ...directWrite('ICC_EOIR1_EL1', endOfInterrupt),
  ...directRead('ICC_PMR_EL1', (b) => b.setX(1, 'Rt', b.extendU(b.shrU(low(b, VMCR), ICH_VMCR.vpmrShift)))),
  ...directWrite('ICC_PMR_EL1', setPriorityMask),
  ...directRead('ICC_RPR_EL1', runningPriority),
});
