import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { slots } from '../../../emulator/translate/layout.ts';
import { RAM } from '../flat-machine.ts';
import { compare, machineWith } from './compare.ts';

/** A loop that calls functions of its own page and of two others: with branches, memory, a conditional comparison, an early return, and one that cannot be part of the loop. */
const CALLS = ` mov x2, #20000
 mov x3, #1
loop: bl near
 bl scaled
 bl picked
 bl nested
 subs x2, x2, #1
 b.ne loop
 hlt #0
near: add x3, x3, x2, lsl #3
 cbz x3, 1f
 eor x3, x3, x3, lsr #7
1: ret
 .balign 4096
scaled: and x6, x3, #0x7ff8
 ldr x7, [x1, x6]
 add x7, x7, x3
 str x7, [x1, x6]
 tbz x7, #0, 2f
 sub x3, x3, #0x11
 ret
2: adds x3, x3, x7
 ret
 .balign 4096
picked: cmp x3, x7
 ccmp x6, #16, #4, hi
 csinv x3, x3, x7, ne
 b.lt 3f
 cset x8, vs
 add x3, x3, x8
3: ret
nested: mov x9, x30
 bl picked
 ret x9
`;

describe('small functions in their callers', () => {
  it('do what they do when they are called', () => {
    assert.ok(compare(CALLS, 500) > 0);
    assert.ok(compare(CALLS, 500, { eagerness: { hotJumps: 1, batch: 1, patience: 0 } }) > 0);
  });

  it('change when their code in another page does', () => {
    // ADD X3, X3, #1 becomes ADD X3, X3, #2 and back, by a store now and then.
    const source = ` mov x2, #30000
 adrp x10, leaf
 add x10, x10, :lo12:leaf
 ldr w11, [x10]
 eor w12, w11, #0xc00
loop: bl leaf
 tst x2, #0x3ff
 b.ne 1f
 eor w11, w11, w12
 eor w12, w11, w12
 eor w11, w11, w12
 str w11, [x10]
1: subs x2, x2, #1
 b.ne loop
 hlt #0
 .balign 4096
leaf: add x3, x3, #1
 ret
`;
    assert.ok(compare(source, 300) > 0);
    assert.ok(compare(source, 300, { eagerness: { hotJumps: 1, batch: 1, patience: 0 } }) > 0);
  });

  it('are left for what is mapped in their place', () => {
    const source = ` mov x2, #9000
loop: bl leaf
 subs x2, x2, #1
 b.ne loop
 hlt #0
 .balign 4096
leaf: add x3, x3, #1
 ret
 .balign 4096
 add x3, x3, #0x100
 ret
`;
    const results = [false, true].map((translate) => {
      const machine = machineWith(source, { translate, eagerness: { hotJumps: 1, batch: 1, patience: 0 } });
      for (let n = 0; ; n++) {
        if (n === 20) machine.mapCode(RAM + 0x1000, RAM + 0x2000);
        if (machine.run(machine.slot(slots.pc), 997) !== 'budget') return { x3: machine.slot(3), regions: machine.translated > 0 };
      }
    });
    assert.equal(results[1]!.regions, true);
    assert.equal(results[1]!.x3, results[0]!.x3);
    assert.notEqual(results[0]!.x3, 9000n);
  });
});
