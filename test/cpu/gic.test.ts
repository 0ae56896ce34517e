import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { VirtualInterface } from '../../emulator/cpu/gic/virtual-interface.ts';
import { processorOf, setSystem, system } from './situation.ts';

const PENDING = 1n;
const ACTIVE = 2n;

interface Interrupt {
  readonly intid: number;
  readonly priority: number;
  readonly state?: bigint;
  readonly group?: 0 | 1;
  readonly eoi?: boolean;
}

const list = ({ intid, priority, state = PENDING, group = 1, eoi = false }: Interrupt): bigint =>
  (state << 62n) | (BigInt(group) << 60n) | (BigInt(priority) << 48n) | (eoi ? 1n << 41n : 0n) | BigInt(intid);

/** ICH_VMCR_EL2: mask, both groups enabled, EOImode. */
const vmcr = ({ mask = 0xf8, eoiMode = 0, bpr1 = 3, bpr0 = 2, cbpr = 0 } = {}): bigint =>
  (BigInt(mask) << 24n) | (BigInt(bpr0) << 21n) | (BigInt(bpr1) << 18n) | (BigInt(eoiMode) << 9n) | (BigInt(cbpr) << 4n) | 3n;

/** An interface with these list registers. */
function gicWith(interrupts: readonly Interrupt[], control = vmcr(), hcr = 1n) {
  const { state } = processorOf();
  setSystem(state, { ICH_VMCR_EL2: control, ICH_HCR_EL2: hcr });
  for (const [n, interrupt] of interrupts.entries()) setSystem(state, { [`ICH_LR${n}_EL2`]: list(interrupt) });
  return { gic: new VirtualInterface(state), state, stateOf: (n: number) => system(state, `ICH_LR${n}_EL2`) >> 62n };
}

describe('acknowledge and end', () => {
  test('the highest priority goes first', () => {
    const { gic, stateOf } = gicWith([
      { intid: 40, priority: 0xa0 },
      { intid: 41, priority: 0x80 },
    ]);
    assert.equal(gic.pending(), 1);
    assert.equal(gic.acknowledge(1), 41);
    assert.deepEqual([stateOf(0), stateOf(1), gic.runningPriority()], [PENDING, ACTIVE, 0x80]);
  });

  test('one of lower or the same priority does not preempt', () => {
    const { gic } = gicWith([
      { intid: 41, priority: 0x80 },
      { intid: 42, priority: 0x80 },
    ]);
    gic.acknowledge(1);
    assert.deepEqual([gic.pending(), gic.acknowledge(1)], [0, 1023]);
  });

  test('one of higher priority preempts; ends come in reverse order', () => {
    const { gic, state } = gicWith([{ intid: 40, priority: 0xa0 }]);
    assert.equal(gic.acknowledge(1), 40);
    setSystem(state, { ICH_LR1_EL2: list({ intid: 41, priority: 0x50 }) });
    assert.equal(gic.acknowledge(1), 41);
    gic.endOfInterrupt(1, 41);
    assert.equal(gic.runningPriority(), 0xa0);
    gic.endOfInterrupt(1, 40);
    assert.deepEqual([gic.runningPriority(), gic.emptyLists()], [0xff, 0xf]);
  });

  test('priorities inside one group priority do not preempt', () => {
    const { gic, state } = gicWith([{ intid: 40, priority: 0xa8 }], vmcr({ bpr1: 4 }));
    gic.acknowledge(1);
    setSystem(state, { ICH_LR1_EL2: list({ intid: 41, priority: 0xa0 }) });
    assert.equal(gic.pending(), 0);
  });

  test('EOImode 1: EOIR drops the priority, DIR deactivates', () => {
    const { gic, stateOf } = gicWith([{ intid: 40, priority: 0xa0 }], vmcr({ eoiMode: 1 }));
    gic.acknowledge(1);
    gic.endOfInterrupt(1, 40);
    assert.deepEqual([stateOf(0), gic.runningPriority()], [ACTIVE, 0xff]);
    gic.deactivate(40);
    assert.equal(stateOf(0), 0n);
  });

  test('EOImode 0: DIR does nothing', () => {
    const { gic, stateOf } = gicWith([{ intid: 40, priority: 0xa0, state: ACTIVE }]);
    gic.deactivate(40);
    assert.equal(stateOf(0), ACTIVE);
  });

  test('pending and active: acknowledged only after its end', () => {
    const { gic, stateOf } = gicWith([{ intid: 40, priority: 0xa0, state: 3n }]);
    assert.equal(gic.pending(), 0);
    setSystemActive(gic);
    gic.endOfInterrupt(1, 40);
    assert.deepEqual([stateOf(0), gic.pending()], [PENDING, 1]);
  });

  test('an end without its list register counts', () => {
    const { gic, state } = gicWith([]);
    gic.writeActivePriorities(1, 1 << 20);
    gic.endOfInterrupt(1, 77);
    assert.deepEqual([system(state, 'ICH_HCR_EL2') >> 27n, gic.runningPriority()], [1n, 0xff]);
  });

  test('an end with nothing active is ignored', () => {
    const { gic, state } = gicWith([]);
    gic.endOfInterrupt(1, 77);
    assert.equal(system(state, 'ICH_HCR_EL2') >> 27n, 0n);
  });
});

