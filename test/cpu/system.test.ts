import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { slots } from '../../emulator/translate/layout.ts';
import { mrs, msr, place, processorOf, setSystem, system } from './situation.ts';

const EL0 = 0x0;
const EL1 = 0x3c5;
const UNDEFINED = 'UNDEFINED';
const TO_EL1 = 'trapped to EL1';
const TO_EL2 = 'trapped to EL2';

/** What becomes of a system instruction. */
function outcome(mode: number, word: number, registers: Readonly<Record<string, bigint>> = {}, profile = 'neoverse-n1') {
  const { processor, state } = processorOf(profile, [{ exit: 'system', word }]);
  setSystem(state, { ESR_EL1: 0n, ESR_EL2: 0n });
  place(state, mode, 0x1000n);
  state.set(3, 0x1234_5678_9abc_def0n);
  setSystem(state, registers);
  const end = processor.run(1);
  if (end.kind === 'stop') return 'stopped';
  if (end.kind === 'trap') return TO_EL2;
  const ec = Number(system(state, 'ESR_EL1') >> 26n);
  if (state.get(slots.pc) === 0x1004n) return 'performed';
  return ec === 0 ? UNDEFINED : ec === 0x18 ? TO_EL1 : `EC 0x${ec.toString(16)}`;
}

const hcr = (bit: number): Readonly<Record<string, bigint>> => ({ HCR_EL2: (1n << 31n) | (1n << BigInt(bit)) });
const SYS = (op1: number, CRn: number, CRm: number, op2: number, rt = 3): number =>
  (0xd5080000 | (op1 << 16) | (CRn << 12) | (CRm << 8) | (op2 << 5) | rt) >>> 0;

