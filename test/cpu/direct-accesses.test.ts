import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { deriveState } from '../../emulator/cpu/derived-state.ts';
import { decideDirectAccesses } from '../../emulator/cpu/system/direct-accesses.ts';
import { directAccesses, directBit } from '../../emulator/isa/registers/direct-access.ts';
import { slots } from '../../emulator/translate/layout.ts';
import { place, processorOf, setSystem } from './situation.ts';

const EL0 = 0x0;
const EL1 = 0x3c5;
/** RW, interrupts routed to EL2, pointer authentication not trapped. */
const RW = (1n << 31n) | (7n << 3n) | (3n << 40n);

/** Accesses left to generated code at a level, with these registers. */
function direct(mode: number, registers: Readonly<Record<string, bigint>>, profile = 'max'): readonly string[] {
  const { processor, state } = processorOf(profile);
  setSystem(state, registers);
  place(state, mode, 0x1000n);
  deriveState(processor);
  const bits = state.low(slots.direct);
  return directAccesses.filter((access) => (bits & directBit(access)) !== 0);
}

const without = (pattern: RegExp): readonly string[] => directAccesses.filter((access) => !pattern.test(access));
const only = (pattern: RegExp): readonly string[] => directAccesses.filter((access) => pattern.test(access));

describe('what generated code performs without the processor', () => {
  const rows: readonly (readonly [string, number, Readonly<Record<string, bigint>>, readonly string[]])[] = [
    ['EL1, nothing trapped', EL1, { HCR_EL2: RW }, directAccesses],
    ['EL1, HCR_EL2.TID2', EL1, { HCR_EL2: RW | (1n << 17n) }, without(/CTR/)],
    ['EL1, HCR_EL2.TPU', EL1, { HCR_EL2: RW | (1n << 24n) }, without(/CVAU|IVAU/)],
    ['EL1, HCR_EL2.TPC', EL1, { HCR_EL2: RW | (1n << 23n) }, without(/CVAC|CIVAC/)],
    ['EL1, HCR_EL2.TOCU', EL1, { HCR_EL2: RW | (1n << 52n) }, without(/CVAU|IVAU/)],
    ['EL1, HCR_EL2.TTLB', EL1, { HCR_EL2: RW | (1n << 25n) }, without(/TLBI/)],
    ['EL1, HCR_EL2.TTLBIS', EL1, { HCR_EL2: RW | (1n << 54n) }, without(/TLBI .*IS$/)],
    ['EL1, HCR_EL2.TVM', EL1, { HCR_EL2: RW | (1n << 26n) }, without(/CONTEXTIDR/)],
    ['EL1, HCR_EL2.APK = 0', EL1, { HCR_EL2: RW & ~(1n << 40n) }, without(/Key/)],
    ['EL1, HCR_EL2.IMO = 0', EL1, { HCR_EL2: RW & ~(1n << 4n) }, without(/ICC_(IAR|EOIR)/)],
    ['EL1, HCR_EL2.IMO = FMO = 0', EL1, { HCR_EL2: RW & ~(3n << 3n) }, without(/ICC/)],
    ['EL1, ICH_HCR_EL2.TC', EL1, { HCR_EL2: RW, ICH_HCR_EL2: 1n << 10n }, without(/ICC_(PMR|RPR)/)],
    ['EL1, ICH_HCR_EL2.TALL1', EL1, { HCR_EL2: RW, ICH_HCR_EL2: 1n << 12n }, without(/ICC_(IAR|EOIR)/)],
    ['EL1, CNTHCTL_EL2.EL1PCEN = 0', EL1, { HCR_EL2: RW, CNTHCTL_EL2: 1n }, without(/CNTP_/)],
    ['EL1, CNTHCTL_EL2.EL1PCTEN = 0', EL1, { HCR_EL2: RW, CNTHCTL_EL2: 2n }, without(/CNTPCT/)],
    ['EL0, nothing enabled', EL0, { HCR_EL2: RW, SCTLR_EL1: 0n, CNTKCTL_EL1: 0n }, []],
    ['EL0, SCTLR_EL1.UCT', EL0, { HCR_EL2: RW, SCTLR_EL1: 1n << 15n, CNTKCTL_EL1: 0n }, only(/CTR/)],
    ['EL0, SCTLR_EL1.UCI', EL0, { HCR_EL2: RW, SCTLR_EL1: 1n << 26n, CNTKCTL_EL1: 0n }, only(/^(DC|IC)/)],
    ['EL0, SCTLR_EL1.UCI, HCR_EL2.TPU', EL0, { HCR_EL2: RW | (1n << 24n), SCTLR_EL1: 1n << 26n }, only(/CVAC|CIVAC/)],
    ['EL0, CNTKCTL_EL1.EL0VCTEN', EL0, { HCR_EL2: RW, SCTLR_EL1: 0n, CNTKCTL_EL1: 2n }, only(/CNTVCT|CNTFRQ/)],
    ['EL0, CNTKCTL_EL1.EL0PCTEN', EL0, { HCR_EL2: RW, SCTLR_EL1: 0n, CNTKCTL_EL1: 1n }, only(/CNTPCT|CNTFRQ/)],
    ['EL0, CNTKCTL_EL1.EL0PCTEN, CNTHCTL_EL2 = 0', EL0, { HCR_EL2: RW, SCTLR_EL1: 0n, CNTKCTL_EL1: 1n, CNTHCTL_EL2: 0n }, only(/CNTFRQ/)],
    ['EL0, CNTKCTL_EL1.EL0VTEN', EL0, { HCR_EL2: RW, SCTLR_EL1: 0n, CNTKCTL_EL1: 1n << 8n }, only(/CNTV_/)],
    ['EL0, CNTKCTL_EL1.EL0PTEN', EL0, { HCR_EL2: RW, SCTLR_EL1: 0n, CNTKCTL_EL1: 1n << 9n }, only(/CNTP_/)],
  ];
  for (const [name, mode, registers, expected] of rows) test(name, () => assert.deepEqual(direct(mode, registers), expected));

  test('CTR_EL0 where the hypervisor answers with its value, but not in a step', () => {
    const { processor, state } = processorOf('max');
    const performed = (): boolean => {
      place(state, EL1 & ~0x200, 0x1000n);
      deriveState(processor);
      return (state.low(slots.direct) & directBit('MRS CTR_EL0')) !== 0;
    };
    setSystem(state, { HCR_EL2: RW | (1n << 17n), MDCR_EL2: 1n << 8n });
    processor.cacheTypeAnswered = true;
    assert.equal(performed(), true);
    setSystem(state, { MDSCR_EL1: 1n });
    assert.equal(performed(), false);
  });

  test('keys of pointer authentication only where it is offered', () =>
    assert.deepEqual(direct(EL1, { HCR_EL2: RW }, 'cortex-a57'), without(/Key/)));

  test('what is kept is what would be decided, whichever bit of a control changes', () => {
    const { processor, state } = processorOf('max');
    setSystem(state, { HCR_EL2: RW });
    const controls = ['HCR_EL2', 'SCTLR_EL1', 'CNTKCTL_EL1', 'CNTHCTL_EL2', 'CPTR_EL2', 'MDCR_EL2', 'CPACR_EL1', 'ICH_HCR_EL2'];
    for (const mode of [EL0, EL1]) {
      place(state, mode, 0x1000n);
      deriveState(processor);
      for (const control of controls)
        for (let bit = 0n; bit < 64n; bit++) {
          setSystem(state, { [control]: state.named(control) ^ (1n << bit) });
          deriveState(processor);
          assert.equal(state.low(slots.direct), decideDirectAccesses(processor), `${control} bit ${bit}`);
        }
    }
  });
});
