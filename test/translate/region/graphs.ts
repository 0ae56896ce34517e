import type { RegionBlock } from '../../../emulator/translate/region/graph.ts';

/** Blocks with these successors: none, one, or two (met first). Negative: back to the interpreter at that number. */
export function graph(successors: readonly (readonly number[])[]): RegionBlock[] {
  const blocks: RegionBlock[] = successors.map((_, n) => ({ start: n, instructions: [], edges: [] }));
  successors.forEach((to, n) => {
    blocks[n]!.edges = to.map((t) => (t < 0 ? { dispatch: t } : { block: blocks[t]! }));
  });
  return blocks;
}
