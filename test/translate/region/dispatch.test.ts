import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { analyse, type Flow } from '../../../emulator/translate/region/flow.ts';
import { type Edge, reached } from '../../../emulator/translate/region/graph.ts';
import { longestPaths } from '../../../emulator/translate/region/paths.ts';
import { compare, generator } from './compare.ts';
import { graph, LARGE } from './graphs.ts';
import { regionText } from './region-text.ts';

/** Each dispatch with the blocks it sends control to, by their numbers in the test's graph. */
function dispatches(successors: readonly (readonly number[])[]): number[][] {
  const targets = ({ edges }: { edges: readonly Edge[] }): number[] =>
    edges.map((edge) => ('block' in edge ? edge.block.start : edge.dispatch));
  return analyse(graph(successors, LARGE)[0]!)
    .order.filter((block) => block.dispatches)
    .map(targets);
}

describe('cycles that are entered at several places', () => {
  const rows: readonly [string, readonly (readonly number[])[], readonly (readonly number[])[]][] = [
    ['a loop with one head needs no dispatch', [[1], [2], [1, 3], []], []],
    ['two ways into a loop of two', [[1, 2], [2, 3], [1, 3], []], [[1, 2]]],
    ['in a loop with one head', [[1, 4], [2, 3], [3], [2, 1], []], [[2, 3]]],
    ['a jump into an inner loop from outside both', [[1, 2], [2], [3], [2, 4], [1, 5], []], [[1, 2]]],
    ["Duff's device", [[1, 2], [3, 4], [5, 6], [4], [5], [6], [3, 7], []], [[3, 4, 5, 6]]],
    [
      'two of them, one behind the other',
      [[1, 2], [2, 3], [1, 3], [4, 5], [5, 6], [4, 6], []],
      [
        [1, 2],
        [4, 5],
      ],
    ],
    ['a loop inside it that has one head stays as it is', [[1, 3], [2], [2, 3], [1, 4], []], [[1, 3]]],
    [
      'everything goes everywhere',
      [
        [1, 2],
        [2, 3],
        [3, 1],
        [1, 2],
      ],
      [[1, 2]],
    ],
  ];
  for (const [name, successors, expected] of rows) it(name, () => assert.deepEqual(dispatches(successors), expected));

  it('one inside another', () => {
    // 1–6 go around, entered at 1 and 5; inside, 2 and 3 do, entered from 1 and 6.
    const found = dispatches([[1, 5], [2, 3], [3, 4], [2, 4], [5, 7], [6], [1, 3], []]);
    assert.ok(found.length > 0);
    assert.ok(
      found.every((targets) => targets.length > 1),
      JSON.stringify(found),
    );
  });
});

describe('small ones', () => {
  /** How often each block is there. */
  const times = (successors: readonly (readonly number[])[]): number[] => {
    const { order } = analyse(graph(successors)[0]!);
    assert.ok(order.every((block) => !block.dispatches));
    return successors.map((_, n) => order.filter(({ start }) => start === n).length);
  };

  it('are entered at one place only, others by a copy', () => {
    const counts = times([[1, 2], [2, 3], [1, 3], []]);
    assert.deepEqual([counts[0], counts[1]! + counts[2]!, counts[3]], [1, 3, 1]);
  });

  it('the fewest blocks are copied', () => assert.deepEqual(times([[1, 3], [2], [3], [1, 4], []]), [1, 1, 1, 2, 1]));

  it('a region does not grow beyond what is compiled', () => {
    // A chain that fills it, and then a small cycle.
    const chain = Array.from({ length: 296 }, (_, n) => [n + 1]);
    const cycle = [[297, 298], [298, 299], [297, 299], []];
    const { order } = analyse(graph([...chain, ...cycle])[0]!);
    assert.equal(order.filter((block) => block.dispatches).length, 1);
  });
});

/** Goes at random through the graph as it is now. What is done between two looks at what is left must have been foreseen at the first. */
function walk({ order, number, isLoop }: Flow, longest: readonly number[], random: (below: number) => number): void {
  let left = longest[0]!;
  let meant: Edge | undefined;
  let n = 0;
  for (let step = 0; step < 200; step++) {
    const block = order[n]!;
    if (isLoop[n]) left = longest[n]!;
    left -= block.instructions.length;
    assert.ok(left >= 0);
    const { edges } = block;
    if (edges.length === 0) return;
    const isMeant = (edge: Edge): boolean => 'block' in edge && 'block' in meant! && edge.block.entry === meant.block.entry;
    meant = block.dispatches ? edges.find(isMeant) : edges[random(edges.length)];
    assert.ok(meant && 'block' in meant, 'a dispatch knows every number that comes to it');
    const next = reached(meant)!;
    if (next.dispatches) assert.notEqual(meant.block.entry, undefined);
    n = number.get(next)!;
  }
}

