import type { Decoded } from '../../isa/decoder.ts';
import type { Fields } from '../../isa/instruction.ts';
import type { Operation } from '../ir/node.ts';
import { RECORD_BYTES, RECORDS_PER_PAGE } from '../layout.ts';
import type { TranslatableInstruction } from '../region/graph.ts';
import { builtinHandlers, type HandlerTable } from './handlers.ts';

/** A predecoded word: the four words of its record, near variant, and what the translator needs. */
interface Template extends TranslatableInstruction {
  readonly handler: number;
  readonly record: readonly [number, number, number, number];
  /** PC-relative branch: its displacement in bytes of code, and where the record keeps it. */
  readonly branch: { readonly displacement: number; readonly offset: number } | undefined;
}

/** Words remembered, direct mapped by a hash: a booted kernel and its user space have some 80,000. */
const CACHE_BITS = 17;

/** Fills predecoded records: instruction word in, handler number and operands out. */
export class Predecoder {
  private readonly words: Int32Array;
  private readonly halves: Uint16Array;
  /** A program repeats its words: each is decoded once. A number is a handler without operands. */
  private readonly cachedWords = new Int32Array(1 << CACHE_BITS);
  private readonly templates = new Array<Template | number | undefined>(1 << CACHE_BITS);
  private readonly scratch = new DataView(new ArrayBuffer(RECORD_BYTES));

  /**
   * @param decode What a word means to this vCPU (instructions it does not offer are undefined). Always the same for the same word.
   */
  constructor(
    memory: WebAssembly.Memory,
    private readonly table: HandlerTable,
    private readonly decode: (word: number) => Decoded | undefined,
  ) {
    this.words = new Int32Array(memory.buffer);
    this.halves = new Uint16Array(memory.buffer);
  }

  /** The instruction as the translator wants it; undefined: only the interpreter deals with it. */
  translatable(word: number): TranslatableInstruction | undefined {
    const template = this.templateOf(word);
    return typeof template === 'number' ? undefined : template;
  }

  /** @param index Number of the instruction in its page: decides whether a branch stays in the page. */
  fill(record: number, word: number, index: number): void {
    const template = this.templateOf(word);
    if (typeof template === 'number') {
      this.halves[record >> 1] = template;
      return;
    }
    const at = record >> 2;
    const { words } = this;
    words[at + 1] = template.record[1];
    words[at + 2] = template.record[2];
    words[at + 3] = template.record[3];
    const { branch } = template;
    if (branch) {
      const target = index + branch.displacement / 4;
      const near = target >= 0 && target < RECORDS_PER_PAGE;
      // The interpreter adds the displacement of a near branch to the next record.
      words[(record + branch.offset) >> 2] = near ? (target - index - 1) * RECORD_BYTES : branch.displacement;
      words[at] = near ? template.record[0] : (template.record[0] & ~0xffff) | (template.handler + 1);
    } else words[at] = template.record[0];
  }

  private templateOf(word: number): Template | number {
    const at = Math.imul(word, 0x9e3779b1) >>> (32 - CACHE_BITS);
    const known = this.templates[at];
    if (known !== undefined && this.cachedWords[at] === (word | 0)) return known;
    const template = this.make(word);
    this.cachedWords[at] = word;
    this.templates[at] = template;
    return template;
  }

  private make(word: number): Template | number {
    const decoded = this.decode(word);
    if (!decoded?.instruction.operation) return decoded ? builtinHandlers.unimplemented : builtinHandlers.undefined;
    const { instruction, fields } = decoded;
    const handler = this.table.numberOf(instruction, fields);
    return this.fillTemplate(handler, fields, this.table.recorded(handler));
  }

  private fillTemplate(
    handler: number,
    fields: Fields,
    { layout, operation }: { layout: ReturnType<HandlerTable['recorded']>['layout']; operation: Operation },
  ): Template {
    const { scratch } = this;
    for (let at = 0; at < RECORD_BYTES; at += 4) scratch.setInt32(at, 0);
    scratch.setUint16(0, handler, true);
    for (const operand of layout.operands) {
      const value = operand.value(fields);
      if (operand.bytes === 2) scratch.setUint16(operand.offset, Number(value), true);
      else if (operand.bytes === 4) scratch.setInt32(operand.offset, Number(value), true);
      else scratch.setBigInt64(operand.offset, BigInt.asIntN(64, BigInt(value)), true);
    }
    const record = [0, 4, 8, 12].map((at) => scratch.getInt32(at, true)) as [number, number, number, number];
    const branch = layout.branch ? { displacement: layout.branch(fields), offset: layout.branchOffset! } : undefined;
    return { fields, operation, handler, record, branch };
  }
}
