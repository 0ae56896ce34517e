import type { DominatorTree } from './dominators.ts';
import { MOST_INSTRUCTIONS, type RegionBlock, reached } from './graph.ts';

/** Instructions that may be there twice for one cycle: compiling them costs less than a dispatch in every round of something so short. */
const MOST_COPIED = 32;

const sizeOf = ({ instructions }: RegionBlock): number => Math.max(1, instructions.length);

/**
 * Makes one of the blocks at which a cycle is entered its only entry: who enters at another runs copies of the blocks from there to that one.
 * The cycle is then an ordinary loop.
 * @returns Whether that could be done with few copies, and was.
 */
export function splitCycle(cycle: ReadonlySet<number>, { order, number, predecessors }: DominatorTree): boolean {
  const isOutside = (n: number): boolean => !cycle.has(n);
  const entries = [...cycle].filter((n) => predecessors[n]!.some(isOutside));
  const hasDispatch = (n: number): boolean => order[n]!.dispatches === true;
  if ([...cycle].some(hasDispatch) || entries.some((n) => predecessors[n]!.some(hasDispatch))) return false;
  const total = order.reduce((sum, block) => sum + sizeOf(block), 0);
  let smallest = Math.min(MOST_COPIED, MOST_INSTRUCTIONS - total) + 1;
  let copied: ReadonlySet<number> | undefined;
  for (const head of entries) {
    const before = new Set(entries.filter((n) => n !== head));
    for (const n of before)
      for (const edge of order[n]!.edges) {
        const to = number.get(reached(edge)!);
        if (to !== undefined && to !== head && cycle.has(to)) before.add(to);
      }
    let size = 0;
    for (const n of before) size += sizeOf(order[n]!);
    if (size >= smallest) continue;
    copied = before;
    smallest = size;
  }
  if (!copied) return false;
  const copies = new Map<RegionBlock, RegionBlock>();
  for (const n of copied) copies.set(order[n]!, { ...order[n]! });
  const leadToCopies = (block: RegionBlock): void => {
    block.edges = block.edges.map((edge) => {
      const copy = 'block' in edge && !edge.through ? copies.get(edge.block) : undefined;
      return copy ? { block: copy } : edge;
    });
  };
  for (const copy of copies.values()) leadToCopies(copy);
  order.forEach((block, n) => {
    if (isOutside(n)) leadToCopies(block);
  });
  return true;
}
