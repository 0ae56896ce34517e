import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { analyse } from '../../../emulator/translate/region/dominators.ts';
import type { RegionBlock } from '../../../emulator/translate/region/graph.ts';
import { Structure } from '../../../emulator/translate/region/structure.ts';
import { CodeWriter } from '../../../emulator/translate/wasm/code.ts';
import { ModuleWriter } from '../../../emulator/translate/wasm/module.ts';

const STEPS = 60;

/** Blocks with these successors: none, one, or two (met first). Negative: back to the interpreter at that number. */
function graph(successors: readonly (readonly number[])[]): RegionBlock[] {
  const blocks: RegionBlock[] = successors.map((_, n) => ({ start: n, instructions: [], edges: [] }));
  successors.forEach((to, n) => {
    blocks[n]!.edges = to.map((t) => (t < 0 ? { dispatch: t } : { block: blocks[t]! }));
  });
  return blocks;
}

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
    'irreducible: a loop entered at two places': [[1, 2], [2, 3], [1, 3], []],
    'edges to the interpreter': [
      [1, -5],
      [0, -7],
    ],
  };
  for (const [name, successors] of Object.entries(named))
    it(name, () => {
      const random = generator(7);
      for (let n = 0; n < 20; n++) {
        const blocks = graph(successors);
        analyse(blocks[0]!);
        const choices = Array.from({ length: STEPS + 2 }, () => random(2));
        assert.equal(structuredPath(blocks, choices), plainPath(blocks, choices));
      }
    });

  it('random graphs take the same paths', () => {
    const random = generator(1);
    for (let n = 0; n < 400; n++) {
      const size = 2 + random(12);
      const successors = Array.from({ length: size }, () => Array.from({ length: random(3) }, () => random(size)));
      const blocks = graph(successors);
      // Cuts what is irreducible; the path is read off what is left.
      analyse(blocks[0]!);
      const choices = Array.from({ length: STEPS + 2 }, () => random(2));
      assert.equal(structuredPath(blocks, choices), plainPath(blocks, choices), JSON.stringify(successors));
    }
  });
});
