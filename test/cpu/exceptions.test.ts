import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isIllegalReturn } from '../../emulator/cpu/exception-return.ts';
import { pstateAtEntry } from '../../emulator/cpu/exceptions.ts';
import { slots } from '../../emulator/translate/layout.ts';
import { place, processorOf, type Scripted, setSystem, system } from './situation.ts';

const VBAR = 0x8000n;
const PC = 0x1000n;
const EL0t = 0x0;
const EL1t = 0x4;
const EL1h = 0x5;

/** Runs one exit from a mode and gives what the exception left. */
function taken(mode: number, exit: Scripted, { profile = 'cortex-a57', registers = {} as Record<string, bigint> } = {}) {
  const { processor, state, clock } = processorOf(profile, [exit]);
  setSystem(state, { VBAR_EL1: VBAR, HCR_EL2: system(state, 'HCR_EL2') | 1n, ...registers });
  place(state, mode, PC);
  const end = processor.run(1000);
  return {
    kind: end.kind,
    vector: end.kind === 'trap' ? undefined : system(state, 'ELR_EL1') === 0n ? undefined : VBAR,
    state,
    clock,
    esr1: system(state, 'ESR_EL1'),
    esr2: system(state, 'ESR_EL2'),
    elr1: system(state, 'ELR_EL1'),
    elr2: system(state, 'ELR_EL2'),
    far1: system(state, 'FAR_EL1'),
    spsr1: system(state, 'SPSR_EL1'),
    executed: processor.executed,
  };
}

describe('synchronous exceptions: class, ISS, return address', () => {
  const rows: readonly (readonly [string, number, Scripted, { esr1?: bigint; esr2?: bigint; elr: bigint }])[] = [
    ['SVC from EL0', EL0t, { exit: 'svc', word: 0xd4024681 }, { esr1: 0x56001234n, elr: PC + 4n }],
    ['SVC from EL1', EL1h, { exit: 'svc', word: 0xd4000001 }, { esr1: 0x56000000n, elr: PC + 4n }],
    ['HVC from EL1', EL1h, { exit: 'hvc', word: 0xd4000022 }, { esr2: 0x5a000001n, elr: PC + 4n }],
    ['HVC from EL0 is UNDEFINED', EL0t, { exit: 'hvc', word: 0xd4000022 }, { esr1: 0x02000000n, elr: PC }],
    ['SMC without HCR_EL2.TSC is UNDEFINED', EL1h, { exit: 'smc', word: 0xd4000003 }, { esr1: 0x02000000n, elr: PC }],
    ['BRK', EL1h, { exit: 'brk', word: 0xd42000a0 }, { esr1: 0xf2000005n, elr: PC }],
    ['HLT', EL1h, { exit: 'hlt', word: 0xd4400000 }, { esr1: 0x02000000n, elr: PC }],
    ['UDF', EL0t, { exit: 'udf', word: 5 }, { esr1: 0x02000000n, elr: PC }],
    ['an unallocated word', EL1h, { exit: 'undefined', word: 0xffffffff }, { esr1: 0x02000000n, elr: PC }],
    ['FP access, CPACR_EL1.FPEN = 0', EL0t, { exit: 'fp-trap' }, { esr1: 0x1fe00000n, elr: PC }],
    ['misaligned SP', EL1h, { exit: 'sp-alignment' }, { esr1: 0x9a000000n, elr: PC }],
    ['pointer authentication, data key B', EL1h, { exit: 'pac-failure', payload: 3n }, { esr1: 0x72000003n, elr: PC }],
    ['WFI, HCR_EL2.TWI = 0 and SCTLR_EL1.nTWI = 0', EL0t, { exit: 'wfi' }, { esr1: 0x07e00000n, elr: PC }],
  ];
  for (const [name, mode, exit, { esr1, esr2, elr }] of rows) {
    test(name, () => {
      const after = taken(mode, exit, { registers: { CPACR_EL1: 0n, SCTLR_EL1: 0n } });
      if (esr1 !== undefined) assert.deepEqual([after.esr1, after.elr1], [esr1, elr]);
      if (esr2 !== undefined) assert.deepEqual([after.kind, after.esr2, after.elr2], ['trap', esr2, elr]);
    });
  }

  test('SMC with HCR_EL2.TSC returns to the SMC itself', () => {
    const after = taken(EL1h, { exit: 'smc', word: 0xd4000003 }, { registers: { HCR_EL2: (1n << 31n) | (1n << 19n) } });
    assert.deepEqual([after.kind, after.esr2, after.elr2], ['trap', 0x5e000000n, PC]);
  });

  test('a PC that is not aligned is in FAR_EL1', () => {
    const { processor, state } = processorOf('cortex-a57', [{ exit: 'pc-alignment' }]);
    place(state, EL1h, 0x1002n);
    processor.run(10);
    assert.deepEqual([system(state, 'ESR_EL1'), system(state, 'FAR_EL1')], [0x8a000000n, 0x1002n]);
  });

  test('the debugger may stop at the vector', () => {
    const { processor, state } = processorOf('cortex-a57', [{ exit: 'svc', word: 0xd4000001 }]);
    setSystem(state, { VBAR_EL1: VBAR });
    place(state, EL0t, PC);
    processor.onException = () => true;
    assert.equal(processor.run(10).kind, 'exception');
    assert.equal(state.get(slots.pc), VBAR + 0x400n);
  });
});

