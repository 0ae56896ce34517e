import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { tryAssemble } from '../../emulator/isa/assembler/instruction.ts';
import { decode } from '../../emulator/isa/decoder.ts';
import { disassemble, disassembleRange } from '../../emulator/isa/disassembler.ts';
import { encodingOf } from '../../emulator/isa/encoding.ts';
import { guestFiles, repository, skipWithout } from '../guests/guests.ts';
import { objdump, singleSpaced, skipWithoutObjdump } from './objdump.ts';
import { wordsOfEveryInstruction } from './random.ts';
import { withoutRemark, writtenHere } from './syntax-support.ts';

/** Words of every instruction with objdump's text, one `word address text` a line. Rewritten by `npm test -- isa --update-golden` where objdump 2.40 is. */
const golden = join(repository, 'test', 'isa', 'disassembly.golden.txt');

/** Constrained unpredictable operands that objdump does not name and we do: LDPSW that writes its base back and loads it. */
const namedHereOnly = /^ldpsw /;
/** Registers that our table does not have (trace, branch records …) keep their generic names. */
const genericHere = /^(mrs|msr) .*\bs\d_\d_c/;

interface Difference {
  readonly word: string;
  readonly objdump: string;
  readonly ours: string;
}

function differences(words: Uint32Array, expected: readonly string[]): Difference[] {
  const result: Difference[] = [];
  for (const [index, word] of words.entries()) {
    const ours = singleSpaced(disassemble(word, BigInt(index * 4)));
    const theirs = singleSpaced(expected[index]!);
    if (ours === theirs || genericHere.test(ours)) continue;
    if (theirs.endsWith('; undefined') && namedHereOnly.test(ours)) continue;
    result.push({ word: word.toString(16).padStart(8, '0'), objdump: theirs, ours });
  }
  return result;
}

describe('disassembly equals GNU objdump 2.40', () => {
  test('random words of every instruction, objdump beside us', { skip: skipWithoutObjdump() }, () => {
    const words = Uint32Array.from(wordsOfEveryInstruction(12, 11), ({ word }) => word);
    const texts = objdump(words);
    assert.deepEqual(differences(words, texts).slice(0, 20), []);
    if (process.env.UPDATE_GOLDEN) updateGolden();
  });

  test('words of every instruction, as objdump printed them once', () => {
    const lines = readFileSync(golden, 'utf8').trim().split('\n');
    assert.ok(lines.length > 1000);
    for (const line of lines) {
      const [, word, address, text] = /^([0-9a-f]{8}) ([0-9a-f]+) (.*)$/.exec(line)!;
      assert.equal(singleSpaced(disassemble(Number.parseInt(word!, 16), BigInt(`0x${address}`))), text, word);
    }
  });

  const kernel = guestFiles().kernels['6.1'];
  test('every distinct word of the Debian 6.1 kernel', { skip: skipWithout(kernel.textWords, kernel.textDisassembly) }, () => {
    const words = wordsOf(kernel.textWords);
    const texts = readFileSync(kernel.textDisassembly, 'utf8').split('\n');
    assert.ok(words.length > 400_000);
    assert.deepEqual(differences(words, texts).slice(0, 20), []);
  });

  const { busybox } = guestFiles();
  test('every distinct word of busybox', { skip: skipWithout(busybox) || skipWithoutObjdump() }, () => {
    const words = codeOf(readFileSync(busybox));
    assert.ok(words.length > 90_000);
    assert.deepEqual(differences(words, objdump(words)).slice(0, 20), []);
  });

  test('every distinct word of the Debian 6.1 kernel assembles to itself', { skip: skipWithout(kernel.textWords) }, () => {
    const words = wordsOf(kernel.textWords);
    const failed: string[] = [];
    for (const [index, word] of words.entries()) {
      const address = BigInt(index * 4);
      const text = disassemble(word, address);
      // Data that looks like an instruction with other should-be bits has no text of its own.
      if (text.endsWith('; undefined') || !asItShouldBe(word)) continue;
      if (tryAssemble(withoutRemark(text), writtenHere(address)) !== word) failed.push(`${word.toString(16)} ${text}`);
    }
    assert.deepEqual(failed.slice(0, 20), []);
  });
});

describe('disassembler', () => {
  test('targets are absolute, whatever the address', () => {
    assert.equal(disassemble(0x97ffffff, 0xffff800008010000n), 'bl 0xffff80000800fffc');
    assert.equal(disassemble(0x97ffffff, 0n), 'bl 0xfffffffffffffffc');
    assert.equal(disassemble(0x90000000, 0xffff800008010123n), 'adrp x0, 0xffff800008010000');
  });

  test('a word that is nothing', () => {
    assert.equal(disassemble(0xffffffff, 0n), '.inst 0xffffffff ; undefined');
  });

  test('a view of 300 rows takes no time', () => {
    const words = wordsOfEveryInstruction(1, 3).map(({ word }) => word);
    disassembleRange(words.slice(0, 300), 0n);
    const start = performance.now();
    assert.equal(disassembleRange(words.slice(0, 300), 0n).length, 300);
    assert.ok(performance.now() - start < 50);
  });
});

/** The distinct words of an ELF file's executable sections, ascending. */
function codeOf(elf: Buffer): Uint32Array {
  const headers = Number(elf.readBigUInt64LE(40));
  const words = new Set<number>();
  for (let n = 0; n < elf.readUInt16LE(60); n++) {
    const at = headers + n * 64;
    const executable = elf.readBigUInt64LE(at + 8) & 4n;
    if (!executable || elf.readUInt32LE(at + 4) !== 1) continue;
    const [offset, size] = [Number(elf.readBigUInt64LE(at + 24)), Number(elf.readBigUInt64LE(at + 32))];
    for (let word = offset; word + 4 <= offset + size; word += 4) words.add(elf.readUInt32LE(word));
  }
  return Uint32Array.from(words).sort();
}

function asItShouldBe(word: number): boolean {
  const { template, shouldBeMask } = encodingOf(decode(word)!.instruction);
  return ((word ^ template) & shouldBeMask) === 0;
}

function wordsOf(file: string): Uint32Array {
  const bytes = readFileSync(file);
  return new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

/** Two words of every instruction and one of every spelling among more. */
function updateGolden(): void {
  const sample = wordsOfEveryInstruction(10, 12);
  const texts = objdump(Uint32Array.from(sample, ({ word }) => word));
  const seen = new Map<string, number>();
  const lines = sample.flatMap(({ instruction, word }, index) => {
    const key = `${instruction.name} ${texts[index]!.split(' ')[0]}`;
    const count = seen.get(key) ?? 0;
    seen.set(key, count + 1);
    const text = texts[index]!;
    if (count >= 2 || text.endsWith('; undefined') || /^(mrs|msr) /.test(text)) return [];
    return [`${word.toString(16).padStart(8, '0')} ${(index * 4).toString(16)} ${text}`];
  });
  writeFileSync(golden, `${lines.join('\n')}\n`);
  assert.ok(existsSync(golden));
}
