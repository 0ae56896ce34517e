import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Btf } from '../../debug-adapter/symbols/btf/btf.ts';
import { typeRules } from '../../debug-adapter/symbols/type-rules.ts';
import { compile, type EvaluationContext } from '../../emulator/machine/expression/evaluate.ts';
import { parseExpression, parseTyped } from '../../emulator/machine/expression/parser.ts';
import { machineNames } from '../../emulator/machine/names.ts';
import { everyKind, writeBtf } from '../debug-adapter/symbols/btf/write.ts';

const rules = typeRules(new Btf(writeBtf(everyKind)));
const untyped = machineNames((name) => (name === 'int_symbol' ? 0x2000n : undefined));
const names = { ...untyped, types: rules };

/** Two nodes: one at 0x1000, whose `next` is at 0x1040. */
const memory = new DataView(new ArrayBuffer(0x2000));
memory.setBigUint64(0x1000, 0x1040n, true);
memory.setUint8(0x1008, 0x41);
memory.setUint8(0x1009, 0xc3);
memory.setUint8(0x1018, 0b00111_101);
memory.setBigUint64(0x1020, 0xdead_beefn, true);
memory.setBigUint64(0x1060, 77n, true);

const context: EvaluationContext = {
  register: (name) => (name === 'x0' ? 0x1000n : 0n),
  field: () => undefined,
  event: () => undefined,
  read(_, address, bytes) {
    let value = 0n;
    for (let i = bytes - 1; i >= 0; i--) value = (value << 8n) | BigInt(memory.getUint8(Number(address) + i));
    return value;
  },
};
const value = (text: string): bigint => compile(parseExpression(text, names))(context);
const typeOf = (text: string): string | undefined => {
  const { typed } = parseTyped(text, names);
  return typed && rules.text(typed.type);
};

describe('expressions with types', () => {
  const p = '((struct node *)x0)';
  const cases: readonly (readonly [text: string, value: bigint, type: string | undefined])[] = [
    [`${p}->value`, 0xdead_beefn, 'unsigned long'],
    [`${p}->next->value`, 77n, 'unsigned long'],
    [`(*${p}).value`, 0xdead_beefn, 'unsigned long'],
    [`(*(struct node *)0x1040).value + 1`, 78n, undefined],
    [`${p}->next`, 0x1040n, 'struct node *'],
    [`*${p}->comm`, 0x41n, 'char'],
    [`${p}->comm[1]`, 0xc3n, 'char'],
    [`${p}->comm`, 0x1008n, 'char [16]'],
    [`&${p}->comm[2]`, 0x100an, 'char *'],
    [`&(${p}->value)`, 0x1020n, 'unsigned long *'],
    [`${p}->low`, 0xffff_ffff_ffff_fffdn, 'int'],
    [`${p}->high`, 7n, 'colour_t'],
    [`${p}->high == 7 && ${p}->next != 0`, 1n, undefined],
    [`${p} + 1`, 0x1030n, 'struct node *'],
    [`${p} - 1`, 0xfd0n, 'struct node *'],
    [`2 + ${p}`, 0x1060n, 'struct node *'],
    [`${p}[0].value`, 0xdead_beefn, 'unsigned long'],
    [`*(unsigned char *)0x1009`, 0xc3n, 'unsigned char'],
    [`*(signed char *)0x1009`, 0xffff_ffff_ffff_ffc3n, 'signed char'],
    [`*(u8*)0x1009`, 0xc3n, undefined],
    [`(long unsigned)x0`, 0x1000n, 'long unsigned'],
    [`(const struct node *const)x0`, 0x1000n, 'struct node *'],
    [`(u64)${p} - 8`, 0xff8n, undefined],
    ['*(u64)x0', 0x1040n, undefined],
    ['(x0)', 0x1000n, undefined],
    ['-(x0) + 1', 0xffff_ffff_ffff_f001n, undefined],
  ];
  for (const [text, expected, type] of cases) {
    it(text, () => {
      assert.equal(value(text), expected);
      assert.equal(typeOf(text), type);
    });
  }

  it('a struct as a whole: its address, and no number', () => {
    const { expression, typed } = parseTyped(`*${p}`, names);
    assert.equal(compile(expression)(context), 0x1000n);
    assert.equal(rules.text(typed!.type), 'struct node');
    assert.throws(() => parseExpression(`*${p}`, names), /is no number/);
    assert.throws(() => parseExpression(`*${p} == 0`, names), /is no number/);
    assert.throws(() => parseExpression(`!*${p}`, names), /is no number/);
  });

  const refused: readonly (readonly [text: string, message: RegExp])[] = [
    [`${p}->absent`, /column \d+: struct node has no member "absent"/],
    ['((struct absent *)x0)->value', /no struct is called "absent"/],
    ['x0->value', /needs a pointer to a struct/],
    ['((struct hidden *)x0)->value', /nothing is known|no member/],
    ['*(struct hidden *)x0', /nothing is known/],
    ['(struct node)x0', /nothing can be cast/],
    [`${p} + ${p}`, /cast pointers to u64/],
    [`&${p}->low`, /no address|column/],
    ['(void *)x0 + 1', /nobody can tell how large void is/],
    [`${p}->`, /name of a member/],
    [`${p}->value.x`, /has no member/],
    [`${p}->value[0]`, /neither a pointer nor an array/],
  ];
  for (const [text, message] of refused) it(`${text}: refused`, () => assert.throws(() => parseExpression(text, names), message));

  it('without types it says so', () => assert.throws(() => parseExpression(p, untyped), /no types are known/));
});