describe('access: where it goes', () => {
  const rows: readonly (readonly [string, number, number, Readonly<Record<string, bigint>>, string])[] = [
    ['EL1 register from EL0', EL0, mrs('SCTLR_EL1'), {}, UNDEFINED],
    ['EL2 register from EL1', EL1, mrs('HCR_EL2'), {}, UNDEFINED],
    ['write of a read-only register', EL1, msr('MIDR_EL1'), {}, UNDEFINED],
    ['read of a write-only register', EL1, mrs('ICC_EOIR1_EL1'), {}, UNDEFINED],
    ['a register of a feature that is not offered', EL1, mrs('APIAKeyLo_EL1'), {}, UNDEFINED],
    ['the PMU, which is not offered', EL1, mrs('PMCR_EL0'), {}, UNDEFINED],
    ['ID register', EL1, mrs('ID_AA64MMFR0_EL1'), {}, 'performed'],
    ['ID register, HCR_EL2.TID3', EL1, mrs('ID_AA64MMFR0_EL1'), hcr(18), TO_EL2],
    ['REVIDR_EL1, HCR_EL2.TID1', EL1, mrs('REVIDR_EL1'), hcr(16), TO_EL2],
    ['CCSIDR_EL1, HCR_EL2.TID2', EL1, mrs('CCSIDR_EL1'), hcr(17), TO_EL2],
    ['CSSELR_EL1 written, HCR_EL2.TID2', EL1, msr('CSSELR_EL1'), hcr(17), TO_EL2],
    ['SCTLR_EL1 written, HCR_EL2.TVM', EL1, msr('SCTLR_EL1'), hcr(26), TO_EL2],
    ['SCTLR_EL1 read, HCR_EL2.TVM', EL1, mrs('SCTLR_EL1'), hcr(26), 'performed'],
    ['ACTLR_EL1, HCR_EL2.TACR', EL1, mrs('ACTLR_EL1'), hcr(21), TO_EL2],
    ['CPACR_EL1, CPTR_EL2.TCPAC', EL1, mrs('CPACR_EL1'), { CPTR_EL2: 1n << 31n }, TO_EL2],
    ['MDSCR_EL1, MDCR_EL2.TDA', EL1, mrs('MDSCR_EL1'), { MDCR_EL2: 1n << 9n }, TO_EL2],
    ['OSLSR_EL1, MDCR_EL2.TDOSA', EL1, mrs('OSLSR_EL1'), { MDCR_EL2: 1n << 10n }, TO_EL2],
    ['breakpoint beyond the last', EL1, mrs('DBGBVR6_EL1'), {}, UNDEFINED],
    ['an implementation defined register', EL1, 0xd539f200, {}, UNDEFINED],
    ['an implementation defined register, HCR_EL2.TIDCP', EL1, 0xd539f200, hcr(20), TO_EL2],
    ['CTR_EL0 from EL0, SCTLR_EL1.UCT = 0', EL0, mrs('CTR_EL0'), { SCTLR_EL1: 0n }, TO_EL1],
    ['CTR_EL0 from EL0, SCTLR_EL1.UCT = 1', EL0, mrs('CTR_EL0'), { SCTLR_EL1: 1n << 15n }, 'performed'],
    ['CNTVCT_EL0 from EL0, CNTKCTL_EL1 = 0', EL0, mrs('CNTVCT_EL0'), {}, TO_EL1],
    ['CNTVCT_EL0 from EL0, EL0VCTEN', EL0, mrs('CNTVCT_EL0'), { CNTKCTL_EL1: 2n }, 'performed'],
    ['CNTPCT_EL0 from EL1, CNTHCTL_EL2 = 0', EL1, mrs('CNTPCT_EL0'), { CNTHCTL_EL2: 0n }, TO_EL2],
    ['CNTP_CTL_EL0 from EL1, EL1PCEN', EL1, mrs('CNTP_CTL_EL0'), { CNTHCTL_EL2: 2n }, 'performed'],
    ['CNTFRQ_EL0 written at EL1', EL1, msr('CNTFRQ_EL0'), {}, UNDEFINED],
    ['DAIF from EL0, SCTLR_EL1.UMA = 0', EL0, mrs('DAIF'), { SCTLR_EL1: 0n }, TO_EL1],
    ['SP_EL0 while it is the stack pointer', 0x3c4, mrs('SP_EL0'), {}, UNDEFINED],
    ['ICC_SGI1R_EL1 with HCR_EL2.IMO', EL1, msr('ICC_SGI1R_EL1'), hcr(4), TO_EL2],
    ['ICC_IAR1_EL1 with HCR_EL2.IMO', EL1, mrs('ICC_IAR1_EL1'), hcr(4), 'performed'],
    ['ICC_IAR1_EL1 without: the host has no interface to share', EL1, mrs('ICC_IAR1_EL1'), {}, 'stopped'],
    ['ICC_PMR_EL1, ICH_HCR_EL2.TC', EL1, mrs('ICC_PMR_EL1'), { ...hcr(4), ICH_HCR_EL2: 1n << 10n }, TO_EL2],
    ['ICC_DIR_EL1, ICH_HCR_EL2.TDIR', EL1, msr('ICC_DIR_EL1'), { ...hcr(4), ICH_HCR_EL2: 1n << 14n }, TO_EL2],
    ['ICC_AP1R1_EL1: five bits of preemption need one register', EL1, mrs('ICC_AP1R1_EL1'), hcr(4), UNDEFINED],
    ['TLBI VMALLE1', EL1, SYS(0, 8, 7, 0, 31), {}, 'performed'],
    ['TLBI VMALLE1 from EL0', EL0, SYS(0, 8, 7, 0, 31), {}, UNDEFINED],
    ['TLBI VMALLE1IS, HCR_EL2.TTLB', EL1, SYS(0, 8, 3, 0, 31), hcr(25), TO_EL2],
    ['TLBI RVAE1 without FEAT_TLBIRANGE', EL1, SYS(0, 8, 6, 1), {}, UNDEFINED],
    ['DC ISW, HCR_EL2.TSW', EL1, SYS(0, 7, 6, 2), hcr(22), TO_EL2],
    ['DC CIVAC, HCR_EL2.TPC', EL1, SYS(3, 7, 14, 1), hcr(23), TO_EL2],
    ['IC IALLU, HCR_EL2.TPU', EL1, SYS(0, 7, 5, 0, 31), hcr(24), TO_EL2],
    ['DC CIVAC from EL0, SCTLR_EL1.UCI = 0', EL0, SYS(3, 7, 14, 1), { SCTLR_EL1: 0n }, TO_EL1],
    ['DC CIVAC from EL0, SCTLR_EL1.UCI = 1', EL0, SYS(3, 7, 14, 1), { SCTLR_EL1: 1n << 26n }, 'performed'],
    ['AT S12E1R from EL1', EL1, SYS(4, 7, 8, 4), {}, UNDEFINED],
  ];
  for (const [name, mode, word, registers, expected] of rows) {
    test(`${name}: ${expected}`, () => assert.equal(outcome(mode, word, registers), expected));
  }

  test('FEAT_IDST: reads of the ID space from EL0 are EC 0x18', () => {
    assert.equal(outcome(EL0, mrs('ID_AA64MMFR0_EL1'), {}, 'max'), TO_EL1);
    assert.equal(outcome(EL0, mrs('ID_AA64MMFR0_EL1'), {}, 'neoverse-n1'), UNDEFINED);
  });

  test('the syndrome of a trapped write', () => {
    const { processor, state } = processorOf('neoverse-n1', [{ exit: 'system', word: msr('SCTLR_EL1', 7) }]);
    place(state, EL1, 0x1000n);
    setSystem(state, hcr(26));
    processor.run(1);
    // Op0 3, Op2 0, Op1 0, CRn 1, Rt 7, CRm 0, write.
    assert.equal(system(state, 'ESR_EL2').toString(16), 0x623004e0n.toString(16));
  });
});

