import type { NameTable } from './names.ts';
import type { TokenTable } from './tokens.ts';

/** Where symbols are, ascending: bytes from the start of the image, or from a symbol that the build chose (`kallsyms_relative_base`). */
export interface Offsets {
  readonly from: 'image' | 'relative base';
  readonly offsets: Float64Array;
  /** What the image has at `kallsyms_relative_base`: the address of that symbol, or 0 where a relocation is to fill it in. */
  readonly relativeBase: bigint;
}

/** A layout of `kallsyms_offsets`: where it may be, and the offset that a word of it is. */
interface Layout {
  readonly from: Offsets['from'];
  starts(names: NameTable, tokens: TokenTable): readonly number[];
  offset(word: number, at: number): number;
  /** Where the relative base is, of a table that ends there. */
  readonly base?: (end: number) => number;
}

/** In the Image header: bytes that the image takes in memory, BSS included. */
const IMAGE_SIZE_AT = 16;

const align = (at: number, to: number): number => Math.ceil(at / to) * to;
const afterIndex = (_: NameTable, { end }: TokenTable): readonly number[] => [...new Set([align(end, 4), align(end, 8)])];

const afterTable = (end: number): number => align(end, 8);

/** By kernel. The table is sorted: only the layout that it has gives ascending offsets within the image for all symbols. */
const layouts: readonly Layout[] = [
  // 6.4 to 6.x: the last tables.
  { from: 'relative base', starts: afterIndex, offset: (word) => word, base: afterTable },
  // 5.0 to 6.3: the first table, then kallsyms_relative_base, then the count of symbols.
  { from: 'relative base', starts: ({ countAt, count }) => [countAt - 8 - align(count * 4, 8)], offset: (word) => word, base: afterTable },
  // 7.x: the distance from the word itself.
  { from: 'image', starts: afterIndex, offset: (word, at) => at + (word | 0) },
];

/** The offset of every symbol; undefined where no known layout makes sense of what is there. */
export function findOffsets(image: Uint8Array, names: NameTable, tokens: TokenTable): Offsets | undefined {
  const words = new Uint32Array(image.buffer, image.byteOffset, image.length >> 2);
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const size = Math.max(image.length, words[IMAGE_SIZE_AT >> 2]!);
  for (const { from, starts, offset, base } of layouts) {
    for (const start of starts(names, tokens)) {
      if (start < 0 || start % 4 !== 0 || start + names.count * 4 > image.length) continue;
      const offsets = ascendingOffsets(words, start, names.count, size, offset);
      if (!offsets) continue;
      const baseAt = base?.(start + names.count * 4);
      if (baseAt !== undefined && baseAt + 8 > image.length) return undefined;
      return { from, offsets, relativeBase: baseAt === undefined ? 0n : view.getBigUint64(baseAt, true) };
    }
  }
  return undefined;
}

function ascendingOffsets(
  words: Uint32Array,
  start: number,
  count: number,
  size: number,
  offset: Layout['offset'],
): Float64Array | undefined {
  const offsets = new Float64Array(count);
  let last = 0;
  for (let i = 0; i < count; i++) {
    const value = offset(words[(start >> 2) + i]!, start + i * 4);
    if (value < last || value > size) return undefined;
    last = value;
    offsets[i] = value;
  }
  // All at one place: zeros, no table.
  return last > offsets[0]! ? offsets : undefined;
}
