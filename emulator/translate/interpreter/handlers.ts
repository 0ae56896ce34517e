import { encodingOf } from '../../isa/encoding.ts';
import type { Fields, Instruction, Statics } from '../../isa/instruction.ts';
import type { Operation } from '../ir/node.ts';
import { Recorder } from '../ir/recorder.ts';
import { isHot } from './hot.ts';
import { RecordLayout } from './record.ts';

/** Handlers that belong to no instruction. */
export const builtinHandlers = { undecoded: 0, pageEnd: 1, breakpoint: 2, undefined: 3, unimplemented: 4, region: 5 } as const;
const FIRST = 6;

/** The handlers of one instruction: a consecutive run of numbers, one for each combination of statics (twice for PC-relative branches: near, far). */
interface Family {
  readonly instruction: Instruction;
  readonly first: number;
  readonly statics: readonly { readonly name: string; readonly values: readonly number[]; readonly of: (f: Fields) => number }[];
  readonly variants: 1 | 2;
  readonly count: number;
}

/** One handler: an instruction with its statics fixed. */
export interface Handler {
  readonly number: number;
  readonly instruction: Instruction;
  readonly statics: Statics;
  /** PC-relative branches: the target is in the same page. */
  readonly near: boolean;
}

function staticsOf(instruction: Instruction): Family['statics'] {
  const encoding = encodingOf(instruction);
  return (instruction.statics ?? []).map((s) => {
    if (typeof s !== 'string') return s;
    const width = encoding.widthOf(s);
    if (width === undefined) throw new Error(`${instruction.name}: the static ${s} is not a field of its encoding`);
    return { name: s, values: Array.from({ length: 2 ** width }, (_, v) => v), of: (f: Fields) => f[s]! };
  });
}

/** Numbers every handler of an instruction table. The same table always gives the same numbers: hot ones first, so that they share one `br_table`. */
export class HandlerTable {
  private readonly families = new Map<Instruction, Family>();
  private readonly order: Family[] = [];
  /** Handlers below this number are inlined into the interpreter's loop; the others are functions of their own. */
  readonly firstCold: number;
  readonly size: number;
  private readonly layouts = new Map<number, { readonly operation: Operation; readonly layout: RecordLayout }>();

  constructor(instructions: readonly Instruction[]) {
    const implemented = instructions.filter((i) => i.operation);
    let next: number = FIRST;
    const add = (instruction: Instruction): void => {
      const statics = staticsOf(instruction);
      const encoding = encodingOf(instruction);
      const variants = ['imm26', 'imm19', 'imm14'].some((n) => encoding.has(n)) ? 2 : 1;
      const count = statics.reduce((n, s) => n * s.values.length, 1) * variants;
      const family: Family = { instruction, first: next, statics, variants, count };
      this.families.set(instruction, family);
      this.order.push(family);
      next += count;
    };
    for (const i of implemented) if (isHot(i)) add(i);
    this.firstCold = next;
    for (const i of implemented) if (!isHot(i)) add(i);
    this.size = next;
    if (next > 0xffff) throw new Error('handler numbers do not fit a record');
  }

  /** Every handler, by number. */
  *all(): Generator<Handler> {
    for (const family of this.order) for (let k = 0; k < family.count; k++) yield this.member(family, k);
  }

  private member(family: Family, index: number): Handler {
    const near = family.variants === 2 && (index & 1) === 0;
    let rest = family.variants === 2 ? index >> 1 : index;
    const statics: Record<string, number> = {};
    for (const s of family.statics) {
      statics[s.name] = s.values[rest % s.values.length]!;
      rest = Math.floor(rest / s.values.length);
    }
    return { number: family.first + index, instruction: family.instruction, statics, near };
  }

  /** Number of the handler for decoded fields, the near variant for branches (add 1 for far). */
  numberOf(instruction: Instruction, fields: Fields): number {
    const family = this.families.get(instruction)!;
    let index = 0;
    let weight = 1;
    for (const s of family.statics) {
      const at = s.values.indexOf(s.of(fields));
      if (at < 0) throw new Error(`${instruction.name}: ${s.name} = ${s.of(fields)} is not one of its values`);
      index += at * weight;
      weight *= s.values.length;
    }
    return family.first + index * family.variants;
  }

  private handlerOf(number: number): Handler {
    const family = this.order.find((f) => number >= f.first && number < f.first + f.count)!;
    return this.member(family, number - family.first);
  }

  /** The operation and the record layout of a handler, recorded at first use. Throws for a combination of statics that the operation refuses. */
  recorded(number: number, handler?: Handler): { readonly operation: Operation; readonly layout: RecordLayout } {
    let found = this.layouts.get(number);
    if (!found) {
      const { instruction, statics } = handler ?? this.handlerOf(number);
      const operation = Recorder.record(instruction, statics);
      found = { operation, layout: new RecordLayout(operation, instruction.name) };
      this.layouts.set(number, found);
    }
    return found;
  }
}
