import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assemble } from '../../../emulator/isa/assembler/assembler.ts';
import { slots } from '../../../emulator/translate/layout.ts';
import { FlatMachine, RAM } from '../../translate/flat-machine.ts';

const machine = new FlatMachine();
const START = RAM + 0x1000;

/** Runs the program until it ends in `udf`; the register values and the address it stopped at, relative to its start. */
function run(source: string, registers: Readonly<Record<number, bigint>> = {}, nzcv = 0) {
  const { image } = assemble(source, { file: 'test.S', address: BigInt(START) });
  machine.bytes.set(image, START);
  machine.code.discardAll();
  for (let n = 0; n < 31; n++) machine.setSlot(slots.x + n, registers[n] ?? 0n);
  machine.nzcv = nzcv;
  const exit = machine.run(BigInt(START), 100);
  return { exit, at: Number(machine.slot(slots.pc)) - START, x: (n: number) => machine.slot(slots.x + n), nzcv: machine.nzcv };
}

describe('branches', () => {
  test('B goes on or back', () => {
    assert.equal(run('b 2f\n1: udf #1\n2: b 1b').at, 4);
  });

  test('BL links, RET returns', () => {
    const { at, x } = run('bl 1f\nudf #0\n1: ret');
    assert.equal(at, 4);
    assert.equal(x(30), BigInt(START + 4));
  });

  test('BLR X30 reads its target before it links', () => {
    const { at, x } = run('adr x30, 1f\nblr x30\nudf #0\n1: udf #1');
    assert.equal(at, 12);
    assert.equal(x(30), BigInt(START + 8));
  });

  test('BR through any register; RET through another than X30', () => {
    assert.equal(run('adr x5, 1f\nbr x5\nudf #0\n1: udf #1').at, 12);
    assert.equal(run('adr x5, 1f\nret x5\nudf #0\n1: udf #1').at, 12);
  });

  const taken = (source: string, registers: Readonly<Record<number, bigint>>, nzcv = 0): boolean =>
    run(`${source}, 1f\nudf #0\n1: udf #1`, registers, nzcv).at === 8;

  test('CBZ and CBNZ look at the whole register, or its low half', () => {
    assert.ok(taken('cbz x1', { 1: 0n }));
    assert.ok(!taken('cbz x1', { 1: 1n << 32n }));
    assert.ok(taken('cbz w1', { 1: 1n << 32n }));
    assert.ok(taken('cbnz x1', { 1: 1n << 63n }));
    assert.ok(!taken('cbnz w1', { 1: 1n << 63n }));
    assert.ok(taken('cbz xzr', {}));
  });

  test('TBZ and TBNZ look at one bit of 64', () => {
    for (let bit = 0; bit < 64; bit++) {
      const register = bit < 32 ? 'w1' : 'x1';
      assert.ok(taken(`tbnz ${register}, #${bit}`, { 1: 1n << BigInt(bit) }), `tbnz ${bit}`);
      assert.ok(!taken(`tbnz ${register}, #${bit}`, { 1: ~(1n << BigInt(bit)) }), `tbnz ${bit}`);
      assert.ok(taken(`tbz ${register}, #${bit}`, { 1: ~(1n << BigInt(bit)) }), `tbz ${bit}`);
    }
  });

  test('B.cond holds as the Arm ARM says, for all flags', () => {
    const conditions: Readonly<Record<string, (n: boolean, z: boolean, c: boolean, v: boolean) => boolean>> = {
      eq: (_n, z) => z,
      ne: (_n, z) => !z,
      cs: (_n, _z, c) => c,
      cc: (_n, _z, c) => !c,
      mi: (n) => n,
      pl: (n) => !n,
      vs: (_n, _z, _c, v) => v,
      vc: (_n, _z, _c, v) => !v,
      hi: (_n, z, c) => c && !z,
      ls: (_n, z, c) => !(c && !z),
      ge: (n, _z, _c, v) => n === v,
      lt: (n, _z, _c, v) => n !== v,
      gt: (n, z, _c, v) => !z && n === v,
      le: (n, z, _c, v) => !(!z && n === v),
      al: () => true,
      nv: () => true,
    };
    for (const [name, holds] of Object.entries(conditions))
      for (let nzcv = 0; nzcv < 16; nzcv++) {
        const flags = [8, 4, 2, 1].map((bit) => (nzcv & bit) !== 0) as [boolean, boolean, boolean, boolean];
        const source = `b.${name} 1f\nudf #0\n1: udf #1`;
        assert.equal(run(source, {}, nzcv).at === 8, holds(...flags), `b.${name} with NZCV ${nzcv.toString(2)}`);
      }
  });
});
