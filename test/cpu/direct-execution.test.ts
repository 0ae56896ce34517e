/** What generated code performs itself comes to the same as the processor's own way. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { deriveState } from '../../emulator/cpu/derived-state.ts';
import { type TimerName, timerDeadline, timerLine } from '../../emulator/cpu/timer.ts';
import { systemRegisterSlot } from '../../emulator/isa/registers/index.ts';
import { CPU, machineWords, SYSTEM_OFFSET, slotAddress, slots } from '../../emulator/translate/layout.ts';
import { FlatMachine, RAM } from '../translate/flat-machine.ts';
import { generator } from '../translate/region/compare.ts';
import { mrs, msr, place, processorOf, setSystem } from './situation.ts';

const EL1_MASKED = 0x3c5;
const HLT = 0xd4400000;
/** RW, interrupts routed to EL2, pointer authentication not trapped. */
const HCR_EL2 = (1n << 31n) | (7n << 3n) | (3n << 40n);
const machine = new FlatMachine();

interface Situation {
  readonly word: number;
  readonly x0: bigint;
  readonly registers: Readonly<Record<string, bigint>>;
  /** Machine time, what is left of the slice, and of the entry beyond it. */
  readonly now: number;
  readonly slice: number;
  readonly beyond: number;
}

const address = (name: string): number => CPU + SYSTEM_OFFSET + systemRegisterSlot(name) * 8;

/** Performs the instruction in both ways; undefined: generated code left it to the processor, with nothing changed. */
function both({ word, x0, registers, now, slice, beyond }: Situation, timer?: TimerName) {
  const { processor, state, clock, script } = processorOf('max');
  clock.instructions = now;
  const names = Object.keys(registers);
  setSystem(state, { HCR_EL2, ...registers });
  place(state, EL1_MASKED, BigInt(RAM));
  state.set(slots.x, x0);
  deriveState(processor);

  for (const name of [...names, 'HCR_EL2']) machine.view.setBigUint64(address(name), state.named(name), true);
  for (const slot of [slots.x, slots.el, slots.pstate, slots.interruptPending, slots.direct]) machine.setSlot(slot, state.get(slot));
  machine.view.setFloat64(slotAddress(slots.sliceEnd), now + slice, true);
  machine.view.setFloat64(machineWords.entryEnd, now + slice + beyond, true);
  machine.view.setUint32(RAM, word, true);
  machine.view.setUint32(RAM + 4, HLT, true);
  machine.code.discardAll();
  const exit = machine.run(BigInt(RAM), slice);
  const seen = () => [
    machine.slot(slots.x),
    machine.slot(slots.interruptPending),
    ...names.map((name) => machine.view.getBigUint64(address(name), true)),
  ];
  const own = () => [state.get(slots.x), state.get(slots.interruptPending), ...names.map((name) => state.named(name))];
  if (exit === 'system') {
    assert.deepEqual([machine.slot(slots.pc), ...seen()], [BigInt(RAM), ...own()], 'nothing changed');
    return undefined;
  }
  assert.equal(machine.slot(slots.pc), BigInt(RAM + 4));
  const before = timer && timerLine(processor, timer);
  script.push({ exit: 'system', word });
  const { kind } = processor.run(1);
  assert.equal(processor.executed, 1);
  assert.deepEqual(seen(), own());
  assert.ok(exit === 'interrupts' || exit === 'hlt', exit);
  const deadline = timer && Math.max(now, timerDeadline(processor, timer));
  return { leaves: exit === 'interrupts', kind, before, deadline };
}

