import { type RegionBlock, reached } from './graph.ts';

/** The blocks that an entry reaches, numbered in reverse postorder, and which of them every way to each passes. */
export interface DominatorTree {
  /** Reachable blocks, entry first. */
  readonly order: readonly RegionBlock[];
  readonly number: ReadonlyMap<RegionBlock, number>;
  readonly predecessors: readonly (readonly number[])[];
  /** Immediate dominator of each, by number; the entry's is itself. */
  readonly idom: readonly number[];
}

export function dominatorTree(entry: RegionBlock): DominatorTree {
  const order = reversePostorder(entry);
  const number = new Map(order.map((block, n) => [block, n]));
  const predecessors: number[][] = order.map(() => []);
  order.forEach((block, n) => {
    for (const edge of block.edges) {
      const next = reached(edge);
      if (next) predecessors[number.get(next)!]!.push(n);
    }
  });
  return { order, number, predecessors, idom: immediateDominators(predecessors) };
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
      continue;
    }
    const block = reached(edge);
    if (block && !seen.has(block)) {
      seen.add(block);
      stack.push({ block, next: 0 });
    }
  }
  return out.reverse();
}

/** Cooper, Harvey and Kennedy's iteration. */
function immediateDominators(predecessors: readonly (readonly number[])[]): number[] {
  const idom = new Array<number>(predecessors.length).fill(-1);
  idom[0] = 0;
  for (let changed = true; changed; ) {
    changed = false;
    for (let n = 1; n < predecessors.length; n++) {
      let best = -1;
      for (const p of predecessors[n]!) if (idom[p] !== -1) best = best === -1 ? p : commonDominator(p, best, idom);
      if (best !== idom[n]) {
        idom[n] = best;
        changed = true;
      }
    }
  }
  return idom;
}

/** The nearest block that dominates both. */
export function commonDominator(a: number, b: number, idom: readonly number[]): number {
  let [x, y] = [a, b];
  while (x !== y) {
    while (x > y) x = idom[x]!;
    while (y > x) y = idom[y]!;
  }
  return x;
}

export function dominates(a: number, b: number, idom: readonly number[]): boolean {
  let n = b;
  while (n > a) n = idom[n]!;
  return n === a;
}