describe('random graphs', () => {
  for (const [size, graphs] of [
    [8, 2000],
    [30, 600],
    [300, 40],
  ] as const)
    it(`of up to ${size} blocks`, () => {
      const random = generator(size);
      let irreducible = 0;
      for (let n = 0; n < graphs; n++) {
        const count = 2 + random(size);
        const near = random(2) === 0;
        const to = (from: number): number => (near ? Math.min(count - 1, Math.max(0, from - 4 + random(10))) : random(count));
        const blocks = graph(Array.from({ length: count }, (_, from) => Array.from({ length: Math.min(2, random(12)) }, () => to(from))));
        for (const block of blocks) Object.assign(block, { instructions: new Array(1 + random(n % 2 ? LARGE : 4)) });
        const flow = analyse(blocks[0]!);
        flow.order.forEach((block, at) => {
          if (!block.dispatches) return;
          irreducible++;
          assert.ok(flow.isLoop[at], 'it is the head of a loop, and looks how much is left');
          assert.ok(block.edges.length > 1);
        });
        const longest = longestPaths(flow);
        for (let times = 0; times < 10; times++) walk(flow, longest, random);
      }
      assert.ok(irreducible > 10, `${irreducible} dispatches`);
    });
});

/** A loop whose parts, of at most so many operations, go on to any other and are entered at any, in a loop. */
function knot(seed: number, most: number): string {
  const random = generator(seed);
  const parts = 3 + random(5);
  const register = (): string => `x${3 + random(6)}`;
  const jump = (): string =>
    [`tbz x2, #${random(4)}`, `tbnz x5, #${random(60)}`, `cbnz w${3 + random(6)}`, `b.${['hi', 'lt', 'vc', 'mi'][random(4)]}`][random(4)]!;
  const to = (): string => {
    const how = jump();
    return `${how}${how.startsWith('b.') ? '' : ','} p${random(parts)}\n`;
  };
  const operation = (): string =>
    [
      () => `eor ${register()}, ${register()}, ${register()}, ror #${random(64)}`,
      () => `adds ${register()}, ${register()}, ${register()}`,
      () => `adcs w${3 + random(6)}, w3, w4`,
      () => `and x10, ${register()}, #0xfff8\n str ${register()}, [x1, x10]\n ldr ${register()}, [x1, x10]`,
      () => 'bl leaf',
    ][random(5)]!();
  let source = ' mov x2, #9000\n mov x3, #0x4567\n mov x4, #-5\n';
  source += `again: mov x11, #${1 + random(40)}\n sub x2, x2, #1\n cbz x2, done\n`;
  for (let n = 1 + random(3); n > 0; n--) source += ` ${to()}`;
  for (let n = 0; n < parts; n++) {
    source += `p${n}: `;
    for (let k = random(most); k >= 0; k--) source += ` ${operation()}\n`;
    source += ` sub x11, x11, #1\n tbnz x11, #63, again\n ${to()}`;
  }
  return `${source} b again\ndone: hlt #0\nleaf: add x6, x6, #3\n eor x7, x7, x6\n ret\n`;
}

describe('code that goes into the middle of its loops', () => {
  for (const [slice, slices] of [
    [997, 100],
    [61, 700],
    [7, 2500],
  ] as const)
    for (const most of [3, 16])
      it(`does what the interpreter does, ${slice} instructions at a time, parts of up to ${most}`, (t) => {
        let dispatching = 0;
        for (let seed = 1; seed <= 12; seed++) {
          const source = knot(seed, most);
          if (regionText(source).includes('br_table')) dispatching++;
          compare(source, slices, { eagerness: { hotJumps: 2, batch: 1 } }, slice);
        }
        t.diagnostic(`${dispatching} of 12 begin with a region that has a dispatch`);
        assert.ok(dispatching > (most > 3 ? 4 : 0));
      });
});
