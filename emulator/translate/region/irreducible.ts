import { insertDispatch, leadThrough, numberEntries } from './dispatch.ts';
import { commonDominator, type DominatorTree, dominates } from './dominators.ts';
import { reached } from './graph.ts';
import { splitCycle } from './splitting.ts';

/** An edge back to a block that is not the only way into the cycle it closes; numbered in its block. */
interface Intruder {
  readonly from: number;
  readonly edge: number;
  readonly to: number;
}

/**
 * Looks for cycles that control enters at several places, for which WebAssembly has no structure, and changes the graph so that there are fewer.
 * @returns Whether there were any: then the graph has to be numbered anew and looked at again.
 */
export function makeReducible(tree: DominatorTree): boolean {
  const { order, idom } = tree;
  const intruders = findIntruders(tree);
  const [first] = intruders;
  if (!first) return false;
  let isKnown = false;
  for (const { from, edge, to } of intruders) {
    const above = order[commonDominator(from, to, idom)]!;
    if (!above.dispatches) continue;
    leadThrough(above, order[from]!, edge);
    isKnown = true;
  }
  if (!isKnown) {
    const cycle = cycleWith(first.to, commonDominator(first.from, first.to, idom), tree);
    if (splitCycle(cycle, tree)) return true;
    insertDispatch(cycle, tree);
  }
  numberEntries(order);
  return true;
}

function findIntruders({ order, number, idom }: DominatorTree): Intruder[] {
  const found: Intruder[] = [];
  order.forEach((block, from) => {
    block.edges.forEach((edge, n) => {
      const next = reached(edge);
      if (!next) return;
      const to = number.get(next)!;
      if (to <= from && !dominates(to, from, idom)) found.push({ from, edge: n, to });
    });
  });
  return found;
}

/** The blocks below `above` in the dominator tree that control can go around through, block `n` among them: no single one leads into it. */
function cycleWith(n: number, above: number, { order, number, predecessors, idom }: DominatorTree): ReadonlySet<number> {
  const isBelow = (m: number): boolean => m !== above && dominates(above, m, idom);
  const successors = (m: number): number[] => order[m]!.edges.flatMap((edge) => number.get(reached(edge)!) ?? []);
  const after = closure(n, (m) => successors(m).filter(isBelow));
  return closure(n, (m) => predecessors[m]!.filter((p) => after.has(p)));
}

function closure(n: number, next: (m: number) => readonly number[]): Set<number> {
  const found = new Set([n]);
  for (const m of found) for (const to of next(m)) found.add(to);
  return found;
}
