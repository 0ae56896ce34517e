/** What an expression may refer to. */
export interface ExpressionScope {
  /** Value of a symbol, or undefined where it is not (yet) known. */
  symbol(name: string): bigint | undefined;
  /** Value of `.`. */
  readonly here: bigint;
}

/** What is wrong with an expression; undefined results mean a symbol without a value. */
export class ExpressionError extends Error {}

const BINARY: Readonly<Record<string, readonly [precedence: number, apply: (a: bigint, b: bigint) => bigint]>> = {
  '||': [1, (a, b) => (a !== 0n || b !== 0n ? 1n : 0n)],
  '&&': [2, (a, b) => (a !== 0n && b !== 0n ? 1n : 0n)],
  '|': [3, (a, b) => a | b],
  '^': [4, (a, b) => a ^ b],
  '&': [5, (a, b) => a & b],
  '==': [6, (a, b) => (a === b ? 1n : 0n)],
  '!=': [6, (a, b) => (a !== b ? 1n : 0n)],
  '<': [7, (a, b) => (a < b ? 1n : 0n)],
  '<=': [7, (a, b) => (a <= b ? 1n : 0n)],
  '>': [7, (a, b) => (a > b ? 1n : 0n)],
  '>=': [7, (a, b) => (a >= b ? 1n : 0n)],
  '<<': [8, (a, b) => a << shiftAmount(b)],
  '>>': [8, (a, b) => a >> shiftAmount(b)],
  '+': [9, (a, b) => a + b],
  '-': [9, (a, b) => a - b],
  '*': [10, (a, b) => a * b],
  '/': [10, (a, b) => a / divisor(b)],
  '%': [10, (a, b) => a % divisor(b)],
};

/** Part of an address that a relocation specifier selects: `:lo12:symbol`, `:abs_g1:symbol`. */
const SPECIFIERS: Readonly<Record<string, (value: bigint) => bigint>> = {
  lo12: (v) => v & 0xfffn,
  pg_hi21: (v) => v,
  abs_g0: (v) => v & 0xffffn,
  abs_g0_nc: (v) => v & 0xffffn,
  abs_g1: (v) => (v >> 16n) & 0xffffn,
  abs_g1_nc: (v) => (v >> 16n) & 0xffffn,
  abs_g2: (v) => (v >> 32n) & 0xffffn,
  abs_g2_nc: (v) => (v >> 32n) & 0xffffn,
  abs_g3: (v) => (v >> 48n) & 0xffffn,
};

function shiftAmount(value: bigint): bigint {
  if (value < 0n || value > 128n) throw new ExpressionError(`a shift by ${value} is out of range`);
  return value;
}

function divisor(value: bigint): bigint {
  if (value === 0n) throw new ExpressionError('division by zero');
  return value;
}

const TOKEN =
  /\s*(0[xX][0-9a-fA-F]+|0[bB][01]+|\d+[bf](?![0-9a-zA-Z_])|\d+|'(?:\\.|[^\\])'?|:[a-z0-9_]+:|[A-Za-z_.$][\w.$]*|\|\||&&|<<|>>|<=|>=|==|!=|[-+*/%&|^~!()<>])/y;

/** What a person would write, and what the stack can nest. */
const MOST_TOKENS = 1000;

/** Numbers in octal, characters and the rest as GNU as reads them. */
export function tokenize(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw new ExpressionError(`'${text.slice(at).trim()}' is not an expression`);
    tokens.push(match[1]!);
    if (tokens.length > MOST_TOKENS) throw new ExpressionError('the expression is too long');
  }
  return tokens;
}

/**
 * Evaluates an expression; undefined when it is well formed but a symbol has no value.
 * @throws ExpressionError when it is not an expression.
 */
export function evaluate(text: string, scope: ExpressionScope): bigint | undefined {
  const tokens = tokenize(text);
  if (tokens.length === 0) throw new ExpressionError('an expression is missing');
  let at = 0;

  const primary = (): bigint | undefined => {
    const token = tokens[at++];
    if (token === undefined) throw new ExpressionError(`'${text.trim()}' ends in the middle`);
    if (token === '(') {
      const value = binary(0);
      if (tokens[at++] !== ')') throw new ExpressionError(`')' is missing in '${text.trim()}'`);
      return value;
    }
    if (token === '-' || token === '~' || token === '!' || token === '+') {
      const value = primary();
      if (value === undefined) return undefined;
      return token === '-' ? -value : token === '~' ? ~value : token === '!' ? (value === 0n ? 1n : 0n) : value;
    }
    if (token.startsWith(':')) {
      const select = SPECIFIERS[token.slice(1, -1)];
      if (!select) throw new ExpressionError(`${token} is not a relocation specifier known here`);
      const value = binary(0);
      return value === undefined ? undefined : select(BigInt.asUintN(64, value));
    }
    if (token.startsWith("'")) return BigInt(character(token));
    if (/^0[xXbB]./.test(token)) return BigInt(token);
    if (/^\d+$/.test(token)) return token.length > 1 && token.startsWith('0') ? octal(token) : BigInt(token);
    if (token === '.') return scope.here;
    if (/^[A-Za-z_.$\d]/.test(token)) return scope.symbol(token);
    throw new ExpressionError(`'${token}' is not expected in '${text.trim()}'`);
  };

  const binary = (minimum: number): bigint | undefined => {
    let left = primary();
    for (;;) {
      const operator = BINARY[tokens[at] ?? ''];
      if (!operator || operator[0] <= minimum) return left;
      at++;
      const right = binary(operator[0]);
      left = left === undefined || right === undefined ? undefined : operator[1](left, right);
    }
  };

  const value = binary(0);
  if (at < tokens.length) throw new ExpressionError(`'${tokens[at]}' is not expected in '${text.trim()}'`);
  return value;
}

function octal(token: string): bigint {
  if (/[89]/.test(token)) throw new ExpressionError(`${token} is not an octal number`);
  return BigInt(`0o${token}`);
}

const ESCAPES: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, b: 8, f: 12, '0': 0, '\\': 92, "'": 39, '"': 34, e: 27 };

function character(token: string): number {
  const body = token.slice(1).replace(/(?<!^|\\)'$/, '');
  if (!body.startsWith('\\')) return body.codePointAt(0)!;
  const code = ESCAPES[body[1]!];
  if (code === undefined) throw new ExpressionError(`\\${body[1]} is not an escape`);
  return code;
}

/** Bytes of a quoted string with its escapes; undefined where `text` is not one string literal. */
export function stringBytes(text: string): Uint8Array | undefined {
  const match = /^"((?:\\.|[^"\\])*)"$/s.exec(text.trim());
  if (!match) return undefined;
  const bytes: number[] = [];
  const body = match[1]!;
  for (let i = 0; i < body.length; ) {
    if (body[i] !== '\\') {
      const code = body.codePointAt(i)!;
      const piece = String.fromCodePoint(code);
      bytes.push(...new TextEncoder().encode(piece));
      i += piece.length;
      continue;
    }
    const number = /^\\(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3}))/.exec(body.slice(i));
    if (number) {
      bytes.push(Number.parseInt(number[1] ?? number[2]!, number[1] ? 16 : 8) & 255);
      i += number[0].length;
      continue;
    }
    const code = ESCAPES[body[i + 1]!];
    if (code === undefined) throw new ExpressionError(`\\${body[i + 1]} is not an escape`);
    bytes.push(code);
    i += 2;
  }
  return Uint8Array.from(bytes);
}