describe('a timer', () => {
  const random = generator(0x7153);
  const names = ['CTL', 'CVAL', 'TVAL'];
  for (const [timer, prefix] of [
    ['virtual', 'CNTV'],
    ['physical', 'CNTP'],
  ] as const) {
    const registers = (now: number): Record<string, bigint> => {
      const ticks = BigInt(Math.floor(now / 16));
      const offset = random(2) ? 0n : BigInt(random(1000));
      const near = [ticks - offset, ticks - offset + BigInt(random(40) - 20), BigInt(random(2 ** 31)), (1n << 64n) - BigInt(random(3))];
      return {
        CNTVOFF_EL2: offset,
        [`${prefix}_CTL_EL0`]: BigInt(random(4)),
        [`${prefix}_CVAL_EL0`]: BigInt.asUintN(64, near[random(4)]!),
      };
    };
    const situation = (word: number): Situation => {
      const now = random(1_000_000);
      const values = registers(now);
      const operands = [
        BigInt(random(4)),
        values[`${prefix}_CVAL_EL0`]!,
        BigInt(random(400)),
        0xffff_ffffn - BigInt(random(100)),
        1n << BigInt(random(64)),
      ];
      const x0 = operands[random(operands.length)]!;
      return { word, x0, registers: values, now, slice: 2 + random(300), beyond: random(2) ? 0 : random(500) };
    };

    test(`${prefix}: reads`, () => {
      for (const name of names)
        for (let n = 0; n < 60; n++) assert.equal(both(situation(mrs(`${prefix}_${name}_EL0`)))?.leaves, false, `${name} ${n}`);
    });

    test(`${prefix}: writes, and the hypervisor looks where the line was up or rises before it looks in any case`, () => {
      let stays = 0;
      for (const name of names)
        for (let n = 0; n < 250; n++) {
          const written = situation(msr(`${prefix}_${name}_EL0`));
          const { leaves, before, deadline } = both(written, timer)!;
          const end = written.now + written.slice + written.beyond;
          if (before || deadline! < end) assert.ok(leaves, `${name} ${n}: must look`);
          else if (deadline! > end + 16) assert.ok(!leaves, `${name} ${n}: need not look`);
          if (!leaves) stays++;
        }
      assert.ok(stays > 100, `${stays} writes go on`);
    });
  }

  test('the counters', () => {
    for (const name of ['CNTVCT_EL0', 'CNTPCT_EL0', 'CNTFRQ_EL0'])
      assert.equal(
        both({ word: mrs(name), x0: 0n, registers: { CNTVOFF_EL2: 5n, CNTFRQ_EL0: 62_500_000n }, now: 12345, slice: 9, beyond: 0 })?.leaves,
        false,
      );
  });
});

