import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type DescribedField, describe as fieldsOf } from '../../../emulator/isa/registers/describe.ts';
import {
  stage1Leaf,
  stage1Table,
  stage2Leaf,
  stage2MemoryAttribute,
  stage2Table,
} from '../../../emulator/isa/registers/fields/descriptors.ts';
import type { Field } from '../../../emulator/isa/registers/register.ts';

const meanings = (fields: readonly Field[], value: bigint): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(fieldsOf(fields, value).map((field: DescribedField) => [field.name, field.meaning]));

describe('stage 2 MemAttr', () => {
  const rows = [
    [0x0, false, 'Device-nGnRnE'],
    [0x1, false, 'Device-nGnRE'],
    [0x5, false, 'Normal Non-cacheable'],
    [0xf, false, 'Normal Write-Back'],
    [0x4, false, 'reserved'],
    [0x7, false, 'Normal, outer Non-cacheable, inner Write-Back'],
    [0x1, true, 'Device-nGnRE'],
    [0x5, true, 'Normal Non-cacheable, unless stage 1 is Device'],
    [0x6, true, 'Normal Write-Back'],
    [0x7, true, 'as stage 1'],
  ] as const;
  for (const [value, fwb, expected] of rows)
    test(`0x${value.toString(16)}, FWB = ${fwb ? 1 : 0}`, () => assert.equal(stage2MemoryAttribute(value, fwb), expected));
});

describe('descriptors', () => {
  test("KVM's page of RAM", () => {
    const page = meanings(stage2Leaf(12, false), 0x1234_57ffn | (1n << 54n));
    assert.deepEqual(
      [page.OA, page.S2AP, page.MemAttr, page.XN, page.AF, page.Type],
      ['0x12345000', 'read-write', 'Normal Write-Back', 'not executable', 'accessed', 'table or page'],
    );
  });
  test('a kernel text block', () => {
    const block = meanings(stage1Leaf(21), 0x0040_0000_4020_0791n);
    assert.deepEqual(
      [block.OA, block.AP, block.UXN, block.AttrIndx, block.SH, block.Type],
      ['0x40200000', 'EL1 read-only', 'not executable at EL0', 'MAIR Attr4', 'Inner Shareable', 'block'],
    );
  });
  test('tables', () => {
    assert.equal(meanings(stage1Table(12), 0x1800_0000_4100_0003n).PXNTable, 'nothing below is executable at EL1');
    assert.equal(meanings(stage2Table(12), 0x4100_0003n).Address, '0x41000000');
  });
});
