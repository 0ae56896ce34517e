import type { Value } from '../../isa/builder.ts';
import type { Flag } from './node.ts';

/** What the tests below need of a builder. */
interface Arithmetic {
  i32(n: number): Value;
  i64(n: number): Value;
  xor(a: Value, b: Value | number): Value;
  and(a: Value, b: Value): Value;
  isZero(a: Value): Value;
  compare(condition: 'ne' | 'lt_s' | 'ge_s', a: Value, b: number): Value;
}

/** ConditionHolds (Arm ARM, shared/functions/system): a test of the flags for each value of cond. */
export class ConditionTests {
  constructor(
    private readonly b: Arithmetic,
    private readonly flag: (flag: Flag) => Value,
  ) {}

  /** i32 0/1. Conditions 14 and 15 hold always. */
  holds(cond: number): Value {
    if (cond >= 14) return this.b.i32(1);
    const negate = (cond & 1) === 1;
    switch (cond >> 1) {
      case 0: // EQ, NE
        return negate ? this.b.compare('ne', this.flag('z'), 0) : this.b.isZero(this.flag('z'));
      case 1: // CS, CC
        return negate ? this.b.isZero(this.flag('c')) : this.flag('c');
      case 2: // MI, PL
        return this.b.compare(negate ? 'ge_s' : 'lt_s', this.flag('n'), 0);
      case 3: // VS, VC
        return this.b.compare(negate ? 'ge_s' : 'lt_s', this.flag('v'), 0);
      case 4: {
        // HI, LS
        const higher = this.b.and(this.flag('c'), this.b.compare('ne', this.flag('z'), 0));
        return negate ? this.b.isZero(higher) : higher;
      }
      case 5: // GE, LT
        return this.b.compare(negate ? 'lt_s' : 'ge_s', this.b.xor(this.flag('n'), this.flag('v')), 0);
      default: {
        // GT, LE
        const greater = this.b.and(
          this.b.compare('ge_s', this.b.xor(this.flag('n'), this.flag('v')), 0),
          this.b.compare('ne', this.flag('z'), 0),
        );
        return negate ? this.b.isZero(greater) : greater;
      }
    }
  }
}

/** The 16-entry truth table of a condition, indexed by N:Z:C:V, for conditions known only from the fields. */
export function conditionTruthTable(cond: number): number {
  let table = 0;
  for (let nzcv = 0; nzcv < 16; nzcv++) {
    const [n, z, c, v] = [(nzcv & 8) !== 0, (nzcv & 4) !== 0, (nzcv & 2) !== 0, (nzcv & 1) !== 0];
    const base = [z, c, n, v, c && !z, n === v, n === v && !z, true][cond >> 1]!;
    const holds = (cond & 1) === 1 && cond !== 15 ? !base : base;
    if (holds) table |= 1 << nzcv;
  }
  return table;
}
