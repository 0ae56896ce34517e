import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseGenericName } from '../../../emulator/isa/registers/define.ts';
import { registerFields } from '../../../emulator/isa/registers/fields/index.ts';
import { byEncoding, byName, registerKey, slotByKey, systemRegisterSlot, systemRegisters } from '../../../emulator/isa/registers/index.ts';
import type { Field } from '../../../emulator/isa/registers/register.ts';
import { systemInstruction, systemInstructionNamed, systemInstructions } from '../../../emulator/isa/registers/system-instructions.ts';
import { SYSTEM_SLOTS } from '../../../emulator/translate/layout.ts';

describe('the register table', () => {
  test('no name, no encoding twice; every register has a slot', () => {
    assert.equal(new Set(systemRegisters.map((r) => r.name.toLowerCase())).size, systemRegisters.length);
    assert.equal(new Set(systemRegisters.map((r) => registerKey(r.op0, r.op1, r.CRn, r.CRm, r.op2))).size, systemRegisters.length);
    assert.ok(systemRegisters.length <= SYSTEM_SLOTS);
  });

  test('slots are found by name in any case and by encoding', () => {
    for (const [slot, r] of systemRegisters.entries()) {
      assert.equal(systemRegisterSlot(r.name.toLowerCase()), slot);
      assert.equal(slotByKey(registerKey(r.op0, r.op1, r.CRn, r.CRm, r.op2)), slot);
    }
    assert.throws(() => systemRegisterSlot('NO_SUCH_EL1'), /no system register is called NO_SUCH_EL1/);
    assert.equal(slotByKey(registerKey(3, 7, 15, 15, 7)), -1);
  });

  test('families whose slots are used by number are consecutive', () => {
    for (const family of ['ICH_LR', 'DBGBVR', 'DBGWCR']) {
      const suffix = family === 'ICH_LR' ? '_EL2' : '_EL1';
      const first = systemRegisterSlot(`${family}0${suffix}`);
      for (let n = 0; n < 16; n++) assert.equal(systemRegisterSlot(`${family}${n}${suffix}`), first + n);
    }
    for (const key of ['APIA', 'APIB', 'APDA', 'APDB', 'APGA'])
      assert.equal(systemRegisterSlot(`${key}KeyHi_EL1`), systemRegisterSlot(`${key}KeyLo_EL1`) + 1);
  });

  // Encodings as the Arm ARM prints them.
  const rows = [
    ['SCTLR_EL1', 3, 0, 1, 0, 0],
    ['ESR_EL1', 3, 0, 5, 2, 0],
    ['SP_EL0', 3, 0, 4, 1, 0],
    ['TPIDR_EL0', 3, 3, 13, 0, 2],
    ['CNTVCT_EL0', 3, 3, 14, 0, 2],
    ['HPFAR_EL2', 3, 4, 6, 0, 4],
    ['ICC_IAR1_EL1', 3, 0, 12, 12, 0],
    ['ICH_LR9_EL2', 3, 4, 12, 13, 1],
    ['DBGWCR15_EL1', 2, 0, 0, 15, 7],
    ['PMEVTYPER30_EL0', 3, 3, 14, 15, 6],
    ['APGAKeyHi_EL1', 3, 0, 2, 3, 1],
    ['CNTV_CVAL_EL02', 3, 5, 14, 3, 2],
  ] as const;
  for (const [name, op0, op1, CRn, CRm, op2] of rows) test(name, () => assert.equal(byEncoding(op0, op1, CRn, CRm, op2)?.name, name));

  test('generic names parse', () => {
    assert.deepEqual(parseGenericName('s3_0_c15_c2_7'), [3, 0, 15, 2, 7]);
    assert.equal(parseGenericName('S3_0_C16_C2_7'), undefined);
    assert.equal(parseGenericName('SCTLR_EL1'), undefined);
  });
});

describe('SYS instructions', () => {
  test('no encoding twice', () =>
    assert.equal(new Set(systemInstructions.map((i) => `${i.op1} ${i.CRn} ${i.CRm} ${i.op2}`)).size, systemInstructions.length));
  test('by name and by encoding', () => {
    for (const i of systemInstructions) {
      assert.equal(systemInstruction(i.op1, i.CRn, i.CRm, i.op2), i);
      assert.equal(systemInstructionNamed(i.family.toLowerCase(), i.operation.toLowerCase()), i);
    }
  });
});

describe('fields', () => {
  const check = (where: string, fields: readonly Field[], high: number, low: number): void => {
    for (const field of fields) {
      assert.ok(field.high <= high && field.low >= low && field.high >= field.low, `${where}: ${field.name} ${field.high}:${field.low}`);
      for (const layout of [...Object.values(field.variant?.cases ?? {}), field.variant?.otherwise ?? []])
        check(`${where}.${field.name}`, layout, field.high, field.low);
    }
  };
  for (const [name, fields] of Object.entries(registerFields)) {
    test(`${name}: inside 64 bits, and one layout's fields do not overlap`, () => {
      assert.ok(byName(name), `${name} is no register`);
      check(name, fields, 63, 0);
      let seen = 0n;
      for (const field of fields) {
        const mask = ((1n << BigInt(field.high - field.low + 1)) - 1n) << BigInt(field.low);
        assert.equal(seen & mask, 0n, `${field.name} overlaps`);
        seen |= mask;
      }
    });
  }
});