describe('vectors', () => {
  const rows = [
    ['EL0', EL0t, 0x400n],
    ['EL1 with SP_EL0', EL1t, 0x000n],
    ['EL1 with SP_EL1', EL1h, 0x200n],
  ] as const;
  for (const [name, mode, offset] of rows) {
    test(`from ${name}`, () => {
      const { processor, state } = processorOf('cortex-a57', [{ exit: 'svc', word: 0xd4000001 }]);
      setSystem(state, { VBAR_EL1: VBAR });
      place(state, mode, PC);
      processor.run(1);
      assert.equal(state.get(slots.pc), VBAR + offset);
      assert.equal(state.low(slots.pstate) & 0xf, EL1h);
    });
  }

  test('the stack pointers are banked', () => {
    const { processor, state } = processorOf('cortex-a57', [
      { exit: 'svc', word: 0xd4000001 },
      { exit: 'eret', word: 0xd69f03e0 },
    ]);
    place(state, EL0t, PC);
    setSystem(state, { SP_EL1: 0x111n });
    state.set(slots.sp, 0x222n);
    processor.run(1);
    assert.equal(state.get(slots.sp), 0x111n);
    state.set(slots.sp, 0x333n);
    processor.run(1);
    assert.deepEqual([state.get(slots.sp), system(state, 'SP_EL1'), state.get(slots.pc)], [0x222n, 0x333n, PC + 4n]);
  });
});

describe('PSTATE at entry to EL1 (AArch64.TakeException)', () => {
  const max = processorOf('max').processor.features;
  const base = processorOf('cortex-a57').processor.features;
  const span = { low: 1 << 23, high: 0 };
  const rows = [
    ['flags and DIT stay, everything is masked', max, 0xf100_0000, span, 0xf100_03c5],
    ['UAO, SS, IL and BTYPE are cleared', max, 0x00b0_0c00, span, 0x0000_03c5],
    ['SPAN = 1: PAN stays', max, 0x0040_0000, span, 0x0040_03c5],
    ['SPAN = 0: PAN is set', max, 0x0000_0000, { low: 0, high: 0 }, 0x0040_03c5],
    ['without FEAT_PAN there is no PAN', base, 0x0000_0000, { low: 0, high: 0 }, 0x0000_03c5],
    ['DSSBS = 1: SSBS is set', max, 0x0000_0000, { low: 1 << 23, high: 1 << 12 }, 0x0000_13c5],
    ['DSSBS = 0: SSBS is cleared', max, 0x0000_1000, span, 0x0000_03c5],
  ] as const;
  for (const [name, features, old, sctlr, expected] of rows) {
    test(name, () => assert.equal(pstateAtEntry(old >>> 0, 1, sctlr, features).toString(16), (expected >>> 0).toString(16)));
  }
});

