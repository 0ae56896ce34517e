import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assemble } from '../../../emulator/isa/assembler/assembler.ts';
import type { DataBreakpoint } from '../../../emulator/machine/machine.ts';
import { VirtTarget } from '../../../emulator/machine/virt/virt-target.ts';
import { createMachine } from '../../../emulator/vmm/create.ts';
import { FLAT_LOAD_ADDRESS } from '../../../emulator/vmm/loader/kernel.ts';

const base = BigInt(FLAT_LOAD_ADDRESS);
const never = (): boolean => false;

/** RAM is mapped again here, for EL0 too. */
const ALIAS = 0x8000_0000n;
const RAM = 0x4000_0000n;
const PAGE = 0x8100_1000n;
const TAG = 0x55n << 56n;

/** Bytes from `PAGE - 256` on that the program touches at random. */
const SPAN = 1024;
const FROM = PAGE - 256n;

/** Multiplier and increment of the program's random numbers. */
const [A, C] = [6364136223846793005n, 1442695040888963407n];

interface Op {
  readonly text: string;
  readonly bytes: number;
  readonly kind: 'r' | 'w' | 'rw';
  readonly align?: number;
  /** At the address of the one before it. */
  readonly again?: true;
}

const ops: readonly Op[] = [
  { text: 'ldrb w2, [x8]', bytes: 1, kind: 'r' },
  { text: 'strh w9, [x8]', bytes: 2, kind: 'w' },
  { text: 'ldrsw x2, [x8]', bytes: 4, kind: 'r' },
  { text: 'str x9, [x8], #8', bytes: 8, kind: 'w' },
  { text: 'ldr x2, [x8]', bytes: 8, kind: 'r' },
  { text: 'ldp x2, x3, [x8]', bytes: 16, kind: 'r' },
  { text: 'stp x2, x9, [x8]', bytes: 16, kind: 'w' },
  { text: 'stp w2, w9, [x8]', bytes: 8, kind: 'w' },
  { text: 'ldr q1, [x8]', bytes: 16, kind: 'r' },
  { text: 'stur q1, [x8]', bytes: 16, kind: 'w' },
  { text: 'ldp q1, q2, [x8]', bytes: 32, kind: 'r' },
  { text: 'st4 {v0.16b-v3.16b}, [x8]', bytes: 64, kind: 'w' },
  { text: 'ld1 {v3.s}[1], [x8]', bytes: 4, kind: 'r' },
  { text: 'ldtr x2, [x8]', bytes: 8, kind: 'r' },
  { text: 'sttrb w9, [x8]', bytes: 1, kind: 'w' },
  { text: 'ldar w2, [x8]', bytes: 4, kind: 'r', align: 4 },
  { text: 'stlr x9, [x8]', bytes: 8, kind: 'w', align: 8 },
  { text: 'ldadd x9, x2, [x8]', bytes: 8, kind: 'rw', align: 8 },
  { text: 'casp x2, x3, x4, x5, [x8]', bytes: 16, kind: 'rw', align: 16 },
  { text: 'ldxr x2, [x8]', bytes: 8, kind: 'r', align: 8 },
  { text: 'stxr w3, x9, [x8]', bytes: 8, kind: 'w', again: true },
  { text: 'dc zva, x8', bytes: 64, kind: 'w', align: 64 },
];

const code = ops.map(({ text, again, align = 1 }) =>
  again ? text : `madd x9, x9, x10, x11\n lsr x8, x9, #33\n and x8, x8, #${(SPAN - 1) & ~(align - 1)}\n add x8, x8, x1\n ${text}`,
);

/** 1 GiB blocks: devices, RAM, and RAM again with AP = 0b01. */
const program = `
        ldr x0, =0x40800000
        ldr x1, =0x40000705
        str x1, [x0, #8]
        ldr x1, =0x40000745
        str x1, [x0, #16]
        ldr x1, =0xff00
        msr mair_el1, x1
        ldr x1, =0x2200803519
        msr tcr_el1, x1
        msr ttbr0_el1, x0
        mov x1, #3
        lsl x1, x1, #20
        msr cpacr_el1, x1
        isb
        mrs x1, sctlr_el1
        orr x1, x1, #1
        orr x1, x1, #4
        msr sctlr_el1, x1
        isb
        ldr x1, =${TAG | FROM}
        ldr x10, =${A}
        ldr x11, =${C}
        mov x9, #1
again:
        ${code.join('\n')}
        add x12, x12, #1
        b again
`;

type Watch = Pick<DataBreakpoint, 'address' | 'bytes' | 'access'> & { readonly space?: 'va' | 'ipa' };

/** What must be seen of the accesses until there were `hits` of them: instruction by number, and what it did. */
function expected(watches: readonly Watch[], hits: number): string[] {
  const seen: string[] = [];
  let random = 1n;
  let address = 0n;
  while (seen.length < hits)
    ops.forEach(({ bytes, kind, align = 1, again }, n) => {
      if (!again) {
        random = BigInt.asUintN(64, random * A + C);
        address = FROM + ((random >> 33n) & BigInt((SPAN - 1) & ~(align - 1)));
      }
      watches.forEach((watch, id) => {
        const does = [...kind].filter((one) => watch.access !== (one === 'r' ? 'write' : 'read')).join('');
        if (does && address < watch.address + BigInt(watch.bytes) && address + BigInt(bytes) > watch.address)
          seen.push(`${n} ${id} ${does}`);
      });
    });
  return seen;
}

