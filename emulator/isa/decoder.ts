import { type Encoding, encodingOf } from './encoding.ts';
import type { Fields, Instruction } from './instruction.ts';
import { allInstructions } from './table.ts';

/** What an instruction word is. */
export interface Decoded {
  readonly instruction: Instruction;
  readonly fields: Fields;
}

/** An instruction of a decoder's list. */
export interface Candidate {
  readonly instruction: Instruction;
  readonly encoding: Encoding;
}

/** Bits 31:21 choose a list; where bits 15:10 matter too, those choose one more. Nearly every instruction is told apart by them. */
const MAJOR_BITS = 11;
const MINOR_BITS = 6;
const MAJOR_MASK = 0xffe00000 | 0;
const MINOR_MASK = 0xfc00;
/** Ends a list. */
const END = -1;

/** A decoder for a list of instructions. */
export class Decoder {
  /** More fixed bits first, then table order: a special case is found before the general one. Instructions are known by their number here. */
  readonly candidates: readonly Candidate[];
  private readonly masks: Int32Array;
  private readonly values: Int32Array;
  private readonly conditions: readonly (((f: Fields) => boolean) | undefined)[];
  private readonly features: readonly (string | undefined)[];
  /** By bits 31:21: where the list begins in `lists`, or less than 0: ~ where 64 such numbers are, by bits 15:10. 0: not worked out yet. */
  private readonly major = new Int32Array(1 << MAJOR_BITS);
  private readonly minor: number[] = [];
  private readonly lists: number[] = [END];

  constructor(instructions: readonly Instruction[]) {
    this.candidates = instructions
      .map((instruction) => ({ instruction, encoding: encodingOf(instruction) }))
      .sort((a, b) => b.encoding.fixedBits - a.encoding.fixedBits);
    this.masks = Int32Array.from(this.candidates, (c) => c.encoding.mask | 0);
    this.values = Int32Array.from(this.candidates, (c) => c.encoding.value | 0);
    this.conditions = this.candidates.map((c) => c.instruction.where);
    this.features = this.candidates.map((c) => c.instruction.feature);
  }

  /**
   * The instruction that a word encodes, or undefined: unallocated (UNDEFINED).
   * @param offers With it, instructions of features that are not offered do not exist: their words may still be something more general (hints are NOPs), else UNDEFINED.
   */
  decode(word: number, offers?: (feature: string) => boolean): Decoded | undefined {
    const found = this.find(word, offers);
    if (found < 0) return undefined;
    const { instruction, encoding } = this.candidates[found]!;
    return { instruction, fields: encoding.extract(word) };
  }

  /** As `decode`, but the number of the candidate, or -1. */
  find(word: number, offers?: (feature: string) => boolean): number {
    const { lists, masks, values } = this;
    for (let at = this.listOf(word); ; at++) {
      const n = lists[at]!;
      if (n === END) return -1;
      if ((word & masks[n]!) !== values[n]) continue;
      if (offers !== undefined) {
        const feature = this.features[n];
        if (feature !== undefined && !offers(feature)) continue;
      }
      const condition = this.conditions[n];
      if (condition === undefined || condition(this.candidates[n]!.encoding.look(word))) return n;
    }
  }

  /** Where the candidates for a word begin in `lists`. */
  private listOf(word: number): number {
    const major = word >>> (32 - MAJOR_BITS);
    let at = this.major[major]!;
    if (at === 0) at = this.major[major] = this.listMajor(word & MAJOR_MASK);
    if (at > 0) return at;
    const place = ~at + ((word & MINOR_MASK) >>> 10);
    let second = this.minor[place]!;
    if (second === 0) second = this.minor[place] = this.list(word & (MAJOR_MASK | MINOR_MASK), MAJOR_MASK | MINOR_MASK);
    return second;
  }

  private listMajor(bits: number): number {
    const first = this.list(bits, MAJOR_MASK);
    for (let at = first; this.lists[at] !== END; at++) {
      if ((this.masks[this.lists[at]!]! & MINOR_MASK) === 0) continue;
      // Bits 15:10 tell some of them apart.
      this.lists.length = first;
      const base = this.minor.length;
      for (let n = 0; n < 1 << MINOR_BITS; n++) this.minor.push(0);
      return ~base;
    }
    return first;
  }

  /** Makes the list of what words with these bits may be. */
  private list(bits: number, under: number): number {
    const { masks, values, lists } = this;
    const first = lists.length;
    for (let n = 0; n < masks.length; n++) if (((bits ^ values[n]!) & masks[n]! & under) === 0) lists.push(n);
    lists.push(END);
    return first;
  }
}

let whole: Decoder | undefined;

function decoder(): Decoder {
  whole ??= new Decoder(allInstructions);
  return whole;
}

/** Decodes a word against the whole table: see `Decoder.decode`. */
export function decode(word: number, offers?: (feature: string) => boolean): Decoded | undefined {
  return decoder().decode(word, offers);
}

/** The instruction that a word encodes in the whole table, with its encoding, or undefined. */
export function candidateOf(word: number): Candidate | undefined {
  return decoder().candidates[decoder().find(word)];
}
