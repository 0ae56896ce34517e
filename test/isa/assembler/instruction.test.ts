import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assembleInstruction, tryAssemble } from '../../../emulator/isa/assembler/instruction.ts';
import { decode } from '../../../emulator/isa/decoder.ts';
import { disassemble } from '../../../emulator/isa/disassembler.ts';
import { wordsOfEveryInstruction } from '../random.ts';
import { withoutRemark, writtenHere } from '../syntax-support.ts';

const here = writtenHere(0x1000n);
const row = (text: string, word: number): void => {
  test(text, () => assert.equal(assembleInstruction(text, here).toString(16).padStart(8, '0'), word.toString(16).padStart(8, '0')));
};

/** Several words print the same text: the assembler makes the one with the ignored bits clear. */
const ignoredBits = /^(DUP|INS|AND|ORR|EOR|ANDS|UMOV|SMOV|LDP|STP)/;

describe('every instruction assembles from its own text', () => {
  test('to the same word, or to one that does the same', () => {
    const failed: string[] = [];
    for (const [index, { instruction, word }] of wordsOfEveryInstruction(10, 21).entries()) {
      const address = BigInt(index * 4);
      const text = withoutRemark(disassemble(word, address));
      const again = tryAssemble(text, writtenHere(address));
      if (again === word) continue;
      const same = again !== undefined && decode(again)?.instruction === instruction && withoutRemark(disassemble(again, address)) === text;
      if (!same || !ignoredBits.test(instruction.name)) failed.push(`${instruction.name}: ${word.toString(16)} ${text}`);
    }
    assert.deepEqual(failed, []);
  });
});

describe('MOV chooses as GNU as does', () => {
  row('mov x0, #0', 0xd2800000);
  row('mov x0, #0x10000', 0xd2a00020);
  row('mov w0, #0xffff0000', 0x52bfffe0);
  row('mov w0, #-1', 0x12800000);
  row('mov x0, #-0x10000', 0x929fffe0);
  row('mov x0, #0xff00ff00ff00ff00', 0xb2089fe0);
  row('mov x0, x1', 0xaa0103e0);
  row('mov x0, sp', 0x910003e0);
  row('mov sp, x0', 0x9100001f);
  row("mov w0, #'A'", 0x52800820);
});

describe('spellings beyond the architecture that GNU as takes', () => {
  row('ldr x0, [x1, #-8]', 0xf85f8020);
  row('ldr x0, [x1, #1]', 0xf8401020);
  row('add x0, x0, #0x1000', 0x91400400);
  row('add x0, x0, #-16', 0xd1004000);
  row('cmp x0, #-1', 0xb100041f);
  row('adds w0, w1, #-4', 0x71001020);
  row('bic x0, x0, #0xff', 0x9278dc00);
  row('beq 0x1010', 0x54000080);
  row('b.hs 0x1010', 0x54000082);
});

describe('text is read however it is spaced and cased', () => {
  row('ADD X0,X1,X2', 0x8b020020);
  row('  ldp   x29 , x30 , [ sp ] , #16', 0xa8c17bfd);
  row('add x0, x1, 16', 0x91004020);
  row('mrs x0, SCTLR_EL1', 0xd5381000);
  row('mrs x0, S3_0_C1_C0_0', 0xd5381000);
  row('msr DAIFSet, #0xf', 0xd5034fdf);
  row('dc CIVAC, x3', 0xd50b7e23);
  row('ret', 0xd65f03c0);
});

describe('what is wrong is said with what would be right', () => {
  test('no such instruction', () => {
    assert.throws(() => assembleInstruction('mvo x0, x1', here), /'mvo' is not an instruction/);
  });

  test('operands that no form takes', () => {
    assert.throws(() => assembleInstruction('svc x0', here), /no form of svc takes these operands. It is written: svc #<imm16>/);
    assert.throws(() => assembleInstruction('add x0, w1, x2', here), /no form of add/);
    assert.throws(() => assembleInstruction('movz x0, #0x10000', here), /no form of movz/);
    assert.throws(() => assembleInstruction('b 0x1002', here), /no form of b/);
  });
});