/** Interpreted, translated when it is worth it, translated at once. */
const tiers = [false, true, { hotJumps: 3, batch: 1 }] as const;
type Tier = (typeof tiers)[number];

/** Runs the program with the watches, and tells what was seen of them and what the guest was left with. */
async function run(watches: readonly Watch[], translate: Tier) {
  const { image } = assemble(program, { file: 'test.S', address: base });
  const numbers = new Map<bigint, number>();
  let at = findLoop(image);
  ops.forEach(({ again }, n) => {
    at += again ? 0n : 16n;
    numbers.set(base + at, n);
    at += 4n;
  });
  assert.ok(numbers.size === ops.length);
  const machine = await createMachine({
    kernel: { name: 'test.bin', bytes: image },
    memory: 64 << 20,
    cpus: 1,
    cpu: 'max',
    translate,
  });
  const { mmu } = machine.silicon;
  let asked = 0;
  const access = mmu.access.bind(mmu);
  mmu.access = (low, high, flags) => {
    asked++;
    return access(low, high, flags);
  };
  const target = new VirtTarget(machine);
  const seen: string[] = [];
  const values: string[] = [];
  target.hooks = {
    breakpoint: never,
    exit: never,
    exception: never,
    data: (_, pc, accesses) => {
      const found = accesses.map(({ id, read, write }) => `${numbers.get(pc)} ${id} ${read ? 'r' : ''}${write ? 'w' : ''}`);
      seen.push(...found.sort());
      values.push(...accesses.map(({ address, before, after }) => [address, before, after].join()));
      return false;
    },
  };
  target.armData(
    watches.map((watch, id) => ({
      id,
      space: 'va' as const,
      ...watch,
      address: watch.space === 'ipa' ? watch.address - ALIAS + RAM : watch.address,
    })),
  );
  // Long enough for the loop to be translated, and then to run.
  for (let slice = 0; slice < 120; slice++) machine.run(5_000);
  for (let slice = 0; slice < 60; slice++) machine.run(4_999);
  const { state } = machine.vcpus[0]!.processor;
  const registers = Array.from({ length: 13 }, (_, n) => state.get(n));
  const memory = target.readMemory(0, 'va', FROM, SPAN + 64).bytes;
  return { seen, asked, left: [machine.silicon.clock.instructions, registers, memory, values] };
}

/** Offset of the loop's first instruction: MADD X9, X9, X10, X11. */
function findLoop(image: Uint8Array): bigint {
  const words = new Uint32Array(image.buffer.slice(image.byteOffset, image.byteOffset + (image.length & ~3)));
  return BigInt(words.indexOf(0x9b0a2d29) * 4);
}

describe('accesses around watched bytes, interpreted and translated', () => {
  const rows: readonly (readonly [string, readonly Watch[]])[] = [
    ['eight bytes, written', [{ address: PAGE + 0x40n, bytes: 8, access: 'write' }]],
    ['eight bytes, read', [{ address: PAGE + 0x40n, bytes: 8, access: 'read' }]],
    ['by guest physical address', [{ address: PAGE + 0x123n, bytes: 3, access: 'readWrite', space: 'ipa' }]],
    ['the first byte of a page', [{ address: PAGE, bytes: 1, access: 'readWrite' }]],
    ['the last byte of a page', [{ address: PAGE - 1n, bytes: 1, access: 'readWrite' }]],
    ['across two pages', [{ address: PAGE - 4n, bytes: 8, access: 'write' }]],
    [
      'several in a page, by different addresses',
      [
        { address: PAGE + 8n, bytes: 1, access: 'write' },
        { address: PAGE + 0x81n, bytes: 15, access: 'read', space: 'ipa' },
        { address: PAGE + 0x100n, bytes: 1, access: 'readWrite' },
        { address: PAGE + 0x102n, bytes: 1, access: 'write' },
        { address: PAGE - 0x40n, bytes: 2, access: 'write' },
      ],
    ],
    ['beyond what is touched', [{ address: PAGE + 0x800n, bytes: 8, access: 'readWrite' }]],
    ['more than the page', [{ address: PAGE + 0x200n, bytes: 0x1_0000, access: 'read' }]],
    ['very many pages, from the middle of one on', [{ address: PAGE + 0x2f0n, bytes: 0x20_0000, access: 'write' }]],
  ];
  for (const [name, watches] of rows)
    it(name, async () => {
      const [interpreted, ...others] = [await run(watches, tiers[0]), await run(watches, tiers[1]), await run(watches, tiers[2])];
      for (const translated of others) {
        assert.deepEqual(translated.seen, interpreted.seen);
        assert.deepEqual(translated.left, interpreted.left);
      }
      const { seen } = interpreted;
      assert.deepEqual(seen, expected(watches, seen.length).slice(0, seen.length));
      if (!name.startsWith('beyond')) assert.ok(seen.length > 100, `${seen.length} hits`);
    });

  it('what is not watched of the page is reached without asking', async () => {
    const watches: readonly Watch[] = [{ address: PAGE + 0x800n, bytes: 8, access: 'readWrite' }];
    for (const translate of tiers) {
      const [{ asked }, { asked: without }] = [await run(watches, translate), await run([], translate)];
      assert.ok(asked - without < 10, `asked ${asked} times, without a watch ${without}`);
    }
  });
});
