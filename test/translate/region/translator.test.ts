import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assemble } from '../../../emulator/isa/assembler/assembler.ts';
import { slots } from '../../../emulator/translate/layout.ts';
import { FlatMachine, RAM } from '../flat-machine.ts';

const DATA = RAM + (1 << 20);
const SLICE = 997;

/** Deterministic numbers in [0, below). */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Everything a guest could see, and the count. */
function visible(machine: FlatMachine): unknown[] {
  const registers = Array.from({ length: 31 }, (_, n) => machine.slot(n));
  const vectors = Array.from({ length: 32 }, (_, n) => machine.v(n)).flat();
  return [
    ...registers,
    machine.slot(slots.sp),
    machine.slot(slots.pc),
    machine.slot(slots.remaining),
    machine.nzcv,
    machine.slot(slots.exitCode),
    ...vectors,
  ];
}

/** Runs a program twice, interpreted and translated, in slices of `SLICE`, and compares after each. Number of regions that were made. */
function compare(source: string, slices: number, mostModules?: number): number {
  const image = assemble(source, { file: 'test.S', address: BigInt(RAM) }).image;
  const [interpreted, translated] = [
    new FlatMachine(),
    new FlatMachine({ translate: true, ...(mostModules === undefined ? {} : { eagerness: { mostModules } }) }),
  ];
  const pcs = [BigInt(RAM), BigInt(RAM)];
  for (const machine of [interpreted, translated]) {
    machine.bytes.set(image, RAM);
    machine.setSlot(1, BigInt(DATA));
    machine.setSlot(slots.sp, BigInt(DATA + 65536));
  }
  for (let n = 0; n < slices; n++) {
    const ends = [interpreted, translated].map((machine, k) => {
      const end = machine.run(pcs[k]!, SLICE);
      pcs[k] = machine.slot(slots.pc);
      return end;
    });
    assert.deepEqual(visible(translated), visible(interpreted), `after slice ${n}`);
    if (ends[0] !== 'budget') break;
  }
  assert.deepEqual(translated.bytes.subarray(DATA, DATA + 131072), interpreted.bytes.subarray(DATA, DATA + 131072));
  return translated.translated;
}

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
    const regions = compare(` mov x5, #2\n9:${loops} subs x5, x5, #1\n b.ne 9b\n hlt #0\n`, 4000, 2);
    assert.ok(regions > 6, `${regions} regions`);
  });

  it('random branches', () => {
    for (let seed = 1; seed <= 12; seed++) {
      const random = generator(seed);
      const blocks = 12;
      const register = (): string => `x${[0, 3, 4, 5, 9, 10, 11][random(7)]}`;
      const operations = [
        () => `add ${register()}, ${register()}, ${register()}, lsl #${random(64)}`,
        () => `subs ${register()}, ${register()}, ${register()}`,
        () => `adcs w${random(6) + 9}, w3, w4`,
        () => `ands ${register()}, ${register()}, #0xff00ff00ff00ff00`,
        () => `madd ${register()}, ${register()}, ${register()}, ${register()}`,
        () => `and x6, ${register()}, #0xfff8\n ldr ${register()}, [x1, x6]`,
        () => `and x6, ${register()}, #0xfff8\n str ${register()}, [x1, x6]`,
        () => `csel ${register()}, ${register()}, ${register()}, ${['eq', 'hi', 'lt', 'vs', 'le', 'mi'][random(6)]}`,
        () => `ror ${register()}, ${register()}, ${register()}`,
      ];
      let source = ' mov x2, #30000\n mov x3, #0x4567\n mov x4, #-5\n';
      for (let n = 0; n < blocks; n++) {
        source += `b${n}: subs x2, x2, #1\n b.eq done\n`;
        for (let k = random(6); k >= 0; k--) source += ` ${operations[random(operations.length)]!()}\n`;
        const to = `b${random(blocks)}`;
        source += [
          ` b.${['eq', 'ne', 'hi', 'lt', 'ge', 'vc', 'pl'][random(7)]} ${to}\n`,
          ` tbz x3, #${random(64)}, ${to}\n`,
          ` cbnz w4, ${to}\n`,
          ` b ${to}\n`,
        ][random(4)];
      }
      source += ' b b0\ndone: hlt #0\n';
      compare(source, 400);
    }
  });
});
