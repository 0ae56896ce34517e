/** What consumes bad memory, and what the abort says: the same in every tier. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BadMemory, DATA, DEEP_PAGE, DEEP_VA, deepDescriptor, PAGE_DESCRIPTOR, repeating, tiers } from './bad-memory.ts';

const WNR = 1n << 6n;
const CM = 1n << 8n;
const DABT = 0x9200_0010n;
const IABT = 0x8200_0010n;

/** Instruction, what its syndrome has beside the status code, and where it trips: bytes after DATA. */
const consumers: readonly (readonly [string, bigint, bigint])[] = [
  ['ldr x2, [x1]', 0n, 0n],
  ['ldrb w2, [x1, #63]', 0n, 63n],
  ['ldrsh x2, [x1, #2]', 0n, 2n],
  ['ldur x2, [x1, #-4]', 0n, 0n],
  ['ldp x2, x3, [x1, #-8]', 0n, 0n],
  ['ldr x2, [x1], #0', 0n, 0n],
  ['ldar x2, [x1]', 0n, 0n],
  ['ldapr x2, [x1]', 0n, 0n],
  ['ldxr x2, [x1]', 0n, 0n],
  ['ldaxp x2, x3, [x1]', 0n, 0n],
  ['ldadd x2, x3, [x1]', 0n, 0n],
  ['swp x2, x3, [x1]', 0n, 0n],
  ['cas x2, x3, [x1]', 0n, 0n],
  ['casp x2, x3, x4, x5, [x1]', 0n, 0n],
  ['ldr q0, [x1]', 0n, 0n],
  ['ldp q0, q1, [x1, #-16]', 0n, 0n],
  ['ld1 {v0.16b-v3.16b}, [x1]', 0n, 0n],
  ['ld1 {v0.b}[3], [x1]', 0n, 0n],
  ['ld4r {v0.4s-v3.4s}, [x1]', 0n, 0n],
  ['str x2, [x1]', WNR, 0n],
  ['strb w2, [x1, #5]', WNR, 5n],
  ['stp x2, x3, [x1, #48]', WNR, 48n],
  ['stlr x2, [x1]', WNR, 0n],
  ['str q0, [x1, #16]', WNR, 16n],
  ['st1 {v0.16b-v1.16b}, [x1]', WNR, 0n],
  ['dc civac, x1', CM | WNR, 0n],
  ['dc cvac, x1', CM | WNR, 0n],
  ['dc cvau, x1', CM | WNR, 0n],
  ['dc ivac, x1', CM | WNR, 0n],
];

for (const tier of tiers)
  describe(`memory error consumed by data accesses, ${tier}`, () => {
    for (const [instruction, bits, offset] of consumers)
      test(`${instruction}: DFSC 0x10, and nothing is done`, async () => {
        const world = await BadMemory.run(repeating(instruction), { tier, profile: 'proposed' });
        assert.equal(world.enter(600).kind, 'interrupted');
        const [x2, count] = [world.x(2), world.x(8)];
        world.poison(DATA);
        world.exit();
        const { esr, gva, gpa } = world.record;
        assert.equal(esr.toString(16), (DABT | bits).toString(16));
        assert.equal(gva, DATA + offset);
        assert.equal(gpa, DATA);
        assert.ok(world.x(8) - count <= 1n);
        assert.equal(world.x(2), x2);
        // Good again: the same instruction goes on where it stands.
        world.machine.silicon.memory.poison.clear();
        assert.equal(world.enter(300).kind, 'interrupted');
        assert.ok(world.x(8) > count + 50n);
      });

    test('the lines beside it are good', async () => {
      const world = await BadMemory.run(repeating('ldr x2, [x1, #64]\n ldur x3, [x1, #-8]\n str x2, [x1, #72]'), { tier });
      world.enter(300);
      world.poison(DATA);
      assert.equal(world.enter(600).kind, 'interrupted');
    });

    for (const instruction of ['prfm pldl1keep, [x1]', 'ic ivau, x1', 'at s1e1r, x1', 'nop'])
      test(`${instruction} reads nothing`, async () => {
        const world = await BadMemory.run(repeating(instruction), { tier });
        world.enter(300);
        world.poison(DATA);
        assert.equal(world.enter(600).kind, 'interrupted');
      });

    test('DC ZVA replaces the line: it is good then', async () => {
      const world = await BadMemory.run(repeating('dc zva, x1\n ldr x2, [x1]'), { tier });
      world.enter(300);
      world.poison(DATA, 64);
      assert.equal(world.enter(600).kind, 'interrupted');
      assert.equal(world.machine.silicon.memory.poison.empty, true);
    });

    test('LDTR reads with the rights of EL0', async () => {
      const world = await BadMemory.run(repeating('ldtr x2, [x9]'), { tier, profile: 'proposed' });
      world.enter(300);
      world.poison(DEEP_PAGE);
      assert.deepEqual([world.exit().record.esr, world.record.gva, world.record.gpa], [DABT, DEEP_VA, DEEP_PAGE]);
    });

    test('a load across pages trips over the second', async () => {
      const world = await BadMemory.run(repeating('ldur x2, [x9, #-4]'), { tier });
      world.write(deepDescriptor[3] - 8n, (DEEP_PAGE - 0x1000n) | PAGE_DESCRIPTOR);
      world.enter(300);
      world.poison(DEEP_PAGE);
      world.exit();
      assert.deepEqual([world.record.gva, world.record.gpa], [DEEP_VA, DEEP_PAGE]);
    });
  });

