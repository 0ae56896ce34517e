import { ExpressionError } from './error.ts';
import type { Token } from './lexer.ts';
import type { Names } from './names.ts';
import type { GuestType } from './types.ts';

const tags: readonly string[] = ['struct', 'union', 'enum'];
const qualifiers: readonly string[] = ['const', 'volatile', 'restrict'];

/**
 * A cast at this token, `(struct task_struct *)`, and how many tokens it takes. A name in parentheses that is a register or a symbol is that, unless a `*` and the
 * closing parenthesis follow. Undefined: no cast to a type of the guest's. Throws ExpressionError for a struct that there is not.
 */
export function castAt(
  tokens: readonly Token[],
  at: number,
  names: Names,
): { readonly type: GuestType; readonly length: number } | undefined {
  const isOperator = (i: number, text: string): boolean => tokens[i]?.kind === 'operator' && (tokens[i] as { text: string }).text === text;
  if (!isOperator(at, '(')) return undefined;
  const words: string[] = [];
  let end = at + 1;
  let stars = 0;
  for (; ; end++) {
    const token = tokens[end]!;
    if (token.kind === 'name' && (qualifiers.includes(token.text) || stars === 0)) {
      if (!qualifiers.includes(token.text)) words.push(token.text);
    } else if (isOperator(end, '*')) stars++;
    else break;
  }
  if (words.length === 0) return undefined;
  const { column } = tokens[at + 1]!;
  const tagged = tags.includes(words[0]!);
  if (tagged && words.length === 2 && !names.types) {
    throw new ExpressionError('no types are known: this guest has no BTF', column);
  }
  if (!isOperator(end, ')') || !names.types) return undefined;
  const alone = words.length === 1 && stars === 0;
  if (alone && (names.register(words[0]!) || names.event(words[0]!) || names.symbol(words[0]!) !== undefined)) return undefined;
  let type = names.types.named(words);
  if (!type && tagged) throw new ExpressionError(`no ${words[0]} is called "${words.slice(1).join(' ')}"`, column);
  if (!type) return undefined;
  for (let i = 0; i < stars; i++) type = names.types.pointerTo(type);
  return { type, length: end + 1 - at };
}
