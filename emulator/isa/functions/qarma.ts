/**
 * The tweakable block cipher QARMA-64 as FEAT_PAuth uses it (Arm ARM, ComputePAC): QARMA5 with S-box σ2 and QARMA3 with S-box σ1.
 * All of it but the S-box is linear over bits, so each layer is eight table look-ups; 64-bit words are pairs of i32, low half first.
 */

type Cells = readonly number[];

/** Where each cell of the result comes from, cell 0 lowest (PACCellShuffle). */
const cellShuffle: Cells = [13, 6, 11, 0, 7, 12, 1, 10, 8, 3, 14, 5, 2, 9, 4, 15];
/** TweakShuffle: source cells, and the cells of the result that are stepped through the LFSR. */
const tweakShuffle: Cells = [4, 5, 6, 7, 11, 2, 3, 8, 12, 13, 14, 15, 0, 1, 10, 9];
const tweakStepped = new Set([2, 4, 7, 11, 12, 14, 15]);

const cellsOf = (word: bigint): number[] => Array.from({ length: 16 }, (_, i) => Number((word >> BigInt(4 * i)) & 15n));
const wordOf = (cells: Cells): bigint => cells.reduce((word, cell, i) => word | (BigInt(cell) << BigInt(4 * i)), 0n);
const rotate = (cell: number, n: number): number => ((cell << n) | (cell >> (4 - n))) & 15;
/** One step of the tweak's LFSR. */
const step = (cell: number): number => (cell >> 1) | (((cell ^ (cell >> 1)) & 1) << 3);

const shuffle = (c: Cells): number[] => cellShuffle.map((from) => c[from]);
function unshuffle(c: Cells): number[] {
  const out = new Array<number>(16);
  cellShuffle.forEach((from, to) => {
    out[from] = c[to];
  });
  return out;
}
/** PACMult: the involutory matrix over rotations, on each column of four cells. */
function mix(c: Cells): number[] {
  const out = new Array<number>(16);
  for (let i = 0; i < 4; i++) {
    const [a, b, d, e] = [c[i], c[i + 4], c[i + 8], c[i + 12]];
    out[i + 12] = rotate(d, 1) ^ rotate(b, 2) ^ rotate(a, 1);
    out[i + 8] = rotate(e, 1) ^ rotate(b, 1) ^ rotate(a, 2);
    out[i + 4] = rotate(e, 2) ^ rotate(d, 1) ^ rotate(a, 1);
    out[i] = rotate(e, 1) ^ rotate(d, 2) ^ rotate(b, 1);
  }
  return out;
}
const tweakForward = (c: Cells): number[] => tweakShuffle.map((from, to) => (tweakStepped.has(to) ? step(c[from]) : c[from]));

/** A linear map of 64-bit words. */
class LinearMap {
  private known: Int32Array | undefined;

  constructor(private readonly map: (cells: Cells) => readonly number[]) {}

  /** For each of the 8 bytes, the 256 images (low and high word beside each other). Made at first use: most guests never need it. */
  get images(): Int32Array {
    this.known ??= fromImages(Array.from({ length: 64 }, (_, bit) => wordOf(this.map(cellsOf(1n << BigInt(bit))))));
    return this.known;
  }
}

function fromImages(images: readonly bigint[]): Int32Array {
  const table = new Int32Array(8 * 256 * 2);
  for (let byte = 0; byte < 8; byte++) {
    for (let value = 0; value < 256; value++) {
      let image = 0n;
      for (let bit = 0; bit < 8; bit++) if ((value >> bit) & 1) image ^= images[byte * 8 + bit];
      table[(byte * 256 + value) * 2] = Number(BigInt.asIntN(32, image));
      table[(byte * 256 + value) * 2 + 1] = Number(BigInt.asIntN(32, image >> 32n));
    }
  }
  return table;
}

/** S-boxes on pairs of cells. */
const bytewise = (sbox: Cells): Uint8Array => Uint8Array.from({ length: 256 }, (_, byte) => sbox[byte & 15] | (sbox[byte >> 4] << 4));
const inverse = (sbox: Cells): Cells => sbox.map((_, value) => sbox.indexOf(value));
const sigma1: Cells = [10, 13, 14, 6, 15, 7, 3, 5, 9, 8, 0, 12, 11, 1, 2, 4];
const sigma2: Cells = [11, 6, 8, 15, 12, 0, 9, 14, 3, 7, 4, 5, 13, 2, 1, 10];

