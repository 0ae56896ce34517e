import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Decoder } from '../../../emulator/isa/decoder.ts';
import { encodingOf } from '../../../emulator/isa/encoding.ts';
import type { Instruction } from '../../../emulator/isa/instruction.ts';
import { allInstructions } from '../../../emulator/isa/table.ts';
import { builtinHandlers } from '../../../emulator/translate/interpreter/handlers.ts';
import { handlerTable } from '../../../emulator/translate/interpreter/interpreter.ts';
import { Predecoder } from '../../../emulator/translate/interpreter/predecoder.ts';
import { RECORD_BYTES, RECORDS_PER_PAGE } from '../../../emulator/translate/layout.ts';
import { random, wordsOfEveryInstruction } from '../../isa/random.ts';

const RECORD = 1024;
const memory = new WebAssembly.Memory({ initial: 1 });
const view = new DataView(memory.buffer, RECORD, RECORD_BYTES);
const decoder = new Decoder(allInstructions);
const predecoder = new Predecoder(memory, handlerTable(), decoder);

/** The record as hex, filled by the predecoder over what was there before. */
function filled(word: number, index: number): string {
  new Uint8Array(memory.buffer, RECORD, RECORD_BYTES).fill(0);
  predecoder.fill(RECORD, word, index);
  return Buffer.from(memory.buffer, RECORD, RECORD_BYTES).toString('hex');
}

/** What the record should be, straight from the definitions: statics choose the handler, its layout says where each operand goes. */
function expected(instruction: Instruction, word: number, index: number): string {
  const fields = encodingOf(instruction).extract(word);
  const statics = (instruction.statics ?? []).map((s) => (typeof s === 'string' ? [s, fields[s]] : [s.name, s.of(fields)]));
  const family = handlerTable().familyOf(instruction)!;
  const members = Array.from({ length: family.count / family.variants }, (_, n) => family.member(n * family.variants));
  const handler = members.find((m) => statics.every(([name, value]) => m.statics[name as string] === value))!;
  const { layout } = handlerTable().recorded(handler.number, handler);
  new Uint8Array(memory.buffer, RECORD, RECORD_BYTES).fill(0);
  view.setUint16(0, handler.number, true);
  for (const { offset, bytes, value } of layout.operands) {
    if (bytes === 8) view.setBigInt64(offset, BigInt.asIntN(64, BigInt(value(fields))), true);
    else if (bytes === 4) view.setInt32(offset, Number(value(fields)), true);
    else view.setUint16(offset, Number(value(fields)), true);
  }
  if (layout.branch) {
    const displacement = layout.branch(fields);
    const target = index + displacement / 4;
    const near = target >= 0 && target < RECORDS_PER_PAGE;
    view.setUint16(0, handler.number + (near ? 0 : 1), true);
    view.setInt32(layout.branchOffset!, near ? (displacement / 4 - 1) * RECORD_BYTES : displacement, true);
  }
  return Buffer.from(memory.buffer, RECORD, RECORD_BYTES).toString('hex');
}

describe('the predecoder', () => {
  test('puts into a record what the definition says, for words of every instruction, the first time and from its memory', () => {
    const next = random(11);
    for (const { instruction, word } of wordsOfEveryInstruction(60, 12)) {
      const index = next() % RECORDS_PER_PAGE;
      if (!instruction.operation) {
        assert.equal(Number.parseInt(filled(word, index).slice(0, 2), 16), builtinHandlers.unimplemented);
        continue;
      }
      const record = expected(instruction, word, index);
      for (const time of ['first', 'again'])
        assert.equal(filled(word, index), record, `${instruction.name} 0x${word.toString(16)} at ${index}, ${time}`);
    }
  });

  test('takes any word: the decoder says which instruction it is, or it is undefined', () => {
    const next = random(13);
    for (let n = 0; n < 100_000; n++) {
      const word = next();
      const index = next() % RECORDS_PER_PAGE;
      const decoded = decoder.decode(word);
      const record = filled(word, index);
      if (decoded?.instruction.operation) assert.equal(record, expected(decoded.instruction, word, index));
      else assert.equal(Number.parseInt(record.slice(0, 2), 16), decoded ? builtinHandlers.unimplemented : builtinHandlers.undefined);
    }
  });

  test('what the translator gets is the same instruction', () => {
    for (const { instruction, word } of wordsOfEveryInstruction(10, 14)) {
      const translatable = predecoder.translatable(word);
      if (!instruction.operation) assert.equal(translatable, undefined);
      else assert.deepEqual(translatable?.fields, encodingOf(instruction).extract(word));
    }
  });

  test('says that control goes on except after branches and what is no instruction', () => {
    const goesOn = (word: number): boolean => predecoder.fill(RECORD, word, 0);
    assert.equal(goesOn(0x91000420), true); // add x0, x1, #1
    assert.equal(goesOn(0xf9400020), true); // ldr x0, [x1]
    assert.equal(goesOn(0x54000040), false); // b.eq
    assert.equal(goesOn(0xd65f03c0), false); // ret
    assert.equal(goesOn(0xd4000001), false); // svc #0
    assert.equal(goesOn(0), false);
  });
});
