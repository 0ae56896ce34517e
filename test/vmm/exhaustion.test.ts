/** Guests that try to exhaust the translator: they stay within memory, make progress, and compute what they should. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Eagerness } from '../../emulator/translate/region/translator.ts';
import type { VirtMachine } from '../../emulator/vmm/virt-machine.ts';
import { guest, x } from './guest.ts';

const MIB = 2 ** 20;
/** Resident bytes that a run may add: what its regions may take, and room for an engine that collects late. */
const SLACK = 200 * MIB;

interface Attack {
  readonly source: string;
  readonly eagerness: Partial<Eagerness> & Pick<Eagerness, 'mostModules' | 'mostBytes'>;
  readonly instructions: number;
  readonly slice: number;
}

/** Runs an attack; what the translator did, after checking that it stayed within its limits all the time. */
async function withstand({ source, eagerness, instructions, slice }: Attack): Promise<{ machine: VirtMachine; translated: number }> {
  const machine = await guest(source, { translate: eagerness, memory: 32 * MIB });
  const translator = machine.silicon.translator!;
  const before = process.memoryUsage.rss();
  let most = 0;
  for (let n = 0; n < instructions / slice; n++) {
    assert.deepEqual(machine.run(slice), { kind: 'budget' });
    assert.ok(translator.modules <= eagerness.mostModules, `${translator.modules} modules`);
    assert.ok(translator.kept <= eagerness.mostBytes, `${translator.kept} bytes`);
    if (n % 64 === 0) most = Math.max(most, process.memoryUsage.rss() - before);
  }
  assert.ok(most <= eagerness.mostBytes + SLACK, `${Math.round(most / MIB)} MiB more`);
  return { machine, translated: translator.translated };
}

describe('a guest cannot exhaust the translator', () => {
  test('with code that rewrites itself in a loop', async () => {
    const { machine, translated } = await withstand({
      // Writes MOVZ X5, #n where it then calls 20 times; X22 is the sum of what it returned, X21 is n.
      source: `
        adr     x19, patch
        ldr     w20, =0xd2800005        // MOVZ X5, #0
        mov     x21, #0
        mov     x22, #0
1:      and     w1, w21, #0xffff
        orr     w2, w20, w1, lsl #5
        str     w2, [x19]
        dc      cvau, x19
        dsb     ish
        ic      ivau, x19
        dsb     ish
        isb
        mov     w3, #20
2:      bl      patch
        add     x22, x22, x5
        subs    w3, w3, #1
        b.ne    2b
        add     x21, x21, #1
        b       1b
        .ltorg
        .balign 64
patch:  movz    x5, #0
        ret
`,
      eagerness: { hotJumps: 5, batch: 1, patience: 1, mostModules: 500, mostBytes: 200 * MIB },
      instructions: 3_000_000,
      slice: 200,
    });
    assert.ok(translated > 1500, `${translated} regions`);
    const done = x(machine, 21);
    assert.ok(done > 10_000n);
    // Some of the 20 calls with the last value may still be to come.
    const before = 20n * ((done * (done - 1n)) / 2n);
    const now = x(machine, 22) - before;
    assert.ok(now >= 0n && now <= 20n * done && now % done === 0n, `${x(machine, 22)} after ${done}`);
  });

  test('with very many small functions', async () => {
    const functions = 20_000n;
    const { machine, translated } = await withstand({
      // ADD X0, X0, #(n & 0xfff); RET, for n below 20,000, called one after another; X27 counts the passes, X4 the calls of this one.
      source: `
        ldr     x19, =0x40200000
        ldr     x1, =${functions}
        ldr     w2, =0x91000000
        ldr     w3, =0xd65f03c0
        mov     x4, #0
1:      and     w5, w4, #0xfff
        orr     w5, w2, w5, lsl #10
        add     x6, x19, x4, lsl #3
        stp     w5, w3, [x6]
        add     x4, x4, #1
        cmp     x4, x1
        b.lo    1b
        mov     x0, #0
        mov     x27, #0
2:      mov     x4, #0
        mov     x9, x19
3:      blr     x9
        add     x9, x9, #8
        add     x4, x4, #1
        cmp     x4, x1
        b.lo    3b
        add     x27, x27, #1
        b       2b
`,
      eagerness: { hotJumps: 3, mostModules: 8000, mostBytes: 20 * MIB },
      instructions: 2_000_000,
      slice: 20_000,
    });
    assert.ok(translated > 25_000, `${translated} regions`);
    const sum = (calls: bigint): bigint => Array.from({ length: Number(calls) }, (_, n) => BigInt(n & 0xfff)).reduce((a, b) => a + b, 0n);
    const [passes, calls] = [x(machine, 27), x(machine, 4)];
    assert.ok(passes > 10n);
    const expected = passes * sum(functions) + sum(calls);
    // The call that is under way may have added its number already.
    assert.ok(
      [expected, expected + (calls & 0xfffn)].includes(x(machine, 0)),
      `${x(machine, 0)} after ${passes} passes and ${calls} calls`,
    );
  });

  test('with jumps into the middle of everything', async () => {
    const instructions = 4096n;
    const { machine, translated } = await withstand({
      // ADD X0, X0, #1, with a RET in every 256th place, called at each of its instructions.
      source: `
        ldr     x19, =0x40200000
        ldr     x1, =${instructions}
        ldr     w2, =0x91000400
        ldr     w3, =0xd65f03c0
        mov     x4, #0
1:      add     w5, w4, #1
        tst     w5, #0xff
        csel    w5, w3, w2, eq
        str     w5, [x19, x4, lsl #2]
        add     x4, x4, #1
        cmp     x4, x1
        b.lo    1b
        mov     x0, #0
        mov     x27, #0
2:      mov     x4, #0
        mov     x9, x19
3:      mov     x10, x0
        blr     x9
        add     x9, x9, #4
        add     x4, x4, #1
        cmp     x4, x1
        b.lo    3b
        mov     x28, x0
        add     x27, x27, #1
        b       2b
`,
      eagerness: { hotJumps: 3, mostModules: 8000, mostBytes: 12 * MIB },
      instructions: 3_000_000,
      slice: 20_000,
    });
    assert.ok(translated > 1000, `${translated} regions`);
    // A pass enters each 256 at each of their instructions: 255 + 254 + … + 0.
    const pass = (instructions / 256n) * ((255n * 256n) / 2n);
    assert.ok(x(machine, 27) >= 3n);
    assert.equal(x(machine, 28), x(machine, 27) * pass);
  });
});
