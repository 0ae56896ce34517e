import type { RegionBlock } from '../../../emulator/translate/region/graph.ts';

/** Instructions in a block that is not copied for a cycle to have one entry. */
export const LARGE = 40;

/**
 * Blocks with these successors: none, one, or two (met first). Negative: back to the interpreter at that number.
 * @param size Of how many instructions each is; nobody may look at one.
 */
export function graph(successors: readonly (readonly number[])[], size = 1): RegionBlock[] {
  const blocks = successors.map((_, n): RegionBlock => ({ start: n, instructions: new Array(size), edges: [] }));
  successors.forEach((to, n) => {
    blocks[n]!.edges = to.map((t) => (t < 0 ? { dispatch: t } : { block: blocks[t]! }));
  });
  return blocks;
}
