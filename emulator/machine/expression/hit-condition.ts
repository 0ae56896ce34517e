import type { HitCondition } from '../machine.ts';
import { ExpressionError } from './error.ts';

/** A hit count: `5` (the fifth), `> 5`, `>= 5`, `== 5`, `!= 5`, `< 5`, `<= 5`, `% 5` (every fifth). Throws ExpressionError. */
export function parseHitCondition(text: string): HitCondition {
  const match = /^\s*(==|=|!=|<=|<|>=|>|%)?\s*(0x[0-9a-f]+|[0-9]+)\s*$/i.exec(text);
  if (!match) throw new ExpressionError(`"${text}" is no hit count: write 5, > 5, or % 5 (every fifth)`, 1);
  const count = Number(match[2]);
  if (match[1] === '%' && count === 0) throw new ExpressionError('% needs a number above 0', 1);
  const operator = match[1] === undefined || match[1] === '=' ? '==' : match[1];
  return { operator: operator as HitCondition['operator'], count };
}

/** Whether the `hits`-th hit (counted from 1) is one to stop at. */
export function hitConditionHolds({ operator, count }: HitCondition, hits: number): boolean {
  switch (operator) {
    case '==':
      return hits === count;
    case '!=':
      return hits !== count;
    case '<':
      return hits < count;
    case '<=':
      return hits <= count;
    case '>':
      return hits > count;
    case '>=':
      return hits >= count;
    case '%':
      return hits % count === 0;
  }
}
