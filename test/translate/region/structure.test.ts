import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { analyse } from '../../../emulator/translate/region/flow.ts';
import type { RegionBlock } from '../../../emulator/translate/region/graph.ts';
import { Structure } from '../../../emulator/translate/region/structure.ts';
import { CodeWriter } from '../../../emulator/translate/wasm/code.ts';
import { ModuleWriter } from '../../../emulator/translate/wasm/module.ts';
import { graph, LARGE } from './graphs.ts';

const STEPS = 60;

/**
 * The path a program takes through the graph, as the structured code takes it: blocks in order, then why it ended. Conditions come from the bits of
 * `choices`, one a step; a block without successors ends the path, and so do STEPS blocks.
 */
function structuredPath(blocks: readonly RegionBlock[], choices: readonly number[]): string {
  const path: string[] = [];
  const module = new ModuleWriter({ module: 'machine', name: 'memory', shared: false, maximumPages: 1 });
  const visit = module.import('machine', 'visit', { parameters: ['i32'], results: ['i32'] });
  const count = module.import('machine', 'count', { parameters: ['i32'], results: [] });
  const code = new CodeWriter(0);
  let counted = 0;
  // Blocks that are done and not counted yet: as on every way that is being emitted.
  let done = 0;
  const countDone = (): void => {
    code.i32(done);
    code.call(count);
  };
  new Structure(code, analyse(blocks[0]!), {
    meet: () => {
      done = 0;
    },
    join: countDone,
    state: () => done,
    restore: (state) => {
      done = state as number;
    },
    body: (block) => {
      done++;
      code.i32(block.start);
      code.call(visit);
      if (block.edges.length === 2) return;
      code.drop();
      if (block.edges.length > 0) return;
      countDone();
      code.return();
    },
    dispatch: (index) => {
      countDone();
      code.i32(1000 + index);
      code.call(visit);
      code.drop();
      code.return();
    },
  }).emit();
  module.export('run', module.function({ parameters: [], results: [] }, code));
  const memory = new WebAssembly.Memory({ initial: 1 });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.finish()), {
    machine: {
      memory,
      visit: (n: number) => {
        path.push(n >= 500 ? `dispatch ${n - 1000}` : String(n));
        if (path.length > STEPS) throw new Error('enough');
        return choices[path.length]!;
      },
      count: (n: number) => {
        counted += n;
      },
    },
  });
  try {
    (instance.exports.run as () => void)();
    assert.equal(counted, path.filter((step) => !step.startsWith('dispatch')).length);
  } catch (error) {
    assert.equal((error as Error).message, 'enough');
  }
  return path.join(' ');
}

/** The same path, read off the edges. */
function plainPath(blocks: readonly RegionBlock[], choices: readonly number[]): string {
  const path: string[] = [];
  for (let block = blocks[0]!; ; ) {
    path.push(String(block.start));
    if (path.length > STEPS) break;
    const edge = block.edges.length === 2 ? block.edges[choices[path.length] ? 0 : 1]! : block.edges[0];
    if (!edge) break;
    if (!('block' in edge)) {
      path.push(`dispatch ${edge.dispatch}`);
      break;
    }
    block = edge.block;
  }
  return path.join(' ');
}

/** Deterministic numbers in [0, below). */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe('structured control flow', () => {
  const named: Record<string, readonly (readonly number[])[]> = {
    'straight line': [[1], [2], []],
    diamond: [[1, 2], [3], [3], []],
    'loop with exit in the middle': [[1], [2, 3], [1], []],
    'loop whose head is the entry': [[1, 0], []],
    'nested loops': [[1], [2], [2, 3], [1, 4], []],
    'loop head where forward paths meet': [[1, 2], [3], [3], [4, 3], []],
    'two loops that share an exit': [[1, 2], [1, 3], [2, 3], []],
    'a loop entered at two places': [[1, 2], [2, 3], [1, 3], []],
    'a loop entered at two places inside another': [[1, 2], [2, 3], [1, 3], [0, 4], []],
    'a jump into an inner loop': [[1, 3], [2], [3], [2, 4], [1, 5], []],
    "Duff's device": [[1, 2], [3, 4], [5, 6], [4], [5], [6], [3, 7], []],
    'every block can go on to every other': [
      [1, 2],
      [2, 3],
      [3, 1],
      [1, 2],
    ],
    'a loop with one head inside one with two': [[1, 3], [2], [2, 3], [1, 4], []],
    'one with two heads inside another with two': [[1, 5], [2, 3], [3, 4], [2, 4], [5, 7], [6], [1, 3], []],
    'edges to the interpreter': [
      [1, -5],
      [0, -7],
    ],
  };
  for (const [name, successors] of Object.entries(named))
    it(name, () => {
      const random = generator(7);
      for (let n = 0; n < 20; n++) {
        const blocks = graph(successors, n % 2 ? 1 : LARGE);
        const choices = Array.from({ length: STEPS + 2 }, () => random(2));
        const plain = plainPath(blocks, choices);
        assert.equal(structuredPath(blocks, choices), plain);
      }
    });

  it('random graphs take the same paths', (t) => {
    const random = generator(1);
    let dispatching = 0;
    for (let n = 0; n < 1000; n++) {
      const size = 2 + random(16);
      const successors = Array.from({ length: size }, () => Array.from({ length: Math.min(2, random(6)) }, () => random(size)));
      const blocks = graph(successors, [1, 12, LARGE][n % 3]);
      const choices = Array.from({ length: STEPS + 2 }, () => random(2));
      const plain = plainPath(blocks, choices);
      assert.equal(structuredPath(blocks, choices), plain, JSON.stringify(successors));
      if (analyse(blocks[0]!).order.some((block) => block.dispatches)) dispatching++;
    }
    t.diagnostic(`${dispatching} with a dispatch`);
    assert.ok(dispatching > 40, `${dispatching} with a dispatch`);
  });
});
