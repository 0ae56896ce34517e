import type { Condition } from '../../isa/builder.ts';
import type { Comparisons } from '../ir/surroundings.ts';
import type { CodeWriter } from '../wasm/code.ts';

/** Conditions of a difference as one comparison of its operands. N and V alone are not. */
const comparisonOf: Readonly<Record<number, Condition>> = {
  0: 'eq',
  1: 'ne',
  2: 'ge_u',
  3: 'lt_u',
  8: 'gt_u',
  9: 'le_u',
  10: 'ge_s',
  11: 'lt_s',
  12: 'gt_s',
  13: 'le_s',
};

interface Known {
  readonly type: 'i32' | 'i64';
}

/** Keeps the operands of the last comparison of a block in locals, so that the branch or select behind it needs no flags. */
export class BlockComparisons implements Comparisons {
  private known: Known | undefined;
  private readonly locals: Partial<Record<'i32' | 'i64', readonly [number, number]>> = {};

  constructor(private readonly code: CodeWriter) {}

  note(type: 'i32' | 'i64', pushLeft: () => void, pushRight: () => void): void {
    const { code } = this;
    this.locals[type] ??= [code.local(type), code.local(type)];
    const [left, right] = this.locals[type];
    pushLeft();
    code.set(left);
    pushRight();
    code.set(right);
    this.known = { type };
  }

  push(condition: number): boolean {
    const comparison = comparisonOf[condition];
    if (!this.known || !comparison) return false;
    const { type } = this.known;
    for (const local of this.locals[type]!) this.code.get(local);
    this.code.op(`${type}.${comparison}`);
    return true;
  }

  state(): Known | undefined {
    return this.known;
  }

  restore(state: unknown): void {
    this.known = state as Known | undefined;
  }

  forget(): void {
    this.known = undefined;
  }
}
