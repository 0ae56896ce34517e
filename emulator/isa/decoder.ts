import { type Encoding, encodingOf } from './encoding.ts';
import type { Fields, Instruction } from './instruction.ts';
import { allInstructions } from './table.ts';

/** What an instruction word is. */
export interface Decoded {
  readonly instruction: Instruction;
  readonly fields: Fields;
}

interface Candidate {
  readonly instruction: Instruction;
  readonly encoding: Encoding;
}

/** Bits 31:21 and 15:10: nearly every instruction is told apart by them. */
const KEY_MASK = 0xffe0fc00;
const keyOf = (word: number): number => ((word >>> 21) << 6) | ((word >>> 10) & 63);
const wordOf = (key: number): number => (((key >>> 6) << 21) | ((key & 63) << 10)) >>> 0;

/** A decoder for a list of instructions. */
export class Decoder {
  /** More fixed bits first, then table order: a special case is found before the general one. */
  private readonly candidates: readonly Candidate[];
  /** Candidates by the key bits, worked out at first use. */
  private readonly lists: (readonly Candidate[] | undefined)[] = new Array(1 << 17);

  constructor(instructions: readonly Instruction[]) {
    this.candidates = instructions
      .map((instruction) => ({ instruction, encoding: encodingOf(instruction) }))
      .sort((a, b) => b.encoding.fixedBits - a.encoding.fixedBits);
  }

  /**
   * The instruction that a word encodes, or undefined: unallocated (UNDEFINED).
   * @param offers With it, instructions of features that are not offered do not exist: their words may still be something more general (hints are NOPs), else UNDEFINED.
   */
  decode(word: number, offers?: (feature: string) => boolean): Decoded | undefined {
    for (const { instruction, encoding } of this.listOf(word)) {
      if ((word & encoding.mask) >>> 0 !== encoding.value) continue;
      if (offers !== undefined && instruction.feature !== undefined && !offers(instruction.feature)) continue;
      const fields = encoding.extract(word);
      if (instruction.where !== undefined && !instruction.where(fields)) continue;
      return { instruction, fields };
    }
    return undefined;
  }

  private listOf(word: number): readonly Candidate[] {
    const key = keyOf(word);
    let list = this.lists[key];
    if (list === undefined) {
      const bits = wordOf(key);
      list = this.candidates.filter(({ encoding: { mask, value } }) => ((bits ^ value) & mask & KEY_MASK) === 0);
      this.lists[key] = list;
    }
    return list;
  }
}

let decoder: Decoder | undefined;

/** Decodes a word against the whole table: see `Decoder.decode`. */
export function decode(word: number, offers?: (feature: string) => boolean): Decoded | undefined {
  decoder ??= new Decoder(allInstructions);
  return decoder.decode(word, offers);
}
