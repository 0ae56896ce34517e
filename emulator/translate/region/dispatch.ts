import { commonDominator, type DominatorTree, dominates } from './dominators.ts';
import { type Edge, type RegionBlock, reached } from './graph.ts';

/** An edge back into the middle of a cycle, numbered in its block. */
interface Intruder {
  readonly from: number;
  readonly edge: number;
  readonly to: number;
}

/**
 * Looks for cycles that control enters at several places, for which WebAssembly has no structure. Such a cycle gets a dispatch: a block without instructions that
 * all ways into the cycle go through, with the number of the block they mean, and so do edges back to those blocks. It is then the head of an ordinary loop.
 * Edges that go forward inside the cycle, and loops inside it, stay as they are.
 * @returns Whether the graph was changed: then it has to be numbered anew and looked at again.
 */
export function dispatchIntoCycles(tree: DominatorTree): boolean {
  const { order, idom } = tree;
  const intruders = findIntruders(tree);
  const [first] = intruders;
  if (!first) return false;
  let found = false;
  for (const { from, edge, to } of intruders) {
    const above = order[commonDominator(from, to, idom)]!;
    if (!above.dispatches) continue;
    leadThrough(above, order[from]!, edge);
    found = true;
  }
  if (!found) insertDispatch(tree, first);
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

function leadThrough(dispatch: RegionBlock, from: RegionBlock, n: number): void {
  const edge = from.edges[n] as Extract<Edge, { block: RegionBlock }>;
  if (!dispatch.edges.some((known) => 'block' in known && known.block === edge.block)) dispatch.edges.push(edge);
  from.edges[n] = { block: edge.block, through: dispatch };
}

/** Puts a dispatch before the largest cycle around the edge that no single block leads into. */
function insertDispatch(tree: DominatorTree, { from, to }: Intruder): void {
  const { order, number, idom } = tree;
  const cycle = cycleWith(to, commonDominator(from, to, idom), tree);
  const dispatch: RegionBlock = { start: order[to]!.start, instructions: [], edges: [], dispatches: true };
  order.forEach((block, n) => {
    if (cycle.has(n)) return;
    block.edges.forEach((edge, k) => {
      const next = reached(edge);
      if (next && cycle.has(number.get(next)!)) leadThrough(dispatch, block, k);
    });
  });
  // What comes first in the code is what its compiler saw as the loop's head: other ways to it are back edges.
  dispatch.edges.sort((a, b) => startOf(a) - startOf(b));
}

const startOf = (edge: Edge): number => ('block' in edge ? edge.block.start : edge.dispatch);

/** The blocks below `above` in the dominator tree that control can go around through, block `n` among them. */
function cycleWith(n: number, above: number, { order, number, predecessors, idom }: DominatorTree): Set<number> {
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

/** Every block that a dispatch sends control to has one number, also where two dispatches lie one behind the other on the way. */
function numberEntries(order: readonly RegionBlock[]): void {
  const dispatches = new Set<RegionBlock>();
  let count = 0;
  for (const block of order) {
    if (block.entry !== undefined) count = Math.max(count, block.entry + 1);
    for (const edge of block.edges) if ('block' in edge && edge.through) dispatches.add(edge.through);
  }
  for (const { edges } of dispatches) for (const edge of edges) if ('block' in edge) edge.block.entry ??= count++;
}
