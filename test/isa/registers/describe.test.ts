import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type DescribedField,
  describableNames,
  describeSyndrome,
  describe as fieldsOf,
  registerNamed,
  renderFields,
} from '../../../emulator/isa/registers/describe.ts';
import { systemRegisters } from '../../../emulator/isa/registers/index.ts';

/** Every field at any depth, by name. */
function flatten(fields: readonly DescribedField[]): Map<string, DescribedField> {
  const all = new Map<string, DescribedField>();
  const add = (list: readonly DescribedField[]): void => {
    for (const field of list) {
      all.set(field.name, field);
      add(field.children);
    }
  };
  add(fields);
  return all;
}

describe('ESR: rows with known answers', () => {
  const rows: readonly (readonly [bigint, Readonly<Record<string, string>>])[] = [
    [0x96000010n, { EC: 'data abort from the current Exception level', DFSC: 'synchronous external abort' }],
    [0x92000010n, { EC: 'data abort from a lower Exception level', DFSC: 'synchronous external abort' }],
    [0x82000010n, { EC: 'instruction abort from a lower Exception level', IFSC: 'synchronous external abort' }],
    [0x93800046n, { SAS: 'word', SRT: 'X0', WnR: 'write', DFSC: 'translation fault, level 2' }],
    [0x56000000n, { EC: 'SVC in AArch64 state', imm16: '0x0' }],
    [0x5a000000n, { EC: 'HVC in AArch64 state' }],
    [0xbe000011n, { EC: 'SError interrupt', AET: 'uncontainable (UC)', DFSC: 'asynchronous SError' }],
    [0xbf000000n, { IDS: 'IMPLEMENTATION DEFINED syndrome' }],
    [0xf2000001n, { EC: 'BRK in AArch64 state', Comment: '0x1' }],
    [0x62300000n, { Register: 'MIDR_EL1', Direction: 'write (MSR, MCR)' }],
    [0x07e00001n, { TI: 'WFE' }],
    [0x72000003n, { Data: 'data key', Key: 'key B' }],
  ];
  for (const [esr, meanings] of rows) {
    test(`0x${esr.toString(16)}`, () => {
      const fields = flatten(describeSyndrome(esr));
      for (const [name, meaning] of Object.entries(meanings)) assert.equal(fields.get(name)?.meaning, meaning, name);
    });
  }

  test('a trapped SYS instruction is named', () => {
    // Op0 1, Op2 1, Op1 3, CRn 7, CRm 14: DC CIVAC.
    const iss = (1n << 20n) | (1n << 17n) | (3n << 14n) | (7n << 10n) | (14n << 1n);
    assert.equal(flatten(describeSyndrome((0x18n << 26n) | iss)).get('Register')?.meaning, 'DC CIVAC');
  });
});

describe('bits without a field', () => {
  test('are shown as unknown', () => {
    const unknown = describeSyndrome(0xff00_0000_0000_0000n).filter((field) => field.name === 'unknown');
    assert.deepEqual(unknown, [{ name: 'unknown', bits: '63:56', value: 0xffn, children: [] }]);
  });
  test('inside a class without a layout too', () => {
    const iss = describeSyndrome(0x0200_0100n).find((field) => field.name === 'ISS');
    assert.deepEqual(iss?.children, [{ name: 'unknown', bits: '8', value: 1n, children: [] }]);
  });
  test('nothing fails on any value', () => {
    let seed = 1n;
    for (const register of systemRegisters) {
      if (!register.fields) continue;
      for (let n = 0; n < 20; n++) {
        seed = BigInt.asUintN(64, seed * 6364136223846793005n + 1442695040888963407n);
        assert.ok(renderFields(fieldsOf(register.fields, seed)).length > 0);
      }
    }
  });
});

describe('other registers', () => {
  const meaning = (name: string, value: bigint, field: string): string | undefined =>
    flatten(fieldsOf(registerNamed(name)!.fields!, value)).get(field)?.meaning;
  const rows = [
    ['spsr', 0x3c5n, 'M', 'EL1h'],
    ['par', 0xff00_0000_4008_0b80n, 'PA', '0x40080000'],
    ['par', 0xff00_0000_4008_0b80n, 'ATTR', 'Normal, Write-Back Read-Allocate Write-Allocate'],
    ['par', 0x80fn, 'FST', 'translation fault, level 3'],
    ['vtcr', 0x8002_3558n, 'StartLevel', 'level 1'],
    ['vtcr', 0x8002_3558n, 'T0SZ', '40-bit addresses'],
    ['hpfar', 0x90000n, 'FIPA', 'IPA 0x9000000'],
    ['mair', 0x44n << 16n, 'Attr2', 'Normal, Non-cacheable'],
    ['mair', 0x04n, 'Attr0', 'Device-nGnRE'],
    ['midr', 0x411f_d070n, 'PartNum', 'Cortex-A57'],
    ['ICH_LR0_EL2', (2n << 62n) | (0xa0n << 48n) | 27n, 'State', 'active'],
    ['CCSIDR_EL1', 0x701f_e00an, 'NumSets', '256 sets'],
  ] as const;
  for (const [name, value, field, expected] of rows)
    test(`${name} 0x${value.toString(16)}: ${field}`, () => assert.equal(meaning(name, value, field), expected));

  test('every short name has a layout', () => {
    for (const name of describableNames) assert.ok(registerNamed(name)?.fields, name);
  });
  test('there is none for what is no register', () => assert.equal(registerNamed('xyz'), undefined));
});
