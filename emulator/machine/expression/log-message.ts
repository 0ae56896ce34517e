import type { LogPart } from '../machine.ts';
import { ExpressionError } from './error.ts';
import { splitFormat } from './format.ts';
import type { Names } from './names.ts';
import { parseExpression } from './parser.ts';

/** A log message: text with expressions in braces, `{x0}`, `{esr.EC,d}`; `{{` is a brace. Throws ExpressionError. */
export function parseLogMessage(text: string, names: Names): LogPart[] {
  const parts: LogPart[] = [];
  let literal = '';
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if ((character === '{' || character === '}') && text[at + 1] === character) {
      literal += character;
      at++;
    } else if (character === '{') {
      const end = text.indexOf('}', at);
      if (end < 0) throw new ExpressionError('{ without }', at + 1);
      if (literal) parts.push(literal);
      literal = '';
      const { expression, format } = splitFormat(text.slice(at + 1, end));
      parts.push({ expression: parseExpression(expression, names), format: format ?? 'hex' });
      at = end;
    } else literal += character;
  }
  if (literal) parts.push(literal);
  return parts;
}
