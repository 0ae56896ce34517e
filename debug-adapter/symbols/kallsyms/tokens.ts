/** The strings that names are made of (kernel/kallsyms.c, scripts/kallsyms.c): a byte of a packed name is the number of one. */
export interface TokenTable {
  /** Where the table begins in the image, and where the index that follows it ends. */
  readonly start: number;
  readonly end: number;
  /** The bytes of token n are those from `starts[n]` up to `starts[n] + lengths[n]` in the image. */
  readonly starts: Uint32Array;
  readonly lengths: Uint16Array;
}

const TOKENS = 256;
const INDEX_BYTES = TOKENS * 2;
/** Labels are aligned to 8 bytes, in 7.x to 4: so much may lie between the table and its index. */
const MAX_PADDING = 7;
/** A byte that occurs in names stands for itself. Digits do in every kernel: this is what the table has from token '0' on. */
const DIGITS = new TextEncoder().encode([...'0123456789'].map((digit) => `${digit}\0`).join(''));
const FIRST_DIGIT = 0x30;
/** An image where the digits stand this often, and never in a token table, is none that a kernel build made. */
const MAX_TRIES = 1000;

/** Finds the token table by its digits, and takes it for one only if the index after it gives the start of every token. */
export function findTokens(image: Uint8Array): TokenTable | undefined {
  const bytes = Buffer.from(image.buffer, image.byteOffset, image.byteLength);
  let at = bytes.indexOf(DIGITS);
  for (let tries = 0; at >= 0 && tries < MAX_TRIES; tries++, at = bytes.indexOf(DIGITS, at + 1)) {
    const table = tokensAround(bytes, at);
    if (table) return table;
  }
  return undefined;
}

/** @param digits Where token '0' begins. */
function tokensAround(bytes: Buffer, digits: number): TokenTable | undefined {
  let tableEnd = digits;
  for (let token = FIRST_DIGIT; token < TOKENS; token++) {
    const end = bytes.indexOf(0, tableEnd);
    // The index has 16 bits for where a token begins.
    if (end < 0 || end - digits > 0xffff) return undefined;
    tableEnd = end + 1;
  }
  for (let padding = 0; padding <= MAX_PADDING; padding++) {
    const index = tableEnd + padding;
    if (index + INDEX_BYTES > bytes.length) return undefined;
    const start = digits - bytes.readUInt16LE(index + FIRST_DIGIT * 2);
    const table = start < 0 ? undefined : tokensOf(bytes, start, tableEnd, index);
    if (table) return table;
  }
  return undefined;
}

/** The table at `start` if the index says of each token where it begins, and all of them fill the table. */
function tokensOf(bytes: Buffer, start: number, tableEnd: number, index: number): TokenTable | undefined {
  const starts = new Uint32Array(TOKENS);
  const lengths = new Uint16Array(TOKENS);
  let at = start;
  for (let token = 0; token < TOKENS; token++) {
    if (start + bytes.readUInt16LE(index + token * 2) !== at) return undefined;
    const end = bytes.indexOf(0, at);
    if (end < 0 || end >= tableEnd) return undefined;
    starts[token] = at;
    lengths[token] = end - at;
    at = end + 1;
  }
  return at === tableEnd ? { start, end: index + INDEX_BYTES, starts, lengths } : undefined;
}
