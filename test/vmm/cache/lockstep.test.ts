import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { lockstep } from '../../../emulator/vmm/lockstep/lockstep.ts';
import type { VirtMachine } from '../../../emulator/vmm/virt-machine.ts';
import { guest, runAll, x } from '../guest.ts';
import { randomGuest } from '../lockstep/random-guest.ts';
import { aliasesOn, DATA } from './aliases.ts';

const SLOTS = 64;

/** A generator of its own, so that a seed names a guest. */
function choices(seed: number): (below: number) => number {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** One access or one piece of maintenance, on two pages that all three aliases show. */
function piece(pick: (below: number) => number): string {
  const base = `x${9 + pick(3)}`;
  // Few lines, so that accesses meet.
  const line = pick(2) * 64 + pick(5);
  const at = line * 64 + pick(7) * 8;
  const value = `x${4 + pick(3)}`;
  const address = `add x2, ${base}, #${at & 0xf000 ? '1, lsl #12' : '0'}\nadd x2, x2, #${at & 0xfff}\n`;
  const all = [
    `str ${value}, [x2]`,
    `str w${value.slice(1)}, [x2]`,
    `strb w${value.slice(1)}, [x2]`,
    `stp ${value}, x7, [x2]`,
    `ldr ${value}, [x2]\nadd x7, x7, ${value}`,
    `ldr ${value}, [x2]\neor x7, x7, ${value}, ror #7`,
    `ldp x5, x6, [x2]\nadd x7, x7, x6, lsl #3`,
    `ldrb w${value.slice(1)}, [x2]\nadd x7, x7, ${value}`,
    'dc cvac, x2',
    'dc cvau, x2',
    'dc civac, x2',
    'dc ivac, x2',
    'dsb sy',
  ];
  const zva = base === 'x9' && pick(12) === 0 ? ['dc zva, x2'] : [];
  return address + (zva[0] ?? all[pick(all.length)]!);
}

/** Loops for ever over random pieces; what it reads is mixed into x7 and stored. */
function aliasGuest(seed: number): string {
  const pick = choices(seed);
  const pieces = Array.from({ length: SLOTS }, () => piece(pick));
  return `
${aliasesOn({ walksPastCache: seed % 3 === 0 })}
        movz    x7, #${seed + 1}
        mov     x4, x7
        mov     x5, x7
        mov     x6, x7
        mov     x12, #0
loop:   add     x12, x12, #1
${pieces.map((text, n) => `        lsr x2, x12, #${n % 11}\n        tbnz x2, #${n % 3}, skip${n}\n${text}\nskip${n}:`).join('\n')}
        add     x4, x4, x7
        b       loop
        .balign 4096
tables: .skip   4096
`;
}

const [first, last] = (process.env.RANDOM_GUESTS ?? '0-3').split('-').map(Number) as [number, number];

/** Both tiers, compared as far as `limit`: registers, memory, what memory holds, and the lines. */
async function same(source: string, launch: object, limit: number): Promise<readonly VirtMachine[]> {
  const made: VirtMachine[] = [];
  const result = await lockstep(
    async (tier) => {
      const translate = tier === 'translated' && { hotJumps: 2, batch: 1, mostModules: 200 };
      made.push(await guest(source, { cacheModel: true, memory: 4 * 2 ** 20, translate, ...launch }));
      return made.at(-1)!;
    },
    { every: 1999, memoryEvery: 20, limit },
  );
  assert.equal(result.kind, 'same', JSON.stringify(result, undefined, 1));
  assert.ok(made[1]!.silicon.translator!.translated > 0);
  return made;
}

/** Registers, data in the cache and in memory, and lines, after some instructions. */
async function ended(source: string): Promise<object> {
  const machine = await guest(source, { cacheModel: true, cpu: 'max', host: { fwb: false }, memory: 4 * 2 ** 20 });
  runAll(machine, 200_000);
  const { cache } = machine.silicon.memory;
  const host = machine.hostAddress(DATA);
  const { cached, memory } = cache!.contents(host, 8192);
  const states = Array.from({ length: 128 }, (_, n) => cache!.stateOf(host + n * 64));
  return { registers: [4, 5, 6, 7, 12].map((n) => x(machine, n)), cached, memory, states };
}

describe('the cache model in translated code is that of the interpreter', () => {
  for (let seed = first; seed < last; seed++) {
    for (const host of [{ fwb: false }, { fwb: false, idc: true }, { fwb: true }] as const)
      test(`accesses through three aliases and maintenance, seed ${seed}, ${JSON.stringify(host)}`, async () => {
        const [machine] = await same(aliasGuest(seed), { cpu: 'max', host }, 300_000);
        if (!host.fwb) assert.ok(Object.keys(machine!.silicon.memory.cache!.state).length > 0, 'pages are kept by line');
      });
  }
  for (let seed = first; seed < last; seed++)
    test(`TLB entries let nothing through that changes a line, seed ${seed}`, async () => {
      const source = aliasGuest(seed);
      // SCTLR_EL1.A keeps pages out of the data TLB: every access is looked at. All of the guest's are aligned.
      const lookedAt = source.replace('movz    x2, #0x1005', 'movz    x2, #0x1007');
      assert.notEqual(source, lookedAt);
      const [fast, slow] = [await ended(source), await ended(lookedAt)];
      assert.deepEqual(fast, slow);
    });
  for (let seed = first; seed < Math.min(last, first + 3); seed++)
    test(`random programs, seed ${seed}`, async () => {
      const cpus = seed % 3 === 2 ? 2 : 1;
      await same(randomGuest({ seed, cpus, mmu: seed % 2 === 0 }), { cpus, cpu: 'cortex-a57' }, 300_000);
    });
});
