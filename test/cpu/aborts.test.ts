import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { transferSyndrome } from '../../emulator/cpu/aborts.ts';
import type { Fault } from '../../emulator/memory/fault.ts';
import { place, processorOf, setSystem, system } from './situation.ts';

const LDR_X1 = 0xf9400001; // ldr x1, [x0]

function abort(mode: number, values: Partial<Fault>, { word = LDR_X1, hcr = 0n, profile = 'cortex-a57' } = {}) {
  const { processor, state, fault } = processorOf(profile, [{ exit: 'fault', word }]);
  setSystem(state, { HCR_EL2: system(state, 'HCR_EL2') | hcr });
  Object.assign(fault, { vaLow: 0x1238, vaHigh: 0, ipa: 0x4000_5238, ...values });
  place(state, mode, 0x1000n);
  const end = processor.run(1);
  return {
    kind: end.kind,
    esr1: system(state, 'ESR_EL1'),
    far1: system(state, 'FAR_EL1'),
    esr2: system(state, 'ESR_EL2'),
    far2: system(state, 'FAR_EL2'),
    hpfar: system(state, 'HPFAR_EL2'),
  };
}

describe('stage 1 faults go to EL1', () => {
  const rows = [
    ['read, translation level 2, from EL0', 0x0, { type: 'translation', level: 2 }, 0x92000006n],
    ['write, permission level 3, from EL1', 0x5, { type: 'permission', level: 3, write: true }, 0x9600004fn],
    ['fetch, access flag level 1, from EL0', 0x0, { type: 'access flag', level: 1, access: 'fetch' }, 0x82000009n],
    ['fetch from EL1', 0x5, { type: 'translation', level: 0, access: 'fetch' }, 0x86000004n],
    ['alignment', 0x5, { type: 'alignment' }, 0x96000021n],
    ['address size, level 0', 0x5, { type: 'address size', level: 0 }, 0x96000000n],
    ['cache maintenance reports CM and WnR', 0x5, { type: 'translation', level: 3, access: 'maintenance' }, 0x96000147n],
    ['external abort', 0x5, { type: 'external abort' }, 0x96000010n],
    ['external abort on a walk, level 1', 0x5, { type: 'external abort', walk: true, level: 1 }, 0x96000015n],
  ] as const;
  for (const [name, mode, fault, esr] of rows) {
    test(name, () => {
      const after = abort(mode, fault);
      assert.deepEqual([after.esr1.toString(16), after.far1], [esr.toString(16), 0x1238n]);
    });
  }
});

describe('stage 2 faults go to EL2', () => {
  test('a load of one register has a valid syndrome', () => {
    const after = abort(0x5, { stage: 2, type: 'translation', level: 1 });
    assert.deepEqual(
      [after.kind, after.esr2.toString(16), after.far2, after.hpfar],
      ['trap', 0x93c18005n.toString(16), 0x1238n, 0x40_0050n],
    );
  });
  test('a pair has none', () =>
    assert.equal(abort(0x5, { stage: 2, type: 'translation', level: 1 }, { word: 0xa9400801 }).esr2, 0x92000005n));
  test('nor has a fault on the stage 1 walk', () =>
    assert.equal(abort(0x5, { stage: 2, type: 'translation', level: 1, s1ptw: true }).esr2, 0x92000085n));
  test('an instruction abort', () =>
    assert.equal(abort(0x5, { stage: 2, type: 'translation', level: 3, access: 'fetch' }).esr2, 0x82000007n));
  test('external aborts with HCR_EL2.TEA, with FEAT_RAS', () => {
    const after = abort(0x5, { type: 'external abort' }, { hcr: 1n << 37n, profile: 'neoverse-n1' });
    assert.deepEqual([after.kind, after.esr2], ['trap', 0x92000010n]);
  });
});

describe('ISS of transfers', () => {
  const rows = [
    ['ldrb w3, [x1]', 0x39400023, 0x0103_0000],
    ['ldrsh w4, [x1]', 0x79c00024, 0x0164_0000],
    ['ldrsw x5, [x1]', 0xb9800025, 0x01a5_8000],
    ['str xzr, [x1]', 0xf900003f, 0x01df_8000],
    ['ldar w2, [x1]', 0x88dffc22, 0x0182_4000],
    ['ldr x1, [x2], #8 (writeback)', 0xf8408441, 0],
    ['ldxr x1, [x2]', 0xc85f7c41, 0],
    ['ldr q0, [x2]', 0x3dc00040, 0],
  ] as const;
  for (const [text, word, iss] of rows) test(text, () => assert.equal(transferSyndrome(word).toString(16), iss.toString(16)));
});