for (const tier of tiers)
  describe(`memory error consumed by fetches, ${tier}`, () => {
    for (const consumers of [undefined, ['instruction']] as const)
      test(`an instruction in the middle of what runs: IFSC 0x10${consumers ? ', instruction consumption alone' : ''}`, async () => {
        const body = 'adr x10, there\nloop: add x8, x8, #1\n b there\n .balign 64\nthere: nop\n nop\n .balign 64\n b loop';
        const world = await BadMemory.run(body, { tier, profile: 'proposed' });
        world.enter(300);
        world.poison(world.x(10), 64, { ...(consumers ? { consumers } : {}) });
        const x8 = world.x(8);
        world.exit();
        const { esr, gva } = world.record;
        assert.deepEqual([esr, gva, gva & ~63n], [IABT, world.pc, world.x(10)]);
        assert.ok(world.x(8) - x8 <= 1n);
        world.machine.silicon.memory.poison.clear();
        assert.equal(world.enter(300).kind, 'interrupted');
        assert.ok(world.x(8) > x8 + 3n);
      });

    test('once: the next fetch is good', async () => {
      const world = await BadMemory.run(repeating('nop'), { tier });
      world.enter(300);
      world.poison(world.pc & ~63n, 64, { once: true, consumers: ['instruction'] });
      world.exit();
      assert.equal(world.record.esr & 0x3fn, 0x10n);
      assert.equal(world.enter(600).kind, 'interrupted');
    });

    test('data consumption alone leaves fetches alone, and the other way round', async () => {
      const world = await BadMemory.run(repeating('ldr x2, [x1]'), { tier });
      world.enter(300);
      world.poison(world.pc & ~63n, 64, { consumers: ['data', 'walk'] });
      world.poison(DATA, 64, { consumers: ['instruction', 'walk'] });
      assert.equal(world.enter(600).kind, 'interrupted');
    });

    test('a step over a bad instruction aborts as a run does', async () => {
      const world = await BadMemory.run(repeating('nop'), { tier });
      world.enter(300);
      world.poison(world.pc & ~63n, 64, { consumers: ['instruction'] });
      assert.equal(world.machine.vcpus[0]!.enter(1).kind, 'exit');
      assert.equal(world.record.gva, world.pc);
    });
  });

for (const tier of tiers)
  describe(`memory error consumed by walks, ${tier}`, () => {
    for (const [level, at] of Object.entries(deepDescriptor))
      for (const [name, instruction, ec, more] of [
        ['load', 'ldr x2, [x9]', 0x24n, 0n],
        ['store', 'strb w2, [x9]', 0x24n, WNR],
        ['AT', 'at s1e1r, x9', 0x24n, CM | WNR],
      ] as const)
        test(`stage 1, level ${level}, ${name}: 0x${(0x14 + Number(level)).toString(16)}`, async () => {
          const world = await BadMemory.run(repeating(instruction), { tier, profile: 'proposed' });
          world.enter(600);
          world.poison(at, 8, { consumers: ['walk'] });
          world.exit();
          const { esr, gva, gpa, flags } = world.record;
          assert.equal(esr.toString(16), ((ec << 26n) | (1n << 25n) | more | BigInt(0x14 + Number(level))).toString(16));
          assert.deepEqual([gva, gpa, flags], [DEEP_VA, 0n, 1n]);
        });

    test('stage 1, level 3, fetch: 0x17', async () => {
      const world = await BadMemory.run('mov x10, x9\n br x10', { tier, profile: 'proposed' });
      world.poison(deepDescriptor[3], 8);
      world.exit();
      assert.equal(world.record.esr, 0x8200_0017n);
      assert.equal(world.record.gva, DEEP_VA);
    });

    test('data consumption alone leaves walks alone', async () => {
      const world = await BadMemory.run(repeating('ldr x2, [x9]'), { tier });
      world.enter(300);
      world.poison(deepDescriptor[3], 8, { consumers: ['data', 'instruction'] });
      assert.equal(world.enter(600).kind, 'interrupted');
    });
  });