describe('exception return', () => {
  const rows = [
    [0x0, 1, false],
    [0x1, 1, true],
    [0x2, 1, true],
    [0x4, 1, false],
    [0x5, 1, false],
    [0x6, 1, true],
    [0x8, 1, true],
    [0x9, 1, true],
    [0xd, 1, true],
    [0x10, 1, true],
    [0x1d, 1, true],
  ] as const;
  for (const [spsr, el, illegal] of rows) {
    test(`SPSR.M = 0x${spsr.toString(16)} from EL${el} is ${illegal ? 'illegal' : 'legal'}`, () =>
      assert.equal(isIllegalReturn(spsr, el, false), illegal));
  }

  test('to EL1 while HCR_EL2.TGE = 1 is illegal', () => assert.equal(isIllegalReturn(0x5, 2, true), true));

  test('an illegal return stays, sets PSTATE.IL, and the next instruction is an illegal state exception', () => {
    const { processor, state } = processorOf('cortex-a57', [{ exit: 'eret', word: 0xd69f03e0 }]);
    setSystem(state, { SPSR_EL1: 0x8000_0009n, ELR_EL1: 0x5000n, VBAR_EL1: VBAR });
    place(state, 0x3c5, PC);
    processor.run(2);
    assert.deepEqual([system(state, 'ESR_EL1'), system(state, 'ELR_EL1'), system(state, 'SPSR_EL1')], [0x3a000000n, 0x5000n, 0x8010_0005n]);
  });

  test('the tag leaves PC where the target ignores it', () => {
    const { processor, state } = processorOf('cortex-a57', [{ exit: 'eret', word: 0xd69f03e0 }]);
    setSystem(state, { SPSR_EL1: 0n, ELR_EL1: 0x5500_0000_0000_5000n, TCR_EL1: 1n << 37n });
    place(state, 0x3c5, PC);
    processor.run(1);
    assert.equal(state.get(slots.pc), 0x5000n);
  });

  test('ERET wakes WFE and clears the exclusive monitor', () => {
    const { processor, state } = processorOf('cortex-a57', [{ exit: 'eret', word: 0xd69f03e0 }]);
    state.setWords(slots.exclusiveHost, 64, 0);
    place(state, 0x3c5, PC);
    processor.run(1);
    assert.deepEqual([processor.event, state.low(slots.exclusiveHost)], [true, 0]);
  });
});

describe('a loop of exceptions ends its slice', () => {
  test('a vector that faults at its first instruction', () => {
    const { processor, state } = processorOf(
      'cortex-a57',
      Array.from({ length: 100 }, () => ({ exit: 'undefined' as const })),
    );
    place(state, 0x3c5, PC);
    assert.deepEqual(processor.run(10), { kind: 'budget' });
  });
});

describe('hardware breakpoints (MDSCR_EL1.MDE)', () => {
  const control = 0x1e5n; // address match, BAS all, EL0, enabled
  function at(pc: bigint, registers: Readonly<Record<string, bigint>>) {
    const { processor, state } = processorOf();
    place(state, EL0t, pc);
    setSystem(state, { VBAR_EL1: VBAR, MDSCR_EL1: 1n << 15n, DBGBVR2_EL1: 0x1008n, DBGBCR2_EL1: control, ...registers });
    const end = processor.run(4);
    return { end, esr: system(state, 'ESR_EL1'), elr: system(state, 'ELR_EL1'), executed: processor.executed };
  }
  test('stop before the instruction', () => {
    const after = at(PC, {});
    assert.deepEqual([after.esr, after.elr], [0xc2000022n, 0x1008n]);
  });
  test('not for another level', () => assert.equal(at(PC, { DBGBCR2_EL1: 0x1e3n }).esr, 0n));
  test('not while MDE is 0', () => assert.equal(at(PC, { MDSCR_EL1: 0n }).esr, 0n));
  test('not while the OS lock is on', () => assert.equal(at(PC, { OSLSR_EL1: 0xan }).esr, 0n));
  test('a linked watchpoint stops the machine', () => assert.equal(at(PC, { DBGWCR0_EL1: 0x100001n }).end.kind, 'stop'));
});

describe('software step (MDSCR_EL1.SS)', () => {
  const step = (pstate: number) => {
    const { processor, state } = processorOf();
    place(state, pstate, PC);
    setSystem(state, { VBAR_EL1: VBAR, MDSCR_EL1: 1n });
    processor.run(2);
    return [system(state, 'ESR_EL1'), system(state, 'ELR_EL1')];
  };
  test('PSTATE.SS = 1: one instruction, then the exception', () => assert.deepEqual(step(1 << 21), [0xcb000022n, PC + 4n]));
  test('PSTATE.SS = 0: the exception at once', () => assert.deepEqual(step(0), [0xca000022n, PC]));
  test('not at EL1 without MDSCR_EL1.KDE', () => assert.deepEqual(step((1 << 21) | 0x5), [0n, 0n]));
});
