import type { RegionBlock } from './graph.ts';

/** A region's blocks in reverse postorder with what structured control flow needs to know of each. */
export interface Flow {
  /** Reachable blocks, entry first. */
  readonly order: readonly RegionBlock[];
  readonly number: ReadonlyMap<RegionBlock, number>;
  /** Blocks that each block immediately dominates, by number, ascending. */
  readonly dominated: readonly (readonly number[])[];
  /** Target of a back edge. */
  readonly isLoop: readonly boolean[];
  /** Two or more forward edges meet there. */
  readonly isMerge: readonly boolean[];
}

/** Orders the blocks. Edges that would make the graph irreducible are cut: control goes back to the interpreter there. */
export function analyse(entry: RegionBlock): Flow {
  for (;;) {
    const order = reversePostorder(entry);
    const number = new Map(order.map((block, n) => [block, n]));
    const idom = immediateDominators(order, number);
    if (!cutIrreducible(order, number, idom)) return describe(order, number, idom);
  }
}

function reversePostorder(entry: RegionBlock): RegionBlock[] {
  const seen = new Set<RegionBlock>([entry]);
  const out: RegionBlock[] = [];
  const stack: { block: RegionBlock; next: number }[] = [{ block: entry, next: 0 }];
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const edge = top.block.edges[top.next++];
    if (!edge) {
      out.push(top.block);
      stack.pop();
    } else if ('block' in edge && !seen.has(edge.block)) {
      seen.add(edge.block);
      stack.push({ block: edge.block, next: 0 });
    }
  }
  return out.reverse();
}

/** Cooper, Harvey and Kennedy's iteration. */
function immediateDominators(order: readonly RegionBlock[], number: ReadonlyMap<RegionBlock, number>): number[] {
  const predecessors: number[][] = order.map(() => []);
  order.forEach((block, n) => {
    for (const edge of block.edges) if ('block' in edge) predecessors[number.get(edge.block)!]!.push(n);
  });
  const idom = new Array<number>(order.length).fill(-1);
  idom[0] = 0;
  const meet = (a: number, b: number): number => {
    let [x, y] = [a, b];
    while (x !== y) {
      while (x > y) x = idom[x]!;
      while (y > x) y = idom[y]!;
    }
    return x;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (let n = 1; n < order.length; n++) {
      let best = -1;
      for (const p of predecessors[n]!) if (idom[p] !== -1) best = best === -1 ? p : meet(p, best);
      if (best !== idom[n]) {
        idom[n] = best;
        changed = true;
      }
    }
  }
  return idom;
}

function dominates(a: number, b: number, idom: readonly number[]): boolean {
  let n = b;
  while (n > a) n = idom[n]!;
  return n === a;
}

function cutIrreducible(order: readonly RegionBlock[], number: ReadonlyMap<RegionBlock, number>, idom: readonly number[]): boolean {
  let cut = false;
  order.forEach((block, n) => {
    block.edges = block.edges.map((edge) => {
      if (!('block' in edge)) return edge;
      const to = number.get(edge.block)!;
      if (to > n || dominates(to, n, idom)) return edge;
      cut = true;
      return { dispatch: edge.block.start };
    });
  });
  return cut;
}

function describe(order: readonly RegionBlock[], number: ReadonlyMap<RegionBlock, number>, idom: readonly number[]): Flow {
  const dominated: number[][] = order.map(() => []);
  for (let n = 1; n < order.length; n++) dominated[idom[n]!]!.push(n);
  const isLoop = order.map(() => false);
  const forward = order.map(() => 0);
  order.forEach((block, n) => {
    for (const edge of block.edges) {
      if (!('block' in edge)) continue;
      const to = number.get(edge.block)!;
      if (to <= n) isLoop[to] = true;
      else forward[to]!++;
    }
  });
  return { order, number, dominated, isLoop, isMerge: forward.map((n) => n > 1) };
}
