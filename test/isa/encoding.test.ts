import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Encoding } from '../../emulator/isa/encoding.ts';

describe('encoding strings', () => {
  const add = new Encoding('sf 0 0 1 0 0 0 1 0 sh imm12 Rn Rd');

  test('ADD (immediate): fixed bits and fields', () => {
    assert.equal(add.mask, 0x7f800000);
    assert.equal(add.value, 0x11000000);
    assert.deepEqual(add.extract(0x91400420), { sf: 1, sh: 1, imm12: 1, Rn: 1, Rd: 0 });
    assert.equal(add.assemble({ sf: 1, sh: 1, imm12: 1, Rn: 1, Rd: 0 }), 0x91400420);
  });

  test('bits may be written together, fields with their width', () => {
    const encoding = new Encoding('11010101 0000 0011 0011 imm2:2 10 001 11111');
    assert.equal(encoding.assemble({ imm2: 3 }), 0xd5033e3f);
  });

  test('should-be bits are free when decoding and set when encoding', () => {
    const ldar = new Encoding('1 1 0 0 1 0 0 0 1 1 0 (11111) 1 (11111) Rn Rt');
    assert.ok(ldar.matches(0xc8c08000));
    assert.equal(ldar.assemble({}), 0xc8dffc00);
    assert.equal(ldar.shouldBeMask, 0x001f7c00);
  });

  test('a value that does not fit its field is refused', () => {
    assert.throws(() => add.assemble({ imm12: 4096 }), /imm12 = 4096 does not fit 12 bits/);
    assert.throws(() => add.assemble({ Rd: -1 }), RangeError);
  });

  for (const [text, problem] of [
    ['sf 0 0 1', /has 4 bits, not 32/],
    ['wonder 0 0 1', /the width of wonder is not known/],
    ['Rd Rd 0000000000000000000000', /Rd appears twice/],
  ] as const)
    test(`'${text}' is refused`, () => assert.throws(() => new Encoding(text), problem));
});