describe('what registers hold', () => {
  function written(name: string, value: bigint, profile = 'neoverse-n1'): bigint {
    const { processor, state } = processorOf(profile, [
      { exit: 'system', word: msr(name, 3) },
      { exit: 'system', word: mrs(name, 4) },
    ]);
    place(state, EL1, 0x1000n);
    setSystem(state, hcr(4));
    state.set(3, value);
    // A write of a timer register ends the first run.
    processor.run(1);
    processor.run(1);
    return state.get(4);
  }
  const ALL = (1n << 64n) - 1n;
  const rows = [
    ['VBAR_EL1', ALL, ALL & ~0x7ffn],
    ['CONTEXTIDR_EL1', ALL, 0xffff_ffffn],
    ['CPACR_EL1', ALL, 0x1030_0000n],
    ['AMAIR_EL1', ALL, 0n],
    // The condition (0 >= 0) is met.
    ['CNTV_CTL_EL0', ALL, 7n],
    ['ICC_PMR_EL1', 0xffn, 0xf8n],
    ['ICC_SRE_EL1', 0n, 7n],
    ['FPCR', ALL, 0x07ff_0000n],
    ['PAN', ALL, 1n << 22n],
  ] as const;
  for (const [name, value, expected] of rows) test(name, () => assert.equal(written(name, value).toString(16), expected.toString(16)));

  test('without FEAT_FP16 there is no FPCR.FZ16', () => assert.equal(written('FPCR', ALL, 'cortex-a57'), 0x07f7_0000n));

  test('MIDR_EL1 and MPIDR_EL1 are what the hypervisor says', () => {
    const { processor, state } = processorOf('cortex-a57', [
      { exit: 'system', word: mrs('MIDR_EL1', 4) },
      { exit: 'system', word: mrs('MPIDR_EL1', 5) },
    ]);
    place(state, EL1, 0x1000n);
    setSystem(state, { VPIDR_EL2: 0x1234n, VMPIDR_EL2: 0x8000_0003n });
    processor.run(2);
    assert.deepEqual([state.get(4), state.get(5)], [0x1234n, 0x8000_0003n]);
  });

  test('CCSIDR_EL1 follows CSSELR_EL1', () => {
    const { processor, state } = processorOf('cortex-a57', [{ exit: 'system', word: mrs('CCSIDR_EL1', 4) }]);
    place(state, EL1, 0x1000n);
    setSystem(state, { CSSELR_EL1: 2n });
    processor.run(1);
    assert.equal(state.get(4), 0x70ff_e07an);
  });
});

describe('virtual interrupts', () => {
  const IRQ = hcr(4);
  function run(mode: number, registers: Readonly<Record<string, bigint>>) {
    const { processor, state } = processorOf('neoverse-n1', []);
    place(state, mode, 0x1000n);
    setSystem(state, { VBAR_EL1: 0x8000n, ...registers });
    processor.run(1);
    return state;
  }
  const taken = (mode: number, registers: Readonly<Record<string, bigint>>): number => {
    const state = run(mode, registers);
    return Number(state.get(slots.pc) - 4n) & 0x780;
  };
  test('HCR_EL2.VI with IMO', () => assert.equal(taken(EL0, { HCR_EL2: IRQ.HCR_EL2! | (1n << 7n) }), 0x480));
  test('masked by PSTATE.I', () => assert.equal(taken(0x85, { HCR_EL2: IRQ.HCR_EL2! | (1n << 7n) }), 0x1000 & 0x780));
  test('without IMO there is no virtual IRQ', () => assert.equal(run(EL0, { HCR_EL2: (1n << 31n) | (1n << 7n) }).get(slots.pc), 0x1004n));
  test('FIQ before IRQ', () => assert.equal(taken(EL0, { HCR_EL2: (1n << 31n) | 0xd8n }), 0x500));
  test('virtual SError: syndrome from VSESR_EL2, VSE is cleared', () => {
    const state = run(EL0, { HCR_EL2: (1n << 31n) | (1n << 5n) | (1n << 8n), VSESR_EL2: 1n << 24n });
    assert.equal(state.get(slots.pc), 0x8584n);
    assert.deepEqual([system(state, 'ESR_EL1'), system(state, 'HCR_EL2') & 0x100n], [0xbf000000n, 0n]);
  });
  test('ESB defers a masked virtual SError', () => {
    const { processor, state } = processorOf('neoverse-n1', [{ exit: 'system', word: 0xd503221f }]);
    place(state, EL1, 0x1000n);
    setSystem(state, { HCR_EL2: (1n << 31n) | (1n << 5n) | (1n << 8n), VSESR_EL2: 0x11n });
    processor.run(1);
    assert.deepEqual([system(state, 'VDISR_EL2'), system(state, 'HCR_EL2') & 0x100n], [0x8000_0011n, 0n]);
  });
});