/** Marks the active priority of an interrupt at 0xa0. */
const setSystemActive = (gic: VirtualInterface): void => gic.writeActivePriorities(1, 1 << (0xa0 >> 3));

describe('masks and enables', () => {
  const one: readonly Interrupt[] = [{ intid: 40, priority: 0xa0 }];
  test('priority mask: only what is more urgent comes through', () => {
    assert.equal(gicWith(one, vmcr({ mask: 0xa0 })).gic.pending(), 0);
    assert.equal(gicWith(one, vmcr({ mask: 0xa8 })).gic.pending(), 1);
  });
  test('group 0 is a FIQ, and IAR1 does not see it', () => {
    const { gic } = gicWith([{ intid: 40, priority: 0xa0, group: 0 }]);
    assert.deepEqual([gic.pending(), gic.acknowledge(1), gic.acknowledge(0)], [2, 1023, 40]);
  });
  test('a disabled group', () => assert.equal(gicWith(one, vmcr() & ~2n).gic.pending(), 0));
  test('ICH_HCR_EL2.En = 0', () => assert.equal(gicWith(one, vmcr(), 0n).gic.pending(), 0));
  test('HPPIR looks past the mask', () => assert.equal(gicWith(one, vmcr({ mask: 0 })).gic.highestPendingInterrupt(1), 40));
});

describe('registers', () => {
  test('ICC_CTLR_EL1 as QEMU has it', () => assert.equal(gicWith([]).gic.readControl(), 0x8c00));
  test('ICC_PMR_EL1 has five bits', () => {
    const { gic } = gicWith([]);
    gic.setPriorityMask(0xff);
    assert.equal(gic.priorityMask(), 0xf8);
  });
  test('binary points have a least value', () => {
    const { gic } = gicWith([]);
    gic.setBinaryPoint(0, 0);
    gic.setBinaryPoint(1, 0);
    assert.deepEqual([gic.readBinaryPoint(0), gic.readBinaryPoint(1)], [2, 3]);
  });
  test('CBPR: group 1 reads group 0 plus one and ignores writes', () => {
    const { gic } = gicWith([], vmcr({ cbpr: 1, bpr0: 4 }));
    gic.setBinaryPoint(1, 7);
    assert.equal(gic.readBinaryPoint(1), 5);
  });
});

describe('maintenance', () => {
  test('EOI: a list register that asked for it was ended', () => {
    const { gic } = gicWith([{ intid: 40, priority: 0xa0, eoi: true }]);
    assert.equal(gic.maintenance(), 0);
    gic.acknowledge(1);
    gic.endOfInterrupt(1, 40);
    assert.deepEqual([gic.maintenance(), gic.endedLists()], [1, 1]);
  });
  test('underflow: one or none left', () => {
    assert.equal(gicWith([{ intid: 40, priority: 0 }], vmcr(), 3n).gic.maintenance(), 2);
    assert.equal(
      gicWith(
        [
          { intid: 40, priority: 0 },
          { intid: 41, priority: 0 },
        ],
        vmcr(),
        3n,
      ).gic.maintenance(),
      0,
    );
  });
  test('no pending', () => assert.equal(gicWith([{ intid: 40, priority: 0, state: ACTIVE }], vmcr(), 9n).gic.maintenance(), 8));
});
