import { ExpressionError } from './error.ts';

export type Token =
  | { readonly kind: 'number'; readonly value: bigint; readonly column: number }
  | { readonly kind: 'name'; readonly text: string; readonly column: number }
  | { readonly kind: 'operator'; readonly text: string; readonly column: number }
  | { readonly kind: 'end'; readonly column: number };

/** Longest first, so that `<<` is not two `<`. */
const operators = [
  '->',
  '<<',
  '>>',
  '<=',
  '>=',
  '==',
  '!=',
  '&&',
  '||',
  '+',
  '-',
  '*',
  '/',
  '%',
  '&',
  '|',
  '^',
  '~',
  '!',
  '<',
  '>',
  '(',
  ')',
  '[',
  ']',
  '?',
  ':',
  '.',
];

const number = /^(0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|[0-9][0-9_]*)([uUlL]*)/;
/** Register, field and symbol names. Symbols of the kernel may hold dots (`foo.constprop.0`): they are joined by the parser where a symbol of that name exists. */
const name = /^\$?[A-Za-z_][A-Za-z0-9_$]*/;
const character = /^'(\\.|[^\\'])'/;
const escapes: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, '0': 0, '\\': 92, "'": 39, e: 27 };

/** Splits an expression into tokens. Throws ExpressionError at anything that is none. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at);
    const column = at + 1;
    const space = /^\s+/.exec(rest);
    if (space) {
      at += space[0].length;
      continue;
    }
    const numeric = number.exec(rest);
    if (numeric) {
      if (/^[A-Za-z0-9_]/.test(rest.slice(numeric[0].length)))
        throw new ExpressionError(`"${/^[\w]+/.exec(rest)![0]}" is not a number`, column);
      const digits = numeric[1]!.replaceAll('_', '');
      const value = /^0[0-9]/.test(digits) ? undefined : /^0[xXbBoO]$/.test(digits) ? undefined : BigInt(digits);
      if (value === undefined) throw new ExpressionError(`"${numeric[1]}" is not a number (octal is written 0o17)`, column);
      if (value >= 1n << 64n) throw new ExpressionError(`${numeric[1]} does not fit into 64 bits`, column);
      tokens.push({ kind: 'number', value, column });
      at += numeric[0].length;
      continue;
    }
    const char = character.exec(rest);
    if (char) {
      const body = char[1]!;
      const code = body.length === 2 ? escapes[body[1]!] : body.codePointAt(0);
      if (code === undefined) throw new ExpressionError(`${char[0]} is not a known escape`, column);
      tokens.push({ kind: 'number', value: BigInt(code), column });
      at += char[0].length;
      continue;
    }
    const word = name.exec(rest);
    if (word) {
      tokens.push({ kind: 'name', text: word[0], column });
      at += word[0].length;
      continue;
    }
    const operator = operators.find((o) => rest.startsWith(o));
    if (!operator) throw new ExpressionError(`"${[...rest][0]}" has no meaning here`, column);
    tokens.push({ kind: 'operator', text: operator, column });
    at += operator.length;
  }
  tokens.push({ kind: 'end', column: text.length + 1 });
  return tokens;
}
