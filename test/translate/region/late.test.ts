import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { slots } from '../../../emulator/translate/layout.ts';
import type { Batch, BatchCompiler } from '../../../emulator/translate/region/batch.ts';
import { RAM } from '../flat-machine.ts';
import { compare, generator, machineWith, randomBranches } from './compare.ts';

/** Gives each result only when `due` says so, like a thread beside the machine's. */
class LateCompiler implements BatchCompiler {
  posted = 0;

  constructor(
    private readonly inline: BatchCompiler,
    private readonly due: () => boolean,
  ) {}

  post(batch: Batch): void {
    this.posted++;
    this.inline.post(batch);
  }

  take(): ReturnType<BatchCompiler['take']> {
    return this.due() ? this.inline.take() : undefined;
  }
}

/** Every batch is a single region, and one is asked for soon. */
const eager = { batch: 1, hotJumps: 20 };

const rewriting = `
          mov x7, #40
          adr x8, 2f
       0: mov x2, #400
       1: add x0, x0, x2
       2: add x3, x3, #1
          subs x2, x2, #1
          b.ne 1b
          ldr w4, [x8]
          add w4, w4, #0x400
          str w4, [x8]
          subs x7, x7, #1
          b.ne 0b
          hlt #0
`;

describe('regions that are done some time after they were asked for', () => {
  it('random branches', () => {
    for (let seed = 21; seed <= 26; seed++) {
      const random = generator(seed);
      const compiler = (inline: BatchCompiler): BatchCompiler => new LateCompiler(inline, () => random(4) === 0);
      assert.ok(compare(randomBranches(seed), 200, { eagerness: eager, compiler }) > 0);
    }
  });

  it('code that is rewritten meanwhile', () => {
    for (let seed = 1; seed <= 8; seed++) {
      const random = generator(seed);
      const compiler = (inline: BatchCompiler): BatchCompiler => new LateCompiler(inline, () => random(3) === 0);
      compare(rewriting, 100, { eagerness: eager, compiler });
    }
  });

  it('what was made from what the page held before is not used; the code may become hot anew', () => {
    let late: LateCompiler | undefined;
    let due = false;
    const machine = machineWith('1: add x0, x0, #1\n b 1b\n', {
      translate: true,
      eagerness: eager,
      compiler: (inline) => {
        late = new LateCompiler(inline, () => due);
        return late;
      },
    });
    const run = (): unknown => machine.run(machine.slot(slots.pc), 1000);
    run();
    run();
    assert.equal(late!.posted, 1);
    machine.code.written(RAM + 4000, 4);
    due = true;
    run();
    assert.equal(machine.translated, 0);
    run();
    run();
    assert.equal(late!.posted, 2);
    assert.equal(machine.translated, 1);
    assert.equal(machine.slot(0), 2500n);
  });

  it('a breakpoint that was set meanwhile is hit', () => {
    let due = false;
    const machine = machineWith('1: add x0, x0, #1\n add x3, x3, #1\n b 1b\n', {
      translate: true,
      eagerness: eager,
      compiler: (inline) => new LateCompiler(inline, () => due),
    });
    const run = (): string => machine.run(machine.slot(slots.pc), 999);
    run();
    run();
    due = true;
    machine.code.setBreakpoint(RAM + 4);
    assert.equal(run(), 'breakpoint');
    assert.equal(machine.slot(slots.pc), BigInt(RAM + 4));
    machine.code.clearBreakpoint(RAM + 4);
    machine.setSlot(slots.pc, BigInt(RAM + 4));
    assert.equal(run(), 'budget');
  });

  it('a path that is taken for the first time after the region was made', () => {
    compare(
      `   mov x2, #9000
          mov x5, #0
       1: add x0, x0, x2
          cbz x5, 2f
          eor x0, x0, x2, ror #9
          tbz x2, #3, 2f
          mul x0, x0, x2
       2: subs x2, x2, #1
          cmp x2, #4000
          cset x5, lt
          cbnz x2, 1b
          hlt #0
      `,
      100,
      { eagerness: eager },
    );
  });
});
