import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodingOf } from '../../../emulator/isa/encoding.ts';
import { formsOf } from '../../../emulator/isa/syntax/form.ts';
import { allInstructions } from '../../../emulator/isa/table.ts';
import { HandlerTable } from '../../../emulator/translate/interpreter/handlers.ts';

describe('the instruction table', () => {
  it('names each instruction once', () => {
    const names = allInstructions.map((i) => i.name);
    assert.deepEqual(
      names.filter((name, n) => names.indexOf(name) !== n),
      [],
    );
  });

  it('has 32 bits in every encoding and a meaning for every symbol', () => {
    for (const instruction of allInstructions) {
      assert.doesNotThrow(() => encodingOf(instruction), instruction.name);
      assert.doesNotThrow(() => formsOf(instruction), instruction.name);
    }
  });

  it('builds every operation for every static combination, within the operands a record holds', () => {
    const table = new HandlerTable(allInstructions);
    const refused: string[] = [];
    for (const handler of table.all()) {
      try {
        table.recorded(handler.number, handler);
      } catch (e) {
        refused.push(`${handler.instruction.name} ${JSON.stringify(handler.statics)}: ${(e as Error).message}`);
      }
    }
    assert.deepEqual(refused, []);
  });

  it('has no two encodings that match one word and nothing to tell them apart', () => {
    const overlaps: string[] = [];
    allInstructions.forEach((a, n) => {
      const first = encodingOf(a);
      for (const b of allInstructions.slice(n + 1)) {
        const second = encodingOf(b);
        const shared = first.mask & second.mask;
        if ((first.value & shared) >>> 0 !== (second.value & shared) >>> 0) continue;
        // One a special case of the other: the decoder takes the one with more fixed bits.
        if (first.fixedBits !== second.fixedBits && (shared >>> 0 === first.mask || shared >>> 0 === second.mask)) continue;
        if (a.where || b.where) continue;
        overlaps.push(`${a.name} / ${b.name}`);
      }
    });
    assert.deepEqual(overlaps, []);
  });
});
