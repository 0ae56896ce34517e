import type { DominatorTree } from './dominators.ts';
import { type Edge, type RegionBlock, reached } from './graph.ts';

/**
 * Puts a dispatch before a cycle: a block without instructions that all ways into the cycle go through, with the number of the block they mean, and later the
 * edges back to those blocks too. It is then the head of an ordinary loop. Edges that go forward inside the cycle, and loops inside it, stay as they are.
 */
export function insertDispatch(cycle: ReadonlySet<number>, { order, number }: DominatorTree): void {
  const [first] = [...cycle] as [number];
  const dispatch: RegionBlock = { start: order[first]!.start, instructions: [], edges: [], dispatches: true };
  order.forEach((block, n) => {
    if (cycle.has(n)) return;
    block.edges.forEach((edge, k) => {
      const next = reached(edge);
      if (next && cycle.has(number.get(next)!)) leadThrough(dispatch, block, k);
    });
  });
  // What comes first in the code is what its compiler saw as the loop's head: then edges to it go back, and most others forward.
  dispatch.edges.sort((a, b) => startOf(a) - startOf(b));
}

const startOf = (edge: Edge): number => ('block' in edge ? edge.block.start : edge.dispatch);

/** Lets an edge of a block, by its number there, go through a dispatch. */
export function leadThrough(dispatch: RegionBlock, from: RegionBlock, n: number): void {
  const edge = from.edges[n] as Extract<Edge, { block: RegionBlock }>;
  if (!dispatch.edges.some((known) => 'block' in known && known.block === edge.block)) dispatch.edges.push(edge);
  from.edges[n] = { block: edge.block, through: dispatch };
}

/** Every block that a dispatch sends control to has one number, also where two dispatches lie one behind the other on the way. */
export function numberEntries(order: readonly RegionBlock[]): void {
  const dispatches = new Set<RegionBlock>();
  let count = 0;
  for (const block of order) {
    if (block.entry !== undefined) count = Math.max(count, block.entry + 1);
    for (const edge of block.edges) if ('block' in edge && edge.through) dispatches.add(edge.through);
  }
  for (const { edges } of dispatches) for (const edge of edges) if ('block' in edge) edge.block.entry ??= count++;
}
