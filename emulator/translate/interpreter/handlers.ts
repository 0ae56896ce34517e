import { type Encoding, encodingOf } from '../../isa/encoding.ts';
import type { Fields, Instruction, Statics } from '../../isa/instruction.ts';
import type { Operation } from '../ir/node.ts';
import { Recorder } from '../ir/recorder.ts';
import { isHot } from './hot.ts';
import { RecordLayout } from './record.ts';

/** Handlers that belong to no instruction. */
export const builtinHandlers = { undecoded: 0, pageEnd: 1, breakpoint: 2, undefined: 3, unimplemented: 4, region: 5 } as const;
const FIRST = 6;

/** One handler: an instruction with its statics fixed. */
export interface Handler {
  readonly number: number;
  readonly instruction: Instruction;
  readonly statics: Statics;
  /** PC-relative branches: the target is in the same page. */
  readonly near: boolean;
}

type FamilyStatic = { readonly name: string; readonly values: readonly number[]; readonly of: (f: Fields) => number };

/** The handlers of one instruction: a consecutive run of numbers, one for each combination of statics (twice for PC-relative branches: near, far). */
export class Family {
  readonly encoding: Encoding;
  readonly statics: readonly FamilyStatic[];
  readonly variants: 1 | 2;
  readonly count: number;
  /** Statics that are fields, three numbers each: the lowest bit in the word, the mask, and what one more of it adds to the handler's number. */
  private readonly direct: number[] = [];
  private readonly derived: { readonly static: FamilyStatic; readonly weight: number }[] = [];

  constructor(
    readonly instruction: Instruction,
    readonly first: number,
  ) {
    this.encoding = encodingOf(instruction);
    this.variants = ['imm26', 'imm19', 'imm14'].some((n) => this.encoding.has(n)) ? 2 : 1;
    let weight: number = this.variants;
    this.statics = (instruction.statics ?? []).map((s) => {
      const named = typeof s === 'string' ? this.fieldStatic(s, weight) : s;
      if (typeof s !== 'string') this.derived.push({ static: s, weight });
      weight *= named.values.length;
      return named;
    });
    this.count = weight;
  }

  private fieldStatic(name: string, weight: number): FamilyStatic {
    const field = this.encoding.field(name);
    if (field === undefined) throw new Error(`${this.instruction.name}: the static ${name} is not a field of its encoding`);
    const mask = 2 ** field.width - 1;
    this.direct.push(field.low, mask, weight);
    return { name, values: Array.from({ length: mask + 1 }, (_, v) => v), of: (f) => f[name]! };
  }

  /** Number of the handler for a word, the near variant for branches (add 1 for far). */
  numberOf(word: number): number {
    let number = this.first;
    const { direct, derived } = this;
    for (let k = 0; k < direct.length; k += 3) number += ((word >> direct[k]!) & direct[k + 1]!) * direct[k + 2]!;
    for (let k = 0; k < derived.length; k++) {
      const { static: s, weight } = derived[k]!;
      const value = s.of(this.encoding.look(word));
      const at = s.values.indexOf(value);
      if (at < 0) throw new Error(`${this.instruction.name}: ${s.name} = ${value} is not one of its values`);
      number += at * weight;
    }
    return number;
  }

  member(index: number): Handler {
    const near = this.variants === 2 && (index & 1) === 0;
    let rest = this.variants === 2 ? index >> 1 : index;
    const statics: Record<string, number> = {};
    for (const s of this.statics) {
      statics[s.name] = s.values[rest % s.values.length]!;
      rest = Math.floor(rest / s.values.length);
    }
    return { number: this.first + index, instruction: this.instruction, statics, near };
  }
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
      const family = new Family(instruction, next);
      this.families.set(instruction, family);
      this.order.push(family);
      next += family.count;
    };
    for (const i of implemented) if (isHot(i)) add(i);
    this.firstCold = next;
    for (const i of implemented) if (!isHot(i)) add(i);
    this.size = next;
    if (next > 0xffff) throw new Error('handler numbers do not fit a record');
  }

  /** Every handler, by number. */
  *all(): Generator<Handler> {
    for (const family of this.order) for (let k = 0; k < family.count; k++) yield family.member(k);
  }

  /** The handlers of an instruction that is implemented. */
  familyOf(instruction: Instruction): Family | undefined {
    return this.families.get(instruction);
  }

  private handlerOf(number: number): Handler {
    const family = this.order.find((f) => number >= f.first && number < f.first + f.count)!;
    return family.member(number - family.first);
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
