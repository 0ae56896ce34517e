import type { Decoded } from '../../isa/decoder.ts';
import { RECORD_BYTES, RECORDS_PER_PAGE } from '../layout.ts';
import type { TranslatableInstruction } from '../region/graph.ts';
import { builtinHandlers, type HandlerTable } from './handlers.ts';

/** Fills predecoded records: instruction word in, handler number and operands out. */
export class Predecoder {
  private readonly view: DataView;

  /**
   * @param decode What a word means to this vCPU (instructions it does not offer are undefined).
   */
  constructor(
    memory: WebAssembly.Memory,
    private readonly table: HandlerTable,
    private readonly decode: (word: number) => Decoded | undefined,
  ) {
    this.view = new DataView(memory.buffer);
  }

  /** The instruction as the translator wants it; undefined: only the interpreter deals with it. */
  translatable(word: number): TranslatableInstruction | undefined {
    const decoded = this.decode(word);
    if (!decoded?.instruction.operation) return undefined;
    const { instruction, fields } = decoded;
    return { fields, operation: this.table.recorded(this.table.numberOf(instruction, fields)).operation };
  }

  /** @param index Number of the instruction in its page: decides whether a branch stays in the page. */
  fill(record: number, word: number, index: number): void {
    const { view } = this;
    const decoded = this.decode(word);
    if (!decoded?.instruction.operation) {
      view.setUint16(record, decoded ? builtinHandlers.unimplemented : builtinHandlers.undefined, true);
      return;
    }
    const { instruction, fields } = decoded;
    let handler = this.table.numberOf(instruction, fields);
    let found = this.table.recorded(handler);
    if (found.layout.branch) {
      const offset = found.layout.branch(fields);
      const target = index + offset / 4;
      if (target >= 0 && target < RECORDS_PER_PAGE) {
        // The interpreter adds the displacement to the next record.
        view.setInt32(record + found.layout.branchOffset!, (target - index - 1) * RECORD_BYTES, true);
      } else {
        handler++;
        found = this.table.recorded(handler);
        view.setInt32(record + found.layout.branchOffset!, offset, true);
      }
    }
    for (const operand of found.layout.operands) {
      const value = operand.value(fields);
      if (operand.bytes === 2) view.setUint16(record + operand.offset, Number(value), true);
      else if (operand.bytes === 4) view.setInt32(record + operand.offset, Number(value), true);
      else view.setBigInt64(record + operand.offset, BigInt.asIntN(64, BigInt(value)), true);
    }
    view.setUint16(record, handler, true);
  }
}
