import assert from 'node:assert/strict';
import { assemble } from '../../../emulator/isa/assembler/assembler.ts';
import { slots } from '../../../emulator/translate/layout.ts';
import { FlatMachine, type FlatOptions, RAM } from '../flat-machine.ts';

const DATA = RAM + (1 << 20);
const SLICE = 997;

/** Deterministic numbers in [0, below). */
export function generator(seed: number): (below: number) => number {
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

/** A machine that stands before a program; x1 points to memory for it. */
export function machineWith(source: string, options: FlatOptions = {}): FlatMachine {
  const machine = new FlatMachine(options);
  machine.bytes.set(assemble(source, { file: 'test.S', address: BigInt(RAM) }).image, RAM);
  machine.setSlot(1, BigInt(DATA));
  machine.setSlot(slots.sp, BigInt(DATA + 65536));
  machine.setSlot(slots.pc, BigInt(RAM));
  return machine;
}

/** Runs a program twice, interpreted and translated, in slices of so many instructions, and compares after each. Number of regions that were made. */
export function compare(source: string, slices: number, options: FlatOptions = {}, slice = SLICE): number {
  const interpreted = machineWith(source);
  const translated = machineWith(source, { ...options, translate: true });
  for (let n = 0; n < slices; n++) {
    const [end] = [interpreted, translated].map((machine) => machine.run(machine.slot(slots.pc), slice));
    assert.deepEqual(visible(translated), visible(interpreted), `after slice ${n}`);
    if (end !== 'budget') break;
  }
  assert.deepEqual(translated.bytes.subarray(DATA, DATA + 131072), interpreted.bytes.subarray(DATA, DATA + 131072));
  return translated.translated;
}

/** A program of blocks that branch to one another at random. */
export function randomBranches(seed: number): string {
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
  return `${source} b b0\ndone: hlt #0\n`;
}
