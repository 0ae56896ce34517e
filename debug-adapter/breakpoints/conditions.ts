import { parseHitCondition } from '../../emulator/machine/expression/hit-condition.ts';
import { parseLogMessage } from '../../emulator/machine/expression/log-message.ts';
import type { Names } from '../../emulator/machine/expression/names.ts';
import { parseExpression } from '../../emulator/machine/expression/parser.ts';
import type { StopConditions } from '../../emulator/machine/machine.ts';
import { RequestError } from '../request-error.ts';

/** The texts a client sends with a breakpoint. */
export interface ConditionTexts {
  readonly condition?: string;
  readonly hitCondition?: string;
  readonly logMessage?: string;
}

/** Understands condition, hit count and log message. Throws RequestError naming the one at fault. */
export function parseConditions({ condition, hitCondition, logMessage }: ConditionTexts, names: Names): StopConditions {
  const part = <T>(what: string, text: string | undefined, parse: (text: string) => T): T | undefined => {
    if (text === undefined || text.trim() === '') return undefined;
    try {
      return parse(text);
    } catch (error) {
      throw new RequestError(`${what}: ${(error as Error).message}`);
    }
  };
  const conditions: { -readonly [K in keyof StopConditions]: StopConditions[K] } = {};
  const expression = part('condition', condition, (text) => parseExpression(text, names));
  const hits = part('hit count', hitCondition, parseHitCondition);
  const log = part('log message', logMessage, (text) => parseLogMessage(text, names));
  if (expression) conditions.condition = expression;
  if (hits) conditions.hits = hits;
  if (log) conditions.log = log;
  return conditions;
}