describe('memory error, interpreted and translated', () => {
  for (const [instruction] of consumers)
    test(`${instruction}: the same instruction count, registers and record`, async () => {
      const seen = await Promise.all(
        tiers.map(async (tier) => {
          const world = await BadMemory.run(repeating(instruction), { tier });
          world.enter(777);
          world.poison(DATA);
          world.exit();
          return { ...world.record, instructions: world.vcpu.instructions, pc: world.pc, x8: world.x(8), x2: world.x(2) };
        }),
      );
      assert.deepEqual(seen[0], seen[1]);
    });
});

describe('severity, modes and where', () => {
  for (const [severity, set] of [
    ['UER', 0n],
    ['UC', 2n],
    ['UEO', 3n],
  ] as const)
    test(`${severity}: ISS.SET = ${set}`, async () => {
      const world = await BadMemory.run(repeating('ldr x2, [x1]'));
      world.poison(DATA, 64, { severity });
      assert.equal((world.exit().record.esr >> 11n) & 3n, set);
    });

  test('CE: nobody notices, but it counts', async () => {
    const world = await BadMemory.run(repeating('ldr x2, [x1]'));
    const poison = world.poison(DATA, 64, { severity: 'CE' });
    assert.equal(world.enter(300).kind, 'interrupted');
    assert.ok(poison.consumed > 50);
  });

  test('SET and FnV are about DFSC 0x10 alone: a walk has neither', async () => {
    const world = await BadMemory.run(repeating('ldr x2, [x9]'), { profile: 'proposed' });
    world.poison(deepDescriptor[3], 8, { severity: 'UC', addressKnown: false });
    assert.equal(world.exit().record.esr, 0x9200_0017n);
  });

  test('an address that is not known: FnV, and FAR_EL2 is not written', async () => {
    const world = await BadMemory.run(repeating('ldr x2, [x1]'), { profile: 'proposed' });
    world.enter(300);
    world.setSystem('FAR_EL2', 0x1234n);
    world.poison(DATA, 64, { addressKnown: false });
    const { esr, gva, gpa, flags } = world.exit().record;
    assert.deepEqual([esr, gva, gpa, flags], [DABT | (1n << 10n), 0n, 0n, 0n]);
    assert.equal(world.system('FAR_EL2'), 0x1234n);
  });

  test('once: consumed, it is gone; its neighbours of the same order too', async () => {
    const world = await BadMemory.run(repeating('ldr x2, [x1]\n ldr x3, [x1, #128]'));
    const poison = world.poison(DATA, 256, { once: true });
    world.exit();
    assert.equal(world.enter(600).kind, 'interrupted');
    assert.equal(poison.consumed, 1);
    assert.equal(world.machine.silicon.memory.poison.empty, true);
  });

  test('by virtual address: the memory that it means when it is poisoned', async () => {
    const world = await BadMemory.run(repeating('ldr x2, [x9]'));
    world.enter(300);
    world.poison(DEEP_VA, 64, { space: 'va' });
    assert.deepEqual([world.exit().record.gva, world.record.gpa], [DEEP_VA, DEEP_PAGE]);
  });

  test('by physical address', async () => {
    const world = await BadMemory.run(repeating('ldr x2, [x1]'));
    const { memory } = world.machine.silicon;
    world.poison(BigInt(memory.physical(world.machine.hostAddress(Number(DATA)))), 64, { space: 'pa' });
    assert.equal(world.exit().record.gpa, DATA);
  });

  test('what is no memory cannot be poisoned', async () => {
    const world = await BadMemory.run('b .');
    for (const [space, start] of [
      ['ipa', 0x1000n],
      ['pa', 0n],
      ['va', 0x7000_0000_0000n],
    ] as const)
      assert.throws(() => world.poison(start, 64, { space }), new RegExp(`${space}:0x`));
    assert.throws(() => world.poison(DATA, 0x1000_0000), /no memory/);
    assert.equal(world.machine.silicon.memory.poison.empty, true);
  });

  test('the observer is told who consumed what', async () => {
    const world = await BadMemory.run(repeating('ldr x2, [x1, #8]'));
    const seen: string[] = [];
    const { poison } = world.machine.silicon.memory;
    poison.onConsumed = ({ poison: { id }, consumer, host }) =>
      seen.push(`${id} ${consumer} ${BigInt(host - world.machine.hostAddress(Number(DATA)))}`);
    world.poison(DATA, 64);
    world.exit();
    assert.deepEqual(seen, ['1 data 8']);
  });

  test('a reset of the machine makes all memory good', async () => {
    const world = await BadMemory.run(repeating('ldr x2, [x1]'));
    world.poison(DATA);
    world.machine.reset();
    assert.equal(world.machine.silicon.memory.poison.empty, true);
  });
});
