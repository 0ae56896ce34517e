import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { AssemblyError, assemble } from '../../../emulator/isa/assembler/assembler.ts';
import { repository } from '../../guests/guests.ts';
import { random } from '../random.ts';

const guests = join(repository, 'extension', 'guests');
const sources = readdirSync(guests, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.S'))
  .map((file) => readFileSync(join(guests, file), 'utf8'));

/** Assembles, or says what is wrong with the source; nothing else, and in no time. */
function survives(source: string): void {
  const start = performance.now();
  try {
    assemble(source, { file: 'fuzz.S', address: 0x4008_0000n });
  } catch (error) {
    assert.ok(error instanceof AssemblyError, `${(error as Error).stack}\n${source.slice(0, 500)}`);
    assert.ok(error.diagnostics.length > 0);
  }
  assert.ok(performance.now() - start < 5000, `took ${performance.now() - start} ms: ${source.slice(0, 200)}`);
}

test('mutilated sources', () => {
  const next = random(31);
  const alphabet = ' \t\n,:;.#[]{}()"\'\\/*+-<>=!~|&^%@$0123456789abcdefxswlrn_';
  for (let n = 0; n < 150; n++) {
    const lines = sources[next() % sources.length]!.split('\n');
    for (let edits = 1 + (next() % 8); edits > 0; edits--) {
      const at = next() % lines.length;
      const line = lines[at]!;
      const column = next() % (line.length + 1);
      const piece = Array.from({ length: next() % 4 }, () => alphabet[next() % alphabet.length]).join('');
      lines[at] = line.slice(0, column) + piece + line.slice(column + (next() % 3));
    }
    survives(lines.join('\n'));
  }
});

test('text that is no source at all', () => {
  const next = random(32);
  for (let n = 0; n < 100; n++) survives(Array.from({ length: 300 }, () => String.fromCharCode(next() % 128)).join(''));
});

test('lines that go on and on', () => {
  for (const source of [
    `add x0, x1, ${'('.repeat(20_000)}`,
    `add x0, x1, #${'1+'.repeat(5_000)}1`,
    `ldr x0, [${'x1, '.repeat(2_000)}]`,
    `.word ${'-'.repeat(50_000)}1`,
    `.ascii "${'a'.repeat(100_000)}"`,
    `${'a'.repeat(50_000)}: b ${'a'.repeat(50_000)}`,
    '.rept 1000000\n.rept 1000000\nnop\n.endr\n.endr',
    '.space 0xffffffff',
    '.fill 0xfffffff, 8, 1',
    '.equ a, 1 << 100000',
    '.org 0xffffffffffff',
    '.balign 3',
  ])
    survives(source);
});
