import type { Decoder } from '../../isa/decoder.ts';
import { RECORD_BYTES, RECORDS_PER_PAGE } from '../layout.ts';
import type { TranslatableInstruction } from '../region/graph.ts';
import { shapeOf } from '../region/shape.ts';
import { builtinHandlers, type Family, type HandlerTable } from './handlers.ts';
import { RecordProgram } from './record-program.ts';

/** Words remembered, direct mapped by a hash: a booted kernel and its user space have some 80,000. */
const CACHE_BITS = 16;
/** A word remembered: itself, what it is, the four words of its record, and a branch's displacement in bytes of code. */
const ENTRY_WORDS = 8;
const KIND = 1;
const RECORD = 2;
const DISPLACEMENT = 6;
/** Kinds, plus for branches where the record keeps the displacement: the number of the word. 0: nothing is remembered. */
const PLAIN = 4;
/** A handler without operands: nothing was there before that would have to be cleared. */
const BARE = 8;
/** Control does not go on to the next word, or not always. */
const ENDS = 16;
const BRANCH_WORD = 3;

/** What all words of one handler share. */
interface Predecoding {
  readonly family: Family;
  readonly operation: TranslatableInstruction['operation'];
  readonly program: RecordProgram;
  readonly kind: number;
  readonly branch: ReturnType<HandlerTable['recorded']>['layout']['branch'];
}

/** Fills predecoded records: instruction word in, handler number and operands out. */
export class Predecoder {
  private readonly words: Int32Array;
  private readonly halves: Uint16Array;
  /** A program repeats its words: each is decoded once. */
  private readonly cache = new Int32Array(ENTRY_WORDS << CACHE_BITS);
  /** By the decoder's number of the instruction; null: not implemented. */
  private readonly families: (Family | null | undefined)[] = [];
  private readonly handlers: (Predecoding | undefined)[] = [];

  /** @param decoder Knows what a word means to this vCPU: instructions that it does not offer do not exist. */
  constructor(
    memory: WebAssembly.Memory,
    private readonly table: HandlerTable,
    private readonly decoder: Decoder,
    private readonly offers?: (feature: string) => boolean,
  ) {
    this.words = new Int32Array(memory.buffer);
    this.halves = new Uint16Array(memory.buffer);
  }

  /** Displacement of a call, bytes; undefined: the word is no PC-relative call. */
  callOffset(word: number): number | undefined {
    const instruction = this.translatable(word);
    if (!instruction) return undefined;
    const shape = shapeOf(instruction.operation);
    return shape.kind === 'call' ? shape.offset(instruction.fields) : undefined;
  }

  /** The instruction as the translator wants it; undefined: only the interpreter deals with it. */
  translatable(word: number): TranslatableInstruction | undefined {
    const at = this.remembered(word);
    if ((this.cache[at + KIND]! & BARE) !== 0) return undefined;
    const { family, operation } = this.handlers[this.cache[at + RECORD]! & 0xffff]!;
    return { fields: family.encoding.extract(word), operation };
  }

  /**
   * @param index Number of the instruction in its page: decides whether a branch stays in the page.
   * @returns Whether the next word is surely executed too, unless this one faults.
   */
  fill(record: number, word: number, index: number): boolean {
    const { cache, words } = this;
    const at = this.remembered(word);
    const kind = cache[at + KIND]!;
    const to = record >> 2;
    if ((kind & (BARE | BRANCH_WORD)) === 0) {
      words[to] = cache[at + RECORD]!;
      words[to + 1] = cache[at + RECORD + 1]!;
      words[to + 2] = cache[at + RECORD + 2]!;
      words[to + 3] = cache[at + RECORD + 3]!;
    } else if ((kind & BARE) !== 0) this.halves[record >> 1] = cache[at + RECORD]!;
    else this.fillBranch(to, at, index);
    return (kind & ENDS) === 0;
  }

  private fillBranch(to: number, at: number, index: number): void {
    const { cache, words } = this;
    const displacement = cache[at + DISPLACEMENT]!;
    const target = index + displacement / 4;
    const near = target >= 0 && target < RECORDS_PER_PAGE;
    for (let n = 0; n < 4; n++) words[to + n] = cache[at + RECORD + n]!;
    // The interpreter adds the displacement of a near branch to the next record.
    words[to + (cache[at + KIND]! & BRANCH_WORD)] = near ? (target - index - 1) * RECORD_BYTES : displacement;
    if (!near) words[to]!++;
  }

  /** Where the word is in the cache. */
  private remembered(word: number): number {
    const at = (Math.imul(word, 0x9e3779b1) >>> (32 - CACHE_BITS)) * ENTRY_WORDS;
    if (this.cache[at] !== (word | 0) || this.cache[at + KIND] === 0) this.remember(word, at);
    return at;
  }

  private remember(word: number, at: number): void {
    const { cache } = this;
    const number = this.decoder.find(word, this.offers);
    let family = number < 0 ? null : this.families[number];
    if (family === undefined) {
      family = this.table.familyOf(this.decoder.candidates[number]!.instruction) ?? null;
      this.families[number] = family;
    }
    cache[at] = word;
    if (family === null) {
      cache[at + KIND] = BARE | ENDS;
      cache[at + RECORD] = number < 0 ? builtinHandlers.undefined : builtinHandlers.unimplemented;
      return;
    }
    const handler = family.numberOf(word);
    const { program, kind, branch } = this.handlers[handler] ?? this.learn(family, handler);
    program.fill(word, handler, cache, at + RECORD);
    if (branch) cache[at + DISPLACEMENT] = branch(family.encoding.look(word));
    cache[at + KIND] = kind;
  }

  private learn(family: Family, handler: number): Predecoding {
    const { operation, layout } = this.table.recorded(handler, family.member(handler - family.first));
    const ends = shapeOf(operation).kind === 'plain' ? 0 : ENDS;
    const kind = PLAIN | ends | (layout.branchOffset === undefined ? 0 : layout.branchOffset >> 2);
    const learnt = { family, operation, program: new RecordProgram(family.encoding, layout), kind, branch: layout.branch };
    this.handlers[handler] = learnt;
    return learnt;
  }
}
