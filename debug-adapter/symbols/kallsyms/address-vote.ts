/** KIMAGE_VADDR is a multiple of 2 MiB; TEXT_OFFSET of the Image header comes on top, 0 since 5.8. */
export const BLOCK = 2 ** 21;

/** Blocks of the largest image that is looked at: 256 MiB, where kernels with everything in them have less than half. */
const MAX_BLOCKS = 128;

/** A kernel address less TEXT_OFFSET in two parts: a number does not hold 64 bits. */
export interface KernelAddress {
  readonly block: number;
  /** Below BLOCK. */
  readonly rest: number;
}

/** Whether the high half of a 64-bit word makes it a kernel address: in TTBR1's half, and no small negative number. */
export const isKernelHalf = (high: number): boolean => high >= 0xffff0000 && high !== 0xffffffff;

/** Two halves of a 64-bit address. */
export function kernelAddress(low: number, high: number, textOffset: number): KernelAddress {
  const blocks = Math.floor((low - textOffset) / BLOCK);
  return { block: high * (2 ** 32 / BLOCK) + blocks, rest: low - textOffset - blocks * BLOCK };
}

/** Bytes from the start of an image in that block. */
export const offsetFrom = (block: number, address: KernelAddress): number => (address.block - block) * BLOCK + address.rest;

/** How many speak for the block with the most, and how many for the next. */
export interface Vote {
  readonly block: number;
  readonly votes: number;
  readonly second: number;
}

/** Of all blocks that an image with these addresses in it may begin in, the one that most speaks for. */
export function elect(addresses: readonly KernelAddress[], imageBytes: number, votes: (block: number) => number): Vote {
  const frequency = new Map<number, number>();
  for (const { block } of addresses) frequency.set(block, (frequency.get(block) ?? 0) + 1);
  const candidates = new Set<number>();
  const span = Math.min(Math.ceil(imageBytes / BLOCK), MAX_BLOCKS);
  // A block that few addresses are in holds words that only look like addresses.
  for (const [block, count] of frequency)
    if (count * 100 >= addresses.length) for (let before = 0; before <= span; before++) candidates.add(block - before);
  let best: Vote = { block: 0, votes: 0, second: 0 };
  for (const block of candidates) {
    const counted = votes(block);
    if (counted > best.votes) best = { block, votes: counted, second: best.votes };
    else if (counted > best.second) best = { ...best, second: counted };
  }
  return best;
}