describe('the virtual CPU interface', () => {
  const random = generator(0x61c3);
  const oneOf = <T>(...values: readonly T[]): T => values[random(values.length)]!;
  const intids = [27, 40, 41, 8200];
  const list = (): bigint => {
    const [state, eoi, hardware] = [random(4), random(4) === 0, random(4) === 0].map(BigInt) as [bigint, bigint, bigint];
    const group = random(12) === 0 ? 0n : 1n;
    const priority = BigInt(oneOf(0x80, 0xa0, 0xa8, 0xf8, 0));
    return (state << 62n) | (hardware << 61n) | (group << 60n) | (priority << 48n) | (eoi << 41n) | BigInt(oneOf(...intids));
  };
  const registers = (): Record<string, bigint> => {
    const quiet = random(3) !== 0;
    const bits = (chance: number, value: number): number => (random(chance) === 0 ? value : 0);
    const vmcr =
      (oneOf(0xf8, 0xf8, 0xf0, 0x80, 0) << 24) | (random(8) << 21) | (random(8) << 18) | bits(9, 1 << 9) | bits(9, 1 << 4) | bits(6, 1);
    return {
      HCR_EL2: HCR_EL2 | BigInt(bits(10, 1 << (6 + random(3)))),
      ICH_HCR_EL2: BigInt(oneOf(1, 1, 1, 1, 1, 1, 0, 3, 9, (1 << 27) | 5)),
      ICH_VMCR_EL2: BigInt((vmcr | (random(8) ? 2 : 0)) >>> 0),
      ICH_AP0R0_EL2: BigInt(bits(9, 1 << random(31))),
      ICH_AP1R0_EL2: BigInt(oneOf(0, 1 << 16, 1 << 20, (1 << 20) | (1 << 16), 1 << random(31))),
      ICH_LR0_EL2: list(),
      ICH_LR1_EL2: quiet ? 0n : list(),
      ICH_LR2_EL2: quiet ? 0n : list(),
      ICH_LR3_EL2: random(3) ? 0n : list(),
    };
  };
  /** Behind an acknowledge: nothing waits, one of the list registers is active with its priority. */
  const acknowledged = (): Record<string, bigint> => {
    const at = random(4);
    const priority = oneOf(0x80, 0xa0, 0xa8);
    const lists = [0, 1, 2, 3].map((n) => [`ICH_LR${n}_EL2`, n > at && random(3) ? 0n : list() & ~(1n << 62n)] as const);
    const active = (2n << 62n) | (random(2) ? 1n << 41n : 0n) | (1n << 60n) | (BigInt(priority) << 48n) | BigInt(oneOf(...intids));
    return {
      ...registers(),
      ...Object.fromEntries(lists),
      [`ICH_LR${at}_EL2`]: active,
      ICH_VMCR_EL2: BigInt(((0xf8 << 24) | (oneOf(0, 3, 4) << 18) | 2) >>> 0),
      ICH_AP1R0_EL2: BigInt((1 << (priority >> 3)) | (random(2) ? 1 << 30 : 0)),
    };
  };
  const rows: readonly (readonly [string, number, () => bigint])[] = [
    ['MRS ICC_IAR1_EL1', mrs('ICC_IAR1_EL1'), () => 0n],
    ['MSR ICC_EOIR1_EL1', msr('ICC_EOIR1_EL1'), () => BigInt(oneOf(...intids, ...intids, 1019, 1020, 1023, 1024, 0xff00_001b))],
    ['MRS ICC_PMR_EL1', mrs('ICC_PMR_EL1'), () => 0n],
    ['MSR ICC_PMR_EL1', msr('ICC_PMR_EL1'), () => BigInt(random(2 ** 31))],
    ['MRS ICC_RPR_EL1', mrs('ICC_RPR_EL1'), () => 0n],
  ];
  for (const [name, word, x0] of rows)
    test(name, () => {
      let [direct, told] = [0, 0];
      for (let n = 0; n < 800; n++) {
        const outcome = both({ word, x0: x0(), registers: random(2) ? registers() : acknowledged(), now: 1000, slice: 10, beyond: 0 });
        if (!outcome) continue;
        direct++;
        if (outcome.leaves) told++;
        // The processor tells of maintenance that was wanted before, too.
        if (outcome.leaves) assert.equal(outcome.kind, 'irq');
      }
      assert.ok(direct > 20, `${direct} of 800 in generated code`);
      if (name.includes('EOIR')) assert.ok(told > 5, `${told} ask for maintenance`);
    });
});

describe('identification and storage', () => {
  test('MIDR_EL1 and MPIDR_EL1 are what the hypervisor says', () => {
    for (const [name, shown] of [
      ['MIDR_EL1', 'VPIDR_EL2'],
      ['MPIDR_EL1', 'VMPIDR_EL2'],
    ] as const) {
      const outcome = both({ word: mrs(name), x0: 0n, registers: { [name]: 1n, [shown]: 0x8000_0103n }, now: 0, slice: 5, beyond: 0 });
      assert.deepEqual([outcome?.leaves, machine.slot(slots.x)], [false, 0x8000_0103n]);
    }
  });

  test('CONTEXTIDR_EL1 keeps what cannot be written', () => {
    const registers = { CONTEXTIDR_EL1: 0xaaaa_0000_5555_5555n };
    assert.equal(both({ word: msr('CONTEXTIDR_EL1'), x0: (1n << 64n) - 2n, registers, now: 0, slice: 5, beyond: 0 })?.leaves, false);
    assert.equal(machine.view.getBigUint64(address('CONTEXTIDR_EL1'), true), 0xaaaa_0000_ffff_fffen);
  });

  test('CONTEXTIDR_EL1 and the keys of pointer authentication, where HCR_EL2 traps them', () => {
    const trapped = (name: string, control: bigint) =>
      both({ word: msr(name), x0: 7n, registers: { HCR_EL2: control, [name]: 1n }, now: 0, slice: 5, beyond: 0 }) === undefined;
    const APK = 1n << 40n;
    assert.deepEqual([trapped('CONTEXTIDR_EL1', HCR_EL2), trapped('CONTEXTIDR_EL1', HCR_EL2 | (1n << 26n))], [false, true]);
    assert.deepEqual([trapped('APIAKeyLo_EL1', HCR_EL2), trapped('APIAKeyLo_EL1', HCR_EL2 & ~APK)], [false, true]);
  });
});
