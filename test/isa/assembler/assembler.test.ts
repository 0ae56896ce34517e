import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { AssemblyError, assemble } from '../../../emulator/isa/assembler/assembler.ts';
import { disassembleRange } from '../../../emulator/isa/disassembler.ts';
import { repository } from '../../guests/guests.ts';
import { withoutRemark } from '../syntax-support.ts';

const at = (source: string, address = 0n) => assemble(source, { file: 'test.S', address });
const words = (source: string, address = 0n): number[] => {
  const { image } = at(source, address);
  return [...new Uint32Array(image.buffer, 0, image.length >> 2)];
};
const texts = (source: string, address = 0n): string[] =>
  disassembleRange(words(source, address), address).map(({ text }) => withoutRemark(text));
const bytes = (source: string): string => Buffer.from(at(source).image).toString('hex');
const problems = (source: string): string[] => {
  try {
    at(source);
  } catch (error) {
    assert.ok(error instanceof AssemblyError);
    return error.message.split('\n');
  }
  return [];
};

describe('labels and expressions', () => {
  test('labels reach back and forth, local ones the nearest', () => {
    const source = `
      b    later
    1:  b  1b
        b  1f
    1:  b  1b
    later: b 1b`;
    assert.deepEqual(texts(source, 0x1000n), ['b 0x1010', 'b 0x1004', 'b 0x100c', 'b 0x100c', 'b 0x100c']);
  });

  test('constants, arithmetic, the place itself', () => {
    const source = `
      .equ SHIFT, 4
      SIZE = (1 << SHIFT) + 'A' - 0x40
      mov  x0, #SIZE
      add  x1, x1, #(end - start)
    start:
      b    . + 8
      nop
    end:`;
    assert.deepEqual(texts(source), ['mov x0, #0x11', 'add x1, x1, #0x8', 'b 0x10', 'nop']);
  });

  test(':lo12: and the wide moves take parts of an address', () => {
    const source = `
      adrp x0, there
      add  x0, x0, :lo12:there
      ldr  x1, [x0, #:lo12:there]
      movz x2, #:abs_g1:there
      movk x2, #:abs_g0_nc:there
      .org 0x1238
    there: .quad 0`;
    assert.deepEqual(texts(source, 0x4000_0000n).slice(0, 5), [
      'adrp x0, 0x40001000',
      'add x0, x0, #0x238',
      'ldr x1, [x0, #568]',
      'mov x2, #0x40000000',
      'movk x2, #0x1238',
    ]);
  });
});

describe('data', () => {
  test('numbers of every size, little-endian', () => {
    assert.equal(bytes('.byte 1, -1\n.hword 0x1234\n.word 0x89abcdef\n.quad 0x1122334455667788'), '01ff3412efcdab898877665544332211');
  });

  test('strings and their escapes', () => {
    assert.equal(bytes('.ascii "a\\n", "b"\n.asciz "// no comment; \\x41\\0"'), Buffer.from('a\nb// no comment; A\0\0').toString('hex'));
  });

  test('space, fill and alignment', () => {
    assert.equal(bytes('.data\n.byte 1\n.balign 4, 0xee\n.byte 2\n.p2align 1\n.skip 2, 9\n.fill 2, 2, 0x0304'), '01eeeeee0200090904030403');
  });

  test('code is aligned with NOPs', () => {
    assert.deepEqual(texts('ret\n.balign 16\nret'), ['ret', 'nop', 'nop', 'nop', 'ret']);
  });

  test('literal pools: at .ltorg or the end, the narrow ones first, equal ones once', () => {
    const source = `
      ldr x0, =0x1122334455667788
      ldr w1, =7
      ldr x2, =0x1122334455667788
      b   .
      .ltorg
      ldr x3, =label
    label:`;
    assert.deepEqual(
      words(source, 0x80n),
      [0x580000c0, 0x18000061, 0x58000082, 0x14000000, 7, 0, 0x55667788, 0x11223344, 0x58000043, 0, 0xa4, 0],
    );
  });
});

describe('sections, macros, conditions', () => {
  test('.text comes first, then read-only data, data, .bss', () => {
    const { image, symbols } = at('.bss\nb: .space 8\n.data\nd: .byte 4\n.text\nt: nop\n.section .rodata\nr: .byte 3', 0x1000n);
    assert.deepEqual(
      symbols.map(({ name, address }) => [name, Number(address)]),
      [
        ['t', 0x1000],
        ['r', 0x1010],
        ['d', 0x1020],
        ['b', 0x1030],
      ],
    );
    assert.equal(image.length, 0x38);
  });

  test('macros take arguments, defaults and a number of their own', () => {
    const source = `
      .macro load register, value=5
      b skip\\@
    skip\\@:
      mov \\register, #\\value
      .endm
      load x0
      load x1, 6
      load value=7, register=x2`;
    assert.deepEqual(texts(source), ['b 0x4', 'mov x0, #0x5', 'b 0xc', 'mov x1, #0x6', 'b 0x14', 'mov x2, #0x7']);
  });

  test('.rept, .irp, .if', () => {
    const source = `
      .equ COUNT, 2
      .rept COUNT
      nop
      .endr
      .irp n, 1, 2
      hint #\\n
      .endr
      .if COUNT > 2
      wfi
      .elseif COUNT == 2
      sev
      .else
      wfe
      .endif
      .ifdef MISSING
      svc #0
      .endif`;
    assert.deepEqual(texts(source), ['nop', 'nop', 'yield', 'wfe', 'sev']);
  });

  test('the line table names the line of each instruction, that of the use in a macro', () => {
    const { lines } = at('.macro two\nnop\nret\n.endm\n/* a\ncomment */ nop // one\n two\n.byte 1,2,3,4\n wfi');
    assert.deepEqual(
      lines.map(({ address, line }) => [Number(address), line]),
      [
        [0, 6],
        [4, 7],
        [8, 7],
        [16, 9],
      ],
    );
  });
});

