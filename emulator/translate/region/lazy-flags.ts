import type { Condition } from '../../isa/builder.ts';
import { loadSlot, storeSlot } from '../cpu-block.ts';
import { conditionTruthTable } from '../ir/conditions.ts';
import { flagOrigin, flagOrigins } from '../ir/flag-origins.ts';
import type { FlagOrigin } from '../ir/node.ts';
import type { LazyFlags } from '../ir/surroundings.ts';
import { slots } from '../layout.ts';
import type { CodeWriter } from '../wasm/code.ts';

/** Conditions of a difference as one comparison of its operands. N and V alone are not. */
const ofDifference: Readonly<Record<number, Condition>> = {
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

/** Conditions of a logical result as one comparison with zero, or what they always are: C and V are 0. */
const ofLogical: Readonly<Record<number, Condition | 0 | 1>> = {
  0: 'eq',
  1: 'ne',
  2: 0,
  3: 1,
  4: 'lt_s',
  5: 'ge_s',
  6: 0,
  7: 1,
  8: 0,
  9: 1,
  10: 'ge_s',
  11: 'lt_s',
  12: 'gt_s',
  13: 'le_s',
};

/** Conditions of a sum as one comparison with zero. */
const ofSum: Readonly<Record<number, Condition>> = { 0: 'eq', 1: 'ne', 4: 'lt_s', 5: 'ge_s' };

/** Number of the origin (flag-origins.ts); one of two, by `RegionFlags.choice`; undefined: only known when it runs. */
type Known = number | { readonly met: number; readonly unmet: number } | undefined;

/** The flags of a region: what they come from, in three locals. Conditions become comparisons; flags nobody asks for are never computed. */
export class RegionFlags implements LazyFlags {
  private readonly kind: number;
  private readonly left: number;
  private readonly right: number;
  /** i32: which side of the last conditional comparison was taken. */
  private choice: number | undefined;
  private known: Known;

  /** @param nzcv Index of the function of `nzcvSignature`. */
  constructor(
    private readonly code: CodeWriter,
    private readonly nzcv: number,
  ) {
    this.kind = code.local('i32');
    this.left = code.local('i64');
    this.right = code.local('i64');
  }

  load(): void {
    loadSlot(this.code, 'i32', slots.lazyKind);
    this.code.set(this.kind);
    loadSlot(this.code, 'i64', slots.lazyLeft);
    this.code.set(this.left);
    loadSlot(this.code, 'i64', slots.lazyRight);
    this.code.set(this.right);
  }

  store(): void {
    storeSlot(this.code, 'i32', slots.lazyKind, this.kind);
    storeSlot(this.code, 'i64', slots.lazyLeft, this.left);
    storeSlot(this.code, 'i64', slots.lazyRight, this.right);
  }

  note(of: FlagOrigin, type: 'i32' | 'i64', pushOperands: readonly (() => void)[]): void {
    const { code } = this;
    const kind = flagOrigin(of, type);
    pushOperands.forEach((push, n) => {
      push();
      if (type === 'i32') code.op('i64.extend_i32_u');
      code.set(n === 0 ? this.left : this.right);
    });
    code.i32(kind);
    code.set(this.kind);
    this.known = kind;
  }

  pushCondition(condition: number): void {
    const { code, known } = this;
    if (condition >= 14) code.i32(1);
    else if (typeof known === 'object') {
      this.pushConditionOf(known.met, condition);
      this.pushConditionOf(known.unmet, condition);
      code.get(this.choice!);
      code.select();
    } else this.pushConditionOf(known, condition);
  }

  private pushConditionOf(kind: number | undefined, condition: number): void {
    if (kind !== undefined && this.pushComparison(kind, condition)) return;
    const { code } = this;
    code.i32(conditionTruthTable(condition));
    this.pushNzcvOf(kind);
    code.op('i32.shr_u');
    code.i32(1);
    code.op('i32.and');
  }

  private pushComparison(kind: number, condition: number): boolean {
    const { code } = this;
    const { of, type } = flagOrigins[kind]!;
    if (of === 'difference' && ofDifference[condition]) {
      this.pushOperand(this.left, type);
      this.pushOperand(this.right, type);
      code.op(`${type}.${ofDifference[condition]}`);
      return true;
    }
    if (of === 'logical') {
      const comparison = ofLogical[condition]!;
      if (typeof comparison === 'number') code.i32(comparison);
      else this.pushComparisonWithZero(type, comparison, false);
      return true;
    }
    if (of === 'sum' && ofSum[condition]) {
      this.pushComparisonWithZero(type, ofSum[condition], true);
      return true;
    }
    return false;
  }

  private pushComparisonWithZero(type: 'i32' | 'i64', comparison: Condition, sum: boolean): void {
    const { code } = this;
    this.pushOperand(this.left, type);
    if (sum) {
      this.pushOperand(this.right, type);
      code.op(`${type}.add`);
    }
    if (type === 'i32') code.i32(0);
    else code.i64(0n);
    code.op(`${type}.${comparison}`);
  }

  private pushOperand(local: number, type: 'i32' | 'i64'): void {
    this.code.get(local);
    if (type === 'i32') this.code.op('i32.wrap_i64');
  }

  pushNzcv(): void {
    this.pushNzcvOf(typeof this.known === 'number' ? this.known : undefined);
  }

  private pushNzcvOf(kind: number | undefined): void {
    const { code } = this;
    if (kind === 0) {
      this.pushOperand(this.left, 'i32');
      return;
    }
    if (kind === undefined) code.get(this.kind);
    else code.i32(kind);
    code.get(this.left);
    code.get(this.right);
    code.call(this.nzcv);
  }

  pushCarry(): void {
    this.pushCondition(2);
  }

  state(): Known {
    return this.known;
  }

  restore(state: unknown): void {
    this.known = state as Known;
  }

  join(met: unknown, unmet: unknown, pushCondition: () => void): void {
    const [a, b] = [met, unmet] as [Known, Known];
    if (a === b) this.known = a;
    else if (typeof a === 'number' && typeof b === 'number') {
      this.choice ??= this.code.local('i32');
      pushCondition();
      this.code.set(this.choice);
      this.known = { met: a, unmet: b };
    } else this.known = undefined;
  }

  /** Paths meet: what the flags come from is known no longer. */
  forget(): void {
    this.known = undefined;
  }
}