export interface QarmaVariant {
  readonly rounds: number;
  readonly sub: Uint8Array;
  readonly invertedSub: Uint8Array;
}
export const qarma5: QarmaVariant = { rounds: 5, sub: bytewise(sigma2), invertedSub: bytewise(inverse(sigma2)) };
export const qarma3: QarmaVariant = { rounds: 3, sub: bytewise(sigma1), invertedSub: bytewise(inverse(sigma1)) };

const forwardLayer = new LinearMap((c) => mix(shuffle(c)));
const backwardLayer = new LinearMap((c) => unshuffle(mix(c)));
const mixLayer = new LinearMap(mix);
const unshuffleLayer = new LinearMap(unshuffle);
const tweakLayer = new LinearMap(tweakForward);

/** Round constants, low and high words, and the reflection constant alpha. */
const constants = Int32Array.of(0, 0, 0x03707344, 0x13198a2e, 0x299f31d0, 0xa4093822, 0xec4e6c89, 0x082efa98, 0x38d01377, 0x452821e6);
const ALPHA_LOW = 0xc97c50dd | 0;
const ALPHA_HIGH = 0xc0ac29b7 | 0;

/** The word being worked on, and after `qarma` its result. */
export const block = { low: 0, high: 0 };

function through({ images }: LinearMap): void {
  const { low, high } = block;
  let outLow = 0;
  let outHigh = 0;
  for (let byte = 0; byte < 8; byte++) {
    const value = ((byte < 4 ? low : high) >>> (8 * (byte & 3))) & 0xff;
    const at = (byte * 256 + value) * 2;
    outLow ^= images[at];
    outHigh ^= images[at + 1];
  }
  block.low = outLow;
  block.high = outHigh;
}

const substituteWord = (word: number, table: Uint8Array): number =>
  table[word & 0xff] | (table[(word >>> 8) & 0xff] << 8) | (table[(word >>> 16) & 0xff] << 16) | (table[word >>> 24] << 24);

function substitute(table: Uint8Array): void {
  block.low = substituteWord(block.low, table);
  block.high = substituteWord(block.high, table);
}

function mixIn(low: number, high: number): void {
  block.low ^= low;
  block.high ^= high;
}

/** Tweaks of the rounds, forwards; the way back uses them in reverse. */
const tweaks = new Int32Array(2 * 6);

function expandTweak(low: number, high: number, rounds: number): void {
  const { low: dataLow, high: dataHigh } = block;
  block.low = low;
  block.high = high;
  for (let i = 0; i <= rounds; i++) {
    tweaks[2 * i] = block.low;
    tweaks[2 * i + 1] = block.high;
    if (i < rounds) through(tweakLayer);
  }
  block.low = dataLow;
  block.high = dataHigh;
}

/**
 * Encrypts `block` in place. `key0` whitens (the high 64 bits of an authentication key), `key1` is the core key (the low 64 bits).
 */
export function qarma(
  variant: QarmaVariant,
  modifierLow: number,
  modifierHigh: number,
  key0Low: number,
  key0High: number,
  key1Low: number,
  key1High: number,
): void {
  const { rounds, sub, invertedSub } = variant;
  // key0 rotated right by one, bit 63 also mixed into bit 0.
  const modLow = ((key0Low >>> 1) | (key0High << 31)) ^ (key0High >>> 31);
  const modHigh = (key0High >>> 1) | (key0Low << 31);
  expandTweak(modifierLow, modifierHigh, rounds);
  mixIn(key0Low, key0High);
  for (let i = 0; i < rounds; i++) {
    mixIn(key1Low ^ tweaks[2 * i] ^ constants[2 * i], key1High ^ tweaks[2 * i + 1] ^ constants[2 * i + 1]);
    if (i > 0) through(forwardLayer);
    substitute(sub);
  }
  const lastLow = tweaks[2 * rounds];
  const lastHigh = tweaks[2 * rounds + 1];
  mixIn(modLow ^ lastLow, modHigh ^ lastHigh);
  through(forwardLayer);
  substitute(sub);
  through(forwardLayer);
  mixIn(key1Low, key1High);
  through(unshuffleLayer);
  substitute(invertedSub);
  through(mixLayer);
  through(unshuffleLayer);
  mixIn(key0Low ^ lastLow, key0High ^ lastHigh);
  for (let i = 0; i < rounds; i++) {
    substitute(invertedSub);
    if (i < rounds - 1) through(backwardLayer);
    const round = rounds - 1 - i;
    mixIn(
      constants[2 * round] ^ key1Low ^ tweaks[2 * round] ^ ALPHA_LOW,
      constants[2 * round + 1] ^ key1High ^ tweaks[2 * round + 1] ^ ALPHA_HIGH,
    );
  }
  mixIn(modLow, modHigh);
}
