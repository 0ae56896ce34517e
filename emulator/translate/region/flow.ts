import { type DominatorTree, dominatorTree } from './dominators.ts';
import { type RegionBlock, reached } from './graph.ts';
import { makeReducible } from './irreducible.ts';

/** A region's blocks in reverse postorder with what structured control flow needs to know of each. */
export interface Flow {
  /** Reachable blocks, entry first. */
  readonly order: readonly RegionBlock[];
  readonly number: ReadonlyMap<RegionBlock, number>;
  /** Blocks that each block immediately dominates, by number, ascending. */
  readonly dominated: readonly (readonly number[])[];
  /** Target of a back edge. */
  readonly isLoop: readonly boolean[];
  /** Two or more forward edges meet there, or a dispatch sends control there. */
  readonly isMerge: readonly boolean[];
}

/** Orders the blocks. Cycles that are entered at several places are changed until each has one head. */
export function analyse(entry: RegionBlock): Flow {
  for (;;) {
    const tree = dominatorTree(entry);
    if (!makeReducible(tree)) return describe(tree);
  }
}

function describe({ order, number, idom }: DominatorTree): Flow {
  const dominated: number[][] = order.map(() => []);
  for (let n = 1; n < order.length; n++) dominated[idom[n]!]!.push(n);
  const isLoop = order.map(() => false);
  const forward = order.map(() => 0);
  order.forEach((block, n) => {
    for (const edge of block.edges) {
      const next = reached(edge);
      if (!next) continue;
      const to = number.get(next)!;
      if (to <= n) isLoop[to] = true;
      // A branch by number needs a label, even where it is the only way.
      else forward[to]! += block.dispatches ? 2 : 1;
    }
  });
  return { order, number, dominated, isLoop, isMerge: forward.map((n) => n > 1) };
}
