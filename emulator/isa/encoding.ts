import type { Fields, InstructionDefinition } from './instruction.ts';

/** Width in bits of the fields that encodings name without saying it. One name, one width; anything else is written `name:width`. */
export const fieldWidths: Readonly<Record<string, number>> = {
  // Registers
  Rd: 5,
  Rn: 5,
  Rm: 5,
  Ra: 5,
  Rt: 5,
  Rt2: 5,
  Rs: 5,
  // Immediates
  imm26: 26,
  imm19: 19,
  immhi: 19,
  imm16: 16,
  imm14: 14,
  imm12: 12,
  imm9: 9,
  imm8: 8,
  imm7: 7,
  imm6: 6,
  imm5: 5,
  imm4: 4,
  imm3: 3,
  immr: 6,
  imms: 6,
  immh: 4,
  immb: 3,
  immlo: 2,
  hw: 2,
  b5: 1,
  b40: 5,
  simm7: 7,
  uimm6: 6,
  uimm4: 4,
  scale: 6,
  // Selectors
  sf: 1,
  op: 1,
  S: 1,
  N: 1,
  sh: 1,
  A: 1,
  R: 1,
  L: 1,
  V: 1,
  W: 1,
  Z: 1,
  M: 1,
  D: 1,
  H: 1,
  Q: 1,
  U: 1,
  E: 1,
  F: 1,
  sz: 1,
  o0: 1,
  o1: 1,
  o2: 1,
  o3: 1,
  a: 1,
  b: 1,
  c: 1,
  d: 1,
  e: 1,
  f: 1,
  g: 1,
  h: 1,
  opc: 2,
  size: 2,
  shift: 2,
  ftype: 2,
  ptype: 2,
  rmode: 2,
  cmode: 4,
  cond: 4,
  nzcv: 4,
  mask: 4,
  option: 3,
  rot: 2,
  // System
  op1: 3,
  op2: 3,
  CRn: 4,
  CRm: 4,
};

/** A run of bits of the word that the encoding names. */
export interface EncodedField {
  readonly name: string;
  readonly low: number;
  readonly width: number;
}

const [ZERO, ONE, ANY, OPENING] = Array.from('01x(', (c) => c.charCodeAt(0)) as [number, number, number, number];

/** An encoding string, read. All words are unsigned 32-bit numbers. */
export class Encoding {
  /** Bits that must match, and what they must be. */
  readonly mask: number;
  readonly value: number;
  /** Fixed bits plus the `(0)`/`(1)` bits: what assembling starts from. */
  readonly template: number;
  /** The `(0)`/`(1)` bits: a word that has others there is CONSTRAINED UNPREDICTABLE or ignored, not another instruction. */
  readonly shouldBeMask: number;
  /** Number of bits in `mask`: how specific the encoding is. */
  readonly fixedBits: number;
  readonly fields: readonly EncodedField[];
  private seen = 0;
  private view: Fields | undefined;

  /** @throws Error when the text does not describe 32 bits, or a field has no known width, or a name appears twice. */
  constructor(readonly text: string) {
    let at = 32;
    let mask = 0;
    let value = 0;
    let template = 0;
    let shouldBe = 0;
    const fields: EncodedField[] = [];
    for (const token of text.split(' ')) {
      const kind = token.charCodeAt(0);
      if (kind === ZERO || kind === ONE || kind === ANY) {
        for (let n = 0; n < token.length; n++) {
          at--;
          const bit = token.charCodeAt(n);
          if (bit === ANY) continue;
          if (bit !== ZERO && bit !== ONE) throw new Error(`encoding '${text}': ${token} is neither bits nor a name`);
          mask |= 1 << at;
          if (bit === ONE) value |= 1 << at;
        }
      } else if (kind === OPENING) {
        for (let n = 1; n < token.length - 1; n++) {
          at--;
          shouldBe |= 1 << at;
          if (token.charCodeAt(n) === ONE) template |= 1 << at;
        }
      } else if (token !== '') {
        const colon = token.indexOf(':');
        const name = colon < 0 ? token : token.slice(0, colon);
        const width = colon < 0 ? fieldWidths[name] : Number(token.slice(colon + 1));
        if (width === undefined || !(width >= 1 && width <= 26))
          throw new Error(`encoding '${text}': the width of ${name} is not known: write ${name}:width`);
        if (fields.some((f) => f.name === name)) throw new Error(`encoding '${text}': ${name} appears twice`);
        at -= width;
        fields.push({ name, low: at, width });
      }
    }
    if (at !== 0) throw new Error(`encoding '${text}' has ${32 - at} bits, not 32`);
    this.mask = mask >>> 0;
    this.value = value >>> 0;
    this.template = (value | template) >>> 0;
    this.shouldBeMask = shouldBe >>> 0;
    this.fixedBits = popCount(mask);
    this.fields = fields;
  }

  /** True where the fixed bits of `word` are this encoding's. */
  matches(word: number): boolean {
    return (word & this.mask) >>> 0 === this.value;
  }

  /** The fields of a word, whether it matches or not. */
  extract(word: number): Fields {
    const result: Record<string, number> = {};
    for (const { name, low, width } of this.fields) result[name] = (word >> low) & ((1 << width) - 1);
    return result;
  }

  /** As `extract`, but nothing is made: always the same object, whose fields are this word's until the next call. */
  look(word: number): Fields {
    this.seen = word;
    this.view ??= this.makeView();
    return this.view;
  }

  private makeView(): Fields {
    const view = {};
    for (const { name, low, width } of this.fields) {
      const mask = (1 << width) - 1;
      Object.defineProperty(view, name, { enumerable: true, get: () => (this.seen >> low) & mask });
    }
    return view;
  }

  /**
   * The word with these fields; a field that is left out is 0. Names that the encoding does not have are ignored.
   * @throws RangeError when a value does not fit its field.
   */
  assemble(values: Fields): number {
    let word = this.template;
    for (const { name, low, width } of this.fields) {
      const value = values[name] ?? 0;
      if (!Number.isInteger(value) || value < 0 || value >= 2 ** width)
        throw new RangeError(`${name} = ${value} does not fit ${width} bits`);
      word += value * 2 ** low;
    }
    return word;
  }

  has(name: string): boolean {
    return this.fields.some((f) => f.name === name);
  }

  field(name: string): EncodedField | undefined {
    return this.fields.find((f) => f.name === name);
  }

  widthOf(name: string): number | undefined {
    return this.field(name)?.width;
  }
}

const read = new Map<string, Encoding>();

/** The encoding of an instruction, read once. */
export function encodingOf(instruction: Pick<InstructionDefinition, 'encoding'>): Encoding {
  let encoding = read.get(instruction.encoding);
  if (!encoding) {
    encoding = new Encoding(instruction.encoding);
    read.set(instruction.encoding, encoding);
  }
  return encoding;
}

function popCount(word: number): number {
  let count = 0;
  for (let rest = word >>> 0; rest !== 0; rest = (rest & (rest - 1)) >>> 0) count++;
  return count;
}
