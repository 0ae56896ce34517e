import type { Decoded } from '../../isa/decoder.ts';
import type { HandlerTable } from '../interpreter/handlers.ts';
import type { TranslatableInstruction } from './graph.ts';

/** Words remembered before all are forgotten. */
const MOST_WORDS = 1 << 17;

/** Instruction words as the translator wants them, for a thread that has no records. */
export class TranslatableWordCache {
  private readonly known = new Map<number, TranslatableInstruction | undefined>();

  /** @param decode What a word means to the CPU: always the same for the same word. */
  constructor(
    private readonly table: HandlerTable,
    private readonly decode: (word: number) => Decoded | undefined,
  ) {}

  /** The instruction; undefined: only the interpreter deals with it. */
  instruction(word: number): TranslatableInstruction | undefined {
    const known = this.known.get(word);
    if (known !== undefined || this.known.has(word)) return known;
    if (this.known.size >= MOST_WORDS) this.known.clear();
    const made = this.make(word);
    this.known.set(word, made);
    return made;
  }

  private make(word: number): TranslatableInstruction | undefined {
    const decoded = this.decode(word);
    if (!decoded?.instruction.operation) return undefined;
    const { instruction, fields } = decoded;
    return { fields, operation: this.table.recorded(this.table.numberOf(instruction, fields)).operation };
  }
}