describe('problems are told with file and line', () => {
  const row = (source: string, ...expected: (string | RegExp)[]): void => {
    test(source.replace(/\n/g, ' ⏎ '), () => {
      const found = problems(source);
      assert.equal(found.length, expected.length, found.join('\n'));
      for (const [index, text] of expected.entries()) {
        if (typeof text === 'string') assert.equal(found[index], text);
        else assert.match(found[index]!, text);
      }
    });
  };
  row('nop\nb nowhere', "test.S:2: 'nowhere' is not defined");
  row('here: nop\nhere: nop', 'test.S:2: here is already defined at line 1');
  row('.wrod 1', 'test.S:1: .wrod is not a directive known here');
  row('mov x0, x99\nfoo x1', /^test\.S:1: 'mov x0, x99': no form of mov takes these operands/, "test.S:2: 'foo' is not an instruction");
  row('#define A 1', /preprocessor does not run here: use .equ/);
  row('.byte 256', 'test.S:1: 256 does not fit 1 byte');
  row('.byte 1\nnop', 'test.S:2: instructions must be 4-byte aligned: put .balign 4 before this one');
  row('.macro m\nnop', 'test.S:1: .macro has no .endm');
  row('.if 1\nnop', 'test.S:1: .if has no .endif');
  row('.space later\nlater:', "test.S:1: 'later' must be defined before this line");
  row('.word 1 +', /test\.S:1: '1 \+' ends in the middle/);
  row('.ascii hello', 'test.S:1: hello is not a string: write it in double quotes');
  row('x0: nop', 'test.S:1: x0 is a register, not a label');
  row('.macro again\nagain\n.endm\nagain', /macro again goes on expanding itself/);
  row('.org 16\n.org 8', /would go back/);
});

const guests = join(repository, 'extension', 'guests');
const gas = spawnSync('aarch64-linux-gnu-as', ['--version']).status === 0 && spawnSync('aarch64-linux-gnu-ld', ['--version']).status === 0;
if (!gas && process.env.CI === 'true') throw new Error('needs aarch64-linux-gnu-as');

describe('bundled guests', () => {
  for (const name of readdirSync(guests, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.S'))) {
    const file = join(guests, name);
    test(`${name} assembles`, () => {
      const { image, symbols, lines } = assemble(readFileSync(file, 'utf8'), { file, address: 0x4008_0000n });
      assert.ok(image.length > 0 && lines.length > 0);
      assert.equal(symbols.find((s) => s.name === '_start')?.address, 0x4008_0000n);
    });

    test(`${name} is what GNU as makes of it`, { skip: gas ? false : 'needs aarch64-linux-gnu-as and -ld' }, () => {
      const folder = mkdtempSync(join(tmpdir(), 'guest-'));
      try {
        const [object, linked, flat] = ['o', 'elf', 'bin'].map((extension) => join(folder, `guest.${extension}`)) as [
          string,
          string,
          string,
        ];
        execFileSync('aarch64-linux-gnu-as', [file, '-o', object]);
        const { image, symbols } = assemble(readFileSync(file, 'utf8'), { file, address: 0x4008_0000n });
        // The linker lays the other sections out where we do.
        const places = sectionStarts(readFileSync(file, 'utf8'), image.length);
        execFileSync('aarch64-linux-gnu-ld', ['--no-warn-rwx-segments', '-Ttext=0x40080000', ...places, object, '-o', linked]);
        execFileSync('aarch64-linux-gnu-objcopy', ['-O', 'binary', '-j', '.text', '-j', '.rodata', '-j', '.data', linked, flat]);
        const theirs = readFileSync(flat);
        assert.ok(Buffer.from(image.subarray(0, theirs.length)).equals(theirs), `${symbols.length} symbols`);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  }
});

/** Linker options that put .rodata, .data and .bss at the addresses our own layout has. */
function sectionStarts(source: string, size: number): string[] {
  assert.ok(size > 0);
  const marked = ['.rodata', '.data', '.bss'].map((section) => `.section ${section}\n__start_of_${section.slice(1)}:\n`).join('');
  const { symbols } = assemble(`.text\n__text:\n${marked}.text\n${source}`, { file: 'marked', address: 0x4008_0000n });
  return ['rodata', 'data', 'bss'].map(
    (name) => `--section-start=.${name}=0x${symbols.find((s) => s.name === `__start_of_${name}`)!.address.toString(16)}`,
  );
}
