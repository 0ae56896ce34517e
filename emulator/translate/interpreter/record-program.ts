import type { Encoding } from '../../isa/encoding.ts';
import type { Fields } from '../../isa/instruction.ts';
import type { RecordLayout } from './record.ts';

/** Numbers of an operand that a register field decides: the word of the record and the shift it goes to, the field's place, where its table begins. */
const LOOKUP_NUMBERS = 5;

/** What each number of a register field stands for: one table for each way of reading them, one after the other. */
let tables = new Uint16Array(0);
const tableOf = new Map<(n: number) => number, number>();

function tableFor(offsetOf: (n: number) => number): number {
  let base = tableOf.get(offsetOf);
  if (base === undefined) {
    base = tables.length;
    const longer = new Uint16Array(base + 32);
    longer.set(tables);
    for (let n = 0; n < 32; n++) longer[base + n] = offsetOf(n);
    tables = longer;
    tableOf.set(offsetOf, base);
  }
  return base;
}

interface Computed {
  /** Number of the record's word. */
  readonly at: number;
  readonly shift: number;
  readonly bytes: 2 | 4 | 8;
  readonly value: (f: Fields) => number | bigint;
}

const wide = new BigInt64Array(1);
const wideHalves = new Int32Array(wide.buffer);

/** How the operands of one handler get from an instruction word into the four words of a record. Allocates nothing where it is used. */
export class RecordProgram {
  private readonly lookups: Int32Array;
  private readonly computed: readonly Computed[];

  constructor(
    private readonly encoding: Encoding,
    layout: RecordLayout,
  ) {
    const lookups: number[] = [];
    const computed: Computed[] = [];
    for (const { offset, bytes, value, register } of layout.operands) {
      const [at, shift] = [offset >> 2, (offset & 3) * 8];
      if (register) {
        const { low, width } = encoding.field(register.field)!;
        lookups.push(at, shift, low, 2 ** width - 1, tableFor(register.offsetOf));
      } else computed.push({ at, shift, bytes, value });
    }
    this.lookups = Int32Array.from(lookups);
    this.computed = computed;
  }

  /** Fills `record[at]` to `record[at + 3]`. */
  fill(word: number, handler: number, record: Int32Array, at: number): void {
    record[at] = handler;
    record[at + 1] = record[at + 2] = record[at + 3] = 0;
    const { lookups, computed } = this;
    for (let k = 0; k < lookups.length; k += LOOKUP_NUMBERS) {
      const number = (word >> lookups[k + 2]!) & lookups[k + 3]!;
      record[at + lookups[k]!]! |= tables[lookups[k + 4]! + number]! << lookups[k + 1]!;
    }
    if (computed.length === 0) return;
    const fields = this.encoding.look(word);
    for (let k = 0; k < computed.length; k++) {
      const operand = computed[k]!;
      const value = operand.value(fields);
      if (operand.bytes === 8) {
        wide[0] = BigInt(value);
        record[at + operand.at] = wideHalves[0]!;
        record[at + operand.at + 1] = wideHalves[1]!;
      } else if (operand.bytes === 4) record[at + operand.at] = Number(value);
      else record[at + operand.at]! |= (Number(value) & 0xffff) << operand.shift;
    }
  }
}
