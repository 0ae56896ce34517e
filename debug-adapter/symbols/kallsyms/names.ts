import type { TokenTable } from './tokens.ts';

/** The packed names: for each symbol its length, then so many numbers of tokens. */
export interface NameTable {
  /** Where `kallsyms_num_syms` is. */
  readonly countAt: number;
  readonly count: number;
  readonly start: number;
}

/** `kallsyms_markers` has where every 256th name begins. */
const NAMES_PER_MARKER = 256;
/** Bytes that 256 names can take: at least a length and a type each, at most a length of two bytes and KSYM_NAME_LEN (512) tokens. */
const MIN_STEP = NAMES_PER_MARKER * 2;
const MAX_STEP = NAMES_PER_MARKER * 514;
/** Fewer than this many markers are no kernel: small ones have tens of thousands of symbols. */
const MIN_MARKERS = 4;
/** Runs of numbers that look like markers, and names that are walked over, before giving up: a kernel needs one run, and each of its names once. */
const MAX_RUNS = 64;
const MAX_WALKED = 1 << 24;
/** Ten times what a kernel has with everything built in. */
const MAX_SYMBOLS = 1 << 21;
/** KSYM_NAME_LEN with the letter of the type, and room for kernels that make names longer. */
const MAX_NAME = 1024;
const MAX_EXPANDED = 1 << 28;

/**
 * Finds the names before the token table: first the markers, numbers that ascend from 0, then the one count of symbols before them whose names begin where every
 * marker says.
 */
export function findNames(image: Uint8Array, tokens: TokenTable): NameTable | undefined {
  const words = new Uint32Array(image.buffer, image.byteOffset, tokens.start >> 2);
  const budget = { names: MAX_WALKED };
  for (let at = words.length - MIN_MARKERS, runs = 0; at > 0 && runs < MAX_RUNS && budget.names > 0; at--) {
    if (words[at] !== 0) continue;
    const run = ascending(words, at);
    if (run < MIN_MARKERS) continue;
    runs++;
    // What follows the markers may go on ascending by chance.
    const found = namesBefore(image, words, at, run, budget) ?? namesBefore(image, words, at, run - 1, budget);
    if (found) return found;
  }
  return undefined;
}

interface Budget {
  names: number;
}

/** How many numbers from `at` on can be markers. */
function ascending(words: Uint32Array, at: number): number {
  let end = at + 1;
  while (end < words.length) {
    const step = words[end]! - words[end - 1]!;
    if (step < MIN_STEP || step > MAX_STEP) break;
    end++;
  }
  return end - at;
}

/** The names that so many markers at word `at` are of. */
function namesBefore(image: Uint8Array, words: Uint32Array, at: number, markers: number, budget: Budget): NameTable | undefined {
  const last = (at * 4 - words[at + markers - 1]!) >> 2;
  const first = Math.max(2, last - (MAX_STEP >> 2) - 2);
  for (let start = last; start >= first; start--) {
    // The count is aligned like every label: 8 bytes, in 7.x 4.
    for (const before of [1, 2]) {
      const count = words[start - before]!;
      if (Math.ceil(count / NAMES_PER_MARKER) !== markers || count > MAX_SYMBOLS || (before === 2 && words[start - 1] !== 0)) continue;
      if (agree(image, start * 4, count, words, at, budget)) return { countAt: (start - before) * 4, count, start: start * 4 };
    }
  }
  return undefined;
}

/** Whether `count` names from `start` on begin where the markers say and end where these begin. */
function agree(image: Uint8Array, start: number, count: number, words: Uint32Array, markersAt: number, budget: Budget): boolean {
  const end = markersAt * 4;
  let at = start;
  for (let i = 0; i < count; i++) {
    if (at >= end || budget.names-- <= 0 || (i % NAMES_PER_MARKER === 0 && at - start !== words[markersAt + i / NAMES_PER_MARKER]))
      return false;
    at = afterName(image, at);
  }
  return at <= end && end - at < 8;
}

/** A length above 127 has its low 7 bits first (since 6.1). */
const longLength = (image: Uint8Array, at: number): number => (image[at]! & 0x7f) | (image[at + 1]! << 7);
const afterName = (image: Uint8Array, at: number): number => (image[at]! & 0x80 ? at + 2 + longLength(image, at) : at + 1 + image[at]!);

/** Names, and the letters of their types. */
export interface Names {
  readonly names: readonly string[];
  /** One character each. */
  readonly types: string;
}

/** The names as they are read. Throws where one is empty or longer than names are. */
export function expandNames(image: Uint8Array, { start, count }: NameTable, { starts, lengths }: TokenTable): Names {
  const ends = new Uint32Array(count);
  let total = 0;
  for (let i = 0, at = start; i < count; i++) {
    const next = afterName(image, at);
    let length = 0;
    for (let byte = image[at]! & 0x80 ? at + 2 : at + 1; byte < next; byte++) length += lengths[image[byte]!]!;
    if (length < 2 || length > MAX_NAME) throw new Error(`name ${i} of ${count} has ${length} characters`);
    total += length;
    if (total > MAX_EXPANDED) throw new Error(`the names are longer than ${MAX_EXPANDED >> 20} MiB`);
    ends[i] = total;
    at = next;
  }
  // All in one text, of which each name is a piece: no allocation for each token.
  const expanded = Buffer.allocUnsafe(total);
  for (let i = 0, at = start, to = 0; i < count; i++) {
    const next = afterName(image, at);
    for (let byte = image[at]! & 0x80 ? at + 2 : at + 1; byte < next; byte++) {
      const token = image[byte]!;
      for (let from = starts[token]!, end = from + lengths[token]!; from < end; from++) expanded[to++] = image[from]!;
    }
    at = next;
  }
  const text = expanded.toString('latin1');
  const names: string[] = [];
  const types = Buffer.allocUnsafe(count);
  for (let i = 0, at = 0; i < count; i++) {
    types[i] = expanded[at]!;
    names.push(text.slice(at + 1, ends[i]));
    at = ends[i]!;
  }
  return { names, types: types.toString('latin1') };
}
