import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Btf } from '../../../debug-adapter/symbols/btf/btf.ts';
import { memberOf } from '../../../debug-adapter/symbols/types.ts';
import { memberValue, scalarText, stringText } from '../../../debug-adapter/symbols/value.ts';
import { everyKind, writeBtf } from './btf/write.ts';

const btf = new Btf(writeBtf(everyKind));
const node = btf.find('struct', 'node')!;
const bytes = new Uint8Array(48);
bytes.set([0x40, 0x12, 0, 0, 0, 0x80, 0xff, 0xff]);
bytes.set(new TextEncoder().encode('ksoft"\n\u00011\0rest'), 8);
bytes[24] = 0b11111_101;
bytes.set([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 32);
const valueIn = (name: string) => memberValue(bytes, memberOf(node, name)!);
const text = (name: string, bits: number) => scalarText(memberOf(node, name)!.type, valueIn(name)!, bits);

describe('values of types', () => {
  it('a pointer', () => assert.equal(text('next', 64), '0xffff800000001240'));
  it('bit-fields: signed, and of an enumeration', () => {
    assert.equal(valueIn('low'), -3n);
    assert.equal(text('low', 3), '0x5 (-3)');
    assert.equal(text('high', 5), 'NONE (0x1f)');
  });
  it('unsigned, inside an anonymous union', () => assert.equal(text('value', 64), '0xffffffffffffffff'));
  it('an array of characters up to its 0', () =>
    assert.equal(stringText(memberOf(node, 'comm')!.type, bytes.subarray(8, 24)), '"ksoft\\"\\n\\0011"'));
  it('what is no scalar, and bytes that end before it', () => {
    assert.equal(valueIn('comm'), undefined);
    assert.equal(memberValue(bytes.subarray(0, 30), memberOf(node, 'value')!), undefined);
  });
  it('characters, and numbers without a name', () => {
    assert.equal(scalarText(btf.find('plain', 'char')!, 65n, 8), "0x41 'A'");
    assert.equal(scalarText(btf.find('enum', 'colour')!, 3n, 32), '0x3');
    assert.equal(scalarText(btf.find('plain', 'int')!, -1n, 32), '0xffffffff (-1)');
    assert.equal(scalarText(btf.find('plain', 'double')!, 0x3ff8000000000000n, 64), '1.5');
  });
});
