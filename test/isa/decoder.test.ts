import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Decoder, decode } from '../../emulator/isa/decoder.ts';
import { disassemble } from '../../emulator/isa/disassembler.ts';
import { encodingOf } from '../../emulator/isa/encoding.ts';
import type { Instruction } from '../../emulator/isa/instruction.ts';
import { featureFields } from '../../emulator/isa/registers/features.ts';
import { formsOf } from '../../emulator/isa/syntax/form.ts';
import { allInstructions } from '../../emulator/isa/table.ts';
import { random } from './random.ts';

describe('the instruction table', () => {
  test('every encoding has 32 bits and every template symbol a meaning', () => {
    for (const instruction of allInstructions) {
      encodingOf(instruction);
      formsOf(instruction);
    }
  });

  test('names are unique', () => {
    const names = allInstructions.map((i) => i.name);
    assert.deepEqual(
      names.filter((name, index) => names.indexOf(name) !== index),
      [],
    );
  });

  test('every feature is one that ID registers tell', () => {
    const features = new Set(allInstructions.flatMap((i) => i.feature ?? []));
    assert.deepEqual(
      [...features].filter((feature) => !(feature in featureFields)),
      [],
    );
  });

  test('every static has a value its handler knows, whatever the fields', () => {
    const next = random(5);
    for (const instruction of allInstructions) {
      for (let n = 0; n < 20; n++) {
        const encoding = encodingOf(instruction);
        const fields = encoding.extract(((next() & ~encoding.mask) | encoding.value) >>> 0);
        if (instruction.where && !instruction.where(fields)) continue;
        for (const s of instruction.statics ?? []) {
          if (typeof s === 'string') assert.ok(s in fields, `${instruction.name}: static ${s} is no field`);
          else assert.ok(s.values.includes(s.of(fields)), `${instruction.name}: static ${s.name} = ${s.of(fields)}`);
        }
      }
    }
  });

  test('where two encodings overlap, one is a special case of the other or `where` tells them apart', () => {
    const ambiguous: string[] = [];
    const next = random(6);
    const entries = allInstructions.map((instruction) => ({ instruction, ...encodingOf(instruction) }));
    for (const [index, a] of entries.entries()) {
      for (const b of entries.slice(index + 1)) {
        if (((a.value ^ b.value) & a.mask & b.mask) !== 0) continue;
        if ((a.mask & b.mask) >>> 0 === a.mask || (a.mask & b.mask) >>> 0 === b.mask) {
          if (a.mask !== b.mask) continue;
        }
        const common = (a.mask | b.mask) >>> 0;
        for (let n = 0; n < 200; n++) {
          const word = ((next() & ~common) | a.value | b.value) >>> 0;
          if (!isThis(a.instruction, word) || !isThis(b.instruction, word)) continue;
          ambiguous.push(`${a.instruction.name} and ${b.instruction.name}: 0x${word.toString(16)}`);
          break;
        }
      }
    }
    assert.deepEqual(ambiguous, []);
  });
});

const isThis = (instruction: Instruction, word: number): boolean => {
  const { where } = instruction;
  return where === undefined || where(encodingOf(instruction).extract(word));
};

describe('decoding', () => {
  test('any word at all: an instruction whose fields make the word again, or none; its text never fails', () => {
    const next = random(7);
    for (let n = 0; n < 200_000; n++) {
      const word = next();
      const decoded = decode(word);
      if (decoded) {
        const encoding = encodingOf(decoded.instruction);
        assert.equal(
          (encoding.assemble(decoded.fields) ^ word) & ~encoding.shouldBeMask & (encoding.mask | maskOfFields(decoded.instruction)),
          0,
        );
      }
      if (n % 4 === 0) assert.equal(typeof disassemble(word, BigInt(n) * 4n), 'string');
    }
  });

  test('a special case comes before the general one', () => {
    assert.equal(decode(0xd503201f)?.instruction.name, 'NOP');
    assert.equal(decode(0xd50329bf)?.instruction.name, 'HINT');
    assert.equal(decode(0xd53b4220)?.instruction.name, 'MRS DAIF');
  });

  test('a hint that is not offered is a NOP; another instruction that is not offered is none', () => {
    const nothing = (): boolean => false;
    assert.equal(decode(0xd503233f)?.instruction.name, 'PACIASP');
    assert.equal(decode(0xd503233f, nothing)?.instruction.name, 'HINT');
    assert.equal(decode(0xd65f0bff)?.instruction.name, 'RETAA');
    assert.equal(decode(0xd65f0bff, nothing), undefined);
  });

  test('a decoder of its own list', () => {
    const only = new Decoder(allInstructions.filter((i) => i.name === 'B'));
    assert.deepEqual(only.decode(0x14000001)?.fields, { imm26: 1 });
    assert.equal(only.decode(0xd503201f), undefined);
  });
});

function maskOfFields(instruction: Instruction): number {
  return encodingOf(instruction).fields.reduce((mask, { low, width }) => mask + (2 ** width - 1) * 2 ** low, 0);
}
