import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compare, randomBranches } from './compare.ts';

describe('translated code does what the interpreter does', () => {
  it('loops, calls and memory', () => {
    const regions = compare(
      `   mov x0, #0
          mov x2, #40000
       1: and x3, x2, #0xff8
          ldr x4, [x1, x3]
          add x4, x4, x2
          str x4, [x1, x3]
          tbnz w2, #3, 2f
          bl f
       2: ccmp x4, x0, #5, ne
          csinc x5, x4, x0, ge
          subs x2, x2, #1
          b.ne 1b
          hlt #0
       f: stp x29, x30, [sp, #-16]!
          eor x0, x0, x4, ror #7
          ldp x29, x30, [sp], #16
          ret
      `,
      700,
    );
    assert.ok(regions > 1, `${regions} regions`);
  });

  it('vectors', () => {
    const regions = compare(
      `   mov x2, #20000
          dup v0.4s, w2
       1: add v1.16b, v0.16b, v1.16b
          ext v0.16b, v1.16b, v0.16b, #3
          str q0, [x1, #32]
          ldr d2, [x1, #36]
          uaddlv h3, v0.16b
          subs x2, x2, #1
          b.ne 1b
          hlt #0
      `,
      200,
    );
    assert.ok(regions > 0);
  });

  it('faults in the middle of hot code', () => {
    // The pointer walks off the end of memory.
    compare(
      `   mov x2, #0
          mov x6, #0x0fff0000
       1: add x2, x2, #16
          stp x2, x3, [x6], #16
          add x3, x3, x2
          b 1b
      `,
      200,
    );
  });

  it('code that rewrites a loop it has run hot', () => {
    compare(
      `   mov x7, #6
          adr x8, 2f
       0: mov x2, #3000
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
      `,
      100,
    );
  });

  it('regions given up because there are too many modules', () => {
    const loops = Array.from(
      { length: 6 },
      (_, n) => ` mov x2, #60000\n${n}: add x0, x0, x2\n eor x3, x3, x0, ror #${n + 1}\n subs x2, x2, #1\n b.ne ${n}b\n`,
    ).join('');
    const regions = compare(` mov x5, #2\n9:${loops} subs x5, x5, #1\n b.ne 9b\n hlt #0\n`, 4000, { eagerness: { mostModules: 2 } });
    assert.ok(regions > 6, `${regions} regions`);
  });

  it('random branches', () => {
    for (let seed = 1; seed <= 12; seed++) compare(randomBranches(seed), 400);
  });
});
