import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bits, findField } from '../../emulator/isa/registers/field-lookup.ts';
import { EvaluationError, ExpressionError } from '../../emulator/machine/expression/error.ts';
import { compile, type EvaluationContext } from '../../emulator/machine/expression/evaluate.ts';
import { formatValue, splitFormat } from '../../emulator/machine/expression/format.ts';
import { hitConditionHolds, parseHitCondition } from '../../emulator/machine/expression/hit-condition.ts';
import { parseLogMessage } from '../../emulator/machine/expression/log-message.ts';
import { parseExpression } from '../../emulator/machine/expression/parser.ts';
import { fieldsOf, machineNames } from '../../emulator/machine/names.ts';

const symbols: Readonly<Record<string, bigint>> = { start_kernel: 0xffff_8000_0800_0000n, 'copy.isra.0': 0x1234n, data: 0x77n };
const names = machineNames((name) => symbols[name]);

const registers: Readonly<Record<string, bigint>> = {
  x0: 0x1_0000_0002n,
  x1: 7n,
  sp: 0x8000n,
  pc: 0x4008_0000n,
  x30: 5n,
  pstate: 0x6000_03c5n,
  v1: (1n << 100n) | 9n,
  vcpu: 1n,
  ESR_EL1: 0x9600_0046n,
};
const context: EvaluationContext = {
  register: (name) => registers[name] ?? assert.fail(name),
  field(register, value, name) {
    const field = findField(fieldsOf(register), value, name);
    return field && bits(value, field.high, field.low);
  },
  event: (name) => ({ esr: 0x93c0_8046n, fault_ipa: 0x900_0018n })[name],
  read: (space, address, bytes) => (space === 'pa' ? 0xaan : BigInt.asUintN(bytes * 8, 0x8877_6655_4433_2211n + address)),
};
const value = (text: string): bigint => compile(parseExpression(text, names))(context);

describe('expressions', () => {
  const rows: readonly (readonly [string, bigint])[] = [
    ['1 + 2 * 3', 7n],
    ['(1 + 2) * 3', 9n],
    ['10 - 3 - 2', 5n],
    ['0x10 | 0b11 ^ 0o1', 0x12n],
    ['-1', 0xffff_ffff_ffff_ffffn],
    ['~0 >> 60', 15n],
    ['1 << 64', 0n],
    ['0 - 1 > 5', 1n],
    ['!5', 0n],
    ['!0', 1n],
    ['2 == 2 && 3 != 3', 0n],
    ['0 && 1 / 0', 0n],
    ['1 || 1 / 0', 1n],
    ['1 ? 2 : 3', 2n],
    ['0 ? 2 : 1 ? 4 : 5', 4n],
    ["'A' + 1", 66n],
    ["'\\n'", 10n],
    ['1_000', 1000n],
    ['$x0', 0x1_0000_0002n],
    ['X0', 0x1_0000_0002n],
    ['w0', 2n],
    ['lr', 5n],
    ['d1', 9n],
    ['vcpu', 1n],
    ['(u8)0x1ff', 0xffn],
    ['(s8)0xff', 0xffff_ffff_ffff_ffffn],
    ['(uint32_t)(0 - 1)', 0xffff_ffffn],
    ['*(u32*)0', 0x4433_2211n],
    ['*(u16 *)(0 + 1)', 0x2212n],
    ['*sp', 0x8877_6655_4433_a211n],
    ['*(s8*)0x80', 0xffff_ffff_ffff_ff91n],
    ['[pa:0x9000000]', 0xaan],
    ['u8[ipa:x1]', 0x18n],
    ['*(u8*)pa:0', 0xaan],
    ['start_kernel + 4', 0xffff_8000_0800_0004n],
    ['&start_kernel', 0xffff_8000_0800_0000n],
    ['copy.isra.0', 0x1234n],
    ['data', 0x77n],
    ['esr.EC', 0x24n],
    ['esr.WnR', 1n],
    ['esr.wnr', 1n],
    ['ESR_EL1.EC', 0x25n],
    ['fault_ipa >= 0x9000000 && esr.WnR', 1n],
    ['el', 1n],
    ['pstate.I', 1n],
  ];
  for (const [text, expected] of rows) it(text, () => assert.equal(value(text), expected));
});

describe('expressions that cannot be understood name the column', () => {
  const rows: readonly (readonly [string, number, RegExp])[] = [
    ['', 1, /empty/],
    ['1 +', 4, /expected a value, found the end/],
    ['(1', 3, /expected "\)"/],
    ['x0 x1', 4, /expected the end/],
    ['foo', 1, /no register or symbol is called "foo"/],
    ['$foo', 1, /no register is called "foo"/],
    ['1 + bar', 5, /"bar"/],
    ['12ab', 1, /"12ab" is not a number/],
    ['0x1ffffffffffffffff', 1, /64 bits/],
    ['x0 @ 1', 4, /"@" has no meaning/],
    ['esr.Foo', 5, /esr has no field "Foo"; it has .*EC/],
    ['x0.Foo', 4, /x0 has no fields/],
    ['(u32*)x0', 1, /a pointer is read with \*/],
    ['&1', 2, /symbol after &/],
    ["'\\q'", 1, /escape/],
    ['017', 1, /octal/],
    ['('.repeat(5000), 1, /./],
  ];
  for (const [text, column, message] of rows) {
    it(text.slice(0, 30) || 'empty', () =>
      assert.throws(
        () => value(text),
        (error: unknown) =>
          error instanceof ExpressionError && message.test(error.message) && (text.length > 100 || error.column === column),
      ),
    );
  }
});

describe('expressions without a value now', () => {
  it('division by zero', () => assert.throws(() => value('1 / 0'), EvaluationError));
  it('a field that this syndrome does not have', () =>
    assert.throws(() => compile(parseExpression('ESR_EL1.imm16', names))(context), EvaluationError));
  it('an event that did not happen', () => assert.throws(() => value('phys_addr'), /phys_addr is not part of what happened/));
});

describe('log messages', () => {
  it('text and expressions', () => {
    const parts = parseLogMessage('x1 is {x1,d}, {{literal}}', names);
    assert.deepEqual(parts, ['x1 is ', { expression: { kind: 'register', name: 'x1' }, format: 'signed' }, ', {literal}']);
  });
  it('an open brace', () => assert.throws(() => parseLogMessage('a {x0', names), /without }/));
});

describe('formats', () => {
  it('by letter', () => {
    assert.deepEqual(splitFormat('x0 , d'), { expression: 'x0 ', format: 'signed' });
    assert.equal(formatValue(0xffff_ffff_ffff_ffffn, 'signed'), '-1');
    assert.equal(formatValue(5n, 'binary'), '0b101');
    assert.equal(formatValue(65n, 'character'), '"A"');
  });
});

describe('hit counts', () => {
  const rows: readonly (readonly [string, readonly number[]])[] = [
    ['3', [3]],
    ['>3', [4, 5, 6]],
    ['>= 3', [3, 4, 5, 6]],
    ['< 3', [1, 2]],
    ['!= 3', [1, 2, 4, 5, 6]],
    ['% 2', [2, 4, 6]],
  ];
  for (const [text, stops] of rows) {
    it(text, () =>
      assert.deepEqual(
        [1, 2, 3, 4, 5, 6].filter((n) => hitConditionHolds(parseHitCondition(text), n)),
        stops,
      ),
    );
  }
  it('nonsense', () => assert.throws(() => parseHitCondition('often'), ExpressionError));
  it('% 0', () => assert.throws(() => parseHitCondition('% 0'), ExpressionError));
});
