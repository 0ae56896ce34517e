import type { AddressSpace } from '../machine.ts';
import type { BinaryOperator, Expression, UnaryOperator } from './ast.ts';
import { ExpressionError } from './error.ts';
import { type Token, tokenize } from './lexer.ts';
import type { Names } from './names.ts';
import { castAt } from './type-name.ts';
import { type Typed, TypedExpressions } from './typed.ts';

/** Binding powers as in C. */
const precedence: Readonly<Record<string, number>> = {
  '||': 1,
  '&&': 2,
  '|': 3,
  '^': 4,
  '&': 5,
  '==': 6,
  '!=': 6,
  '<': 7,
  '<=': 7,
  '>': 7,
  '>=': 7,
  '<<': 8,
  '>>': 8,
  '+': 9,
  '-': 9,
  '*': 10,
  '/': 10,
  '%': 10,
};

interface IntegerType {
  readonly bits: 8 | 16 | 32 | 64;
  readonly signed: boolean;
}

const types: Readonly<Record<string, IntegerType>> = Object.fromEntries(
  ([8, 16, 32, 64] as const).flatMap((bits) => [
    [`u${bits}`, { bits, signed: false }],
    [`s${bits}`, { bits, signed: true }],
    [`__u${bits}`, { bits, signed: false }],
    [`uint${bits}_t`, { bits, signed: false }],
    [`int${bits}_t`, { bits, signed: true }],
  ]),
);

const unsigned64: IntegerType = { bits: 64, signed: false };
const spaces: readonly string[] = ['va', 'ipa', 'pa'];
/** Nesting is bounded so that hostile input cannot exhaust the stack. */
const deepest = 200;

class Parser {
  private at = 0;
  private depth = 0;
  private readonly tokens: readonly Token[];
  private readonly typed: TypedExpressions | undefined;

  constructor(
    text: string,
    private readonly names: Names,
  ) {
    this.tokens = tokenize(text);
    this.typed = names.types && new TypedExpressions(names.types);
  }

  /** @param number The value has to be one, not a struct as a whole. */
  parse({ number }: { readonly number: boolean }): { readonly expression: Expression; readonly typed: Typed | undefined } {
    if (this.peek().kind === 'end') throw new ExpressionError('the expression is empty', 1);
    const result = this.conditional();
    if (this.peek().kind !== 'end') throw this.unexpected('the end of the expression');
    if (number) this.typed?.number(result, 1);
    return { expression: result, typed: this.typed?.of(result) };
  }

  private peek(): Token {
    return this.tokens[this.at]!;
  }

  private isOperator(text: string, ahead = 0): boolean {
    const token = this.tokens[this.at + ahead];
    return token?.kind === 'operator' && token.text === text;
  }

  private accept(text: string): boolean {
    if (!this.isOperator(text)) return false;
    this.at++;
    return true;
  }

  private expect(text: string): void {
    if (!this.accept(text)) throw this.unexpected(`"${text}"`);
  }

  private unexpected(wanted: string): ExpressionError {
    const token = this.peek();
    const found = token.kind === 'end' ? 'the end' : token.kind === 'number' ? 'a number' : `"${token.text}"`;
    return new ExpressionError(`expected ${wanted}, found ${found}`, token.column);
  }

  private nested<T>(body: () => T): T {
    if (++this.depth > deepest) throw new ExpressionError('the expression is nested too deeply', this.peek().column);
    const result = body();
    this.depth--;
    return result;
  }

  private conditional(): Expression {
    return this.nested(() => {
      const { column } = this.peek();
      const condition = this.binary(1);
      if (!this.accept('?')) return condition;
      this.typed?.number(condition, column);
      const then = this.conditional();
      this.expect(':');
      return { kind: 'conditional', condition, then, otherwise: this.conditional() };
    });
  }

  private binary(minimum: number): Expression {
    let left = this.unary();
    for (;;) {
      const token = this.peek();
      const power = token.kind === 'operator' ? precedence[token.text] : undefined;
      if (token.kind !== 'operator' || power === undefined || power < minimum) return left;
      this.at++;
      const right = this.binary(power + 1);
      left = this.typed?.arithmetic(token.text, left, right, token.column) ?? {
        kind: 'binary',
        operator: token.text as BinaryOperator,
        left,
        right,
      };
    }
  }

  private unary(): Expression {
    return this.nested(() => {
      const token = this.peek();
      if (token.kind === 'operator') {
        if (['-', '~', '!', '+'].includes(token.text)) {
          this.at++;
          const operand = this.unary();
          this.typed?.number(operand, token.column);
          return { kind: 'unary', operator: token.text as UnaryOperator, operand };
        }
        if (token.text === '*') {
          this.at++;
          const type = this.pointerCast();
          const e = this.memory(type ?? unsigned64, () => this.unary());
          return !type && e.space === 'va' && this.typed?.isPointer(e.address) ? this.typed.dereference(e.address, token.column) : e;
        }
        if (token.text === '&') {
          this.at++;
          return this.addressOf();
        }
        const cast = castAt(this.tokens, this.at, this.names);
        if (cast && this.typed) {
          this.at += cast.length;
          return this.typed.cast(cast.type, this.unary(), token.column);
        }
        const type = this.castType();
        if (type) return { kind: 'cast', ...type, operand: this.unary() };
      }
      return this.postfix(this.primary());
    });
  }

  /** Members and elements of what has a type. */
  private postfix(first: Expression): Expression {
    let e = first;
    for (;;) {
      const { column } = this.peek();
      const arrow = this.isOperator('->');
      if (!arrow && !(this.typed?.of(e) && (this.isOperator('.') || this.isOperator('[')))) return e;
      if (!this.typed?.of(e)) throw new ExpressionError('"->" needs a pointer to a struct, as in ((struct task_struct *)x0)->comm', column);
      if (this.accept('[')) {
        e = this.typed.element(e, this.conditional(), column);
        this.expect(']');
        continue;
      }
      this.at++;
      const name = this.peek();
      if (name.kind !== 'name') throw this.unexpected('the name of a member');
      this.at++;
      e = this.typed.member(arrow ? this.typed.dereference(e, column) : e, name.text, name.column);
    }
  }

  /** `(u32 *)` after a `*`. */
  private pointerCast(): IntegerType | undefined {
    const type = this.typeAfterParenthesis();
    if (!type || !this.isOperator('*', 2) || !this.isOperator(')', 3)) return undefined;
    this.at += 4;
    return type;
  }

  private castType(): IntegerType | undefined {
    const type = this.typeAfterParenthesis();
    if (!type) return undefined;
    if (this.isOperator('*', 2)) throw new ExpressionError('a pointer is read with *: *(u32*)address', this.peek().column);
    if (!this.isOperator(')', 2)) return undefined;
    this.at += 3;
    return type;
  }

  private typeAfterParenthesis(): IntegerType | undefined {
    const name = this.tokens[this.at + 1];
    return this.isOperator('(') && name?.kind === 'name' ? types[name.text] : undefined;
  }

  /** The space, if one is written, and the address. */
  private memory(type: IntegerType, address: () => Expression): Extract<Expression, { kind: 'memory' }> {
    const space = this.space();
    return { kind: 'memory', space, address: address(), bytes: (type.bits / 8) as 1 | 2 | 4 | 8, signed: type.signed };
  }

  private space(): AddressSpace {
    const token = this.peek();
    if (token.kind === 'name' && spaces.includes(token.text.toLowerCase()) && this.isOperator(':', 1)) {
      this.at += 2;
      return token.text.toLowerCase() as AddressSpace;
    }
    return 'va';
  }

  private addressOf(): Expression {
    const token = this.peek();
    if (this.typed && this.isOperator('(')) return this.typed.addressOf(this.unary(), token.column);
    if (token.kind !== 'name') throw this.unexpected('the name of a symbol after &');
    const symbol = this.symbol(token.text);
    if (!symbol) throw new ExpressionError(`no symbol is called "${token.text}"`, token.column);
    return symbol;
  }

  private primary(): Expression {
    const token = this.peek();
    if (token.kind === 'number') {
      this.at++;
      return { kind: 'number', value: token.value };
    }
    if (this.accept('(')) {
      const inner = this.conditional();
      this.expect(')');
      return inner;
    }
    if (this.accept('[')) return this.bracketed(unsigned64);
    if (token.kind === 'name') {
      const type = types[token.text];
      if (type && this.isOperator('[', 1)) {
        this.at += 2;
        return this.bracketed(type);
      }
      return this.named(token.text, token.column);
    }
    throw this.unexpected('a value');
  }

  private bracketed(type: IntegerType): Expression {
    const result = this.memory(type, () => this.conditional());
    this.expect(']');
    return result;
  }

  private named(text: string, column: number): Expression {
    const register = this.names.register(text);
    if (register) {
      this.at++;
      if (!this.isOperator('.')) return register;
      if (register.kind !== 'register') throw new ExpressionError(`${text} has no fields`, column);
      return { kind: 'field', register: register.name, field: this.fieldOf(register.name) };
    }
    const event = this.names.event(text);
    if (event) {
      const otherwise = this.names.symbol(text);
      this.at++;
      if (this.isOperator('.')) return { kind: 'event', name: event, field: this.fieldOf(event) };
      return { kind: 'event', name: event, ...(otherwise === undefined ? {} : { otherwise: { kind: 'number', value: otherwise } }) };
    }
    const symbol = this.symbol(text);
    if (symbol) return symbol;
    throw new ExpressionError(
      text.startsWith('$') ? `no register is called "${text.slice(1)}"` : `no register or symbol is called "${text}"`,
      column,
    );
  }

  /** A symbol, its name possibly going on over dots (`foo.isra.0`); the longest that exists. */
  private symbol(first: string): Expression | undefined {
    let name = first;
    let length = 1;
    let best = this.names.symbol(name);
    let bestLength = length;
    for (;;) {
      const next = this.tokens[this.at + length + 1];
      if (!this.isOperator('.', length) || (next?.kind !== 'name' && next?.kind !== 'number')) break;
      name += `.${next.kind === 'name' ? next.text : next.value}`;
      length += 2;
      const value = this.names.symbol(name);
      if (value !== undefined) {
        best = value;
        bestLength = length;
      }
    }
    if (best === undefined) return undefined;
    this.at += bestLength;
    return { kind: 'number', value: best };
  }

  private fieldOf(register: string): string {
    this.expect('.');
    const token = this.peek();
    if (token.kind !== 'name') throw this.unexpected('the name of a field');
    const field = this.names.field(register, token.text);
    if (!field) {
      const known = this.names.fieldNames(register);
      throw new ExpressionError(
        known.length === 0 ? `${register} has no fields` : `${register} has no field "${token.text}"; it has ${known.join(', ')}`,
        token.column,
      );
    }
    this.at++;
    return field;
  }
}

/** Understands an expression and resolves its names, for its value. Throws ExpressionError. */
export function parseExpression(text: string, names: Names): Expression {
  return new Parser(text, names).parse({ number: true }).expression;
}

/** The same with the type that the value has, where one was named; for a struct the value is its address. Throws ExpressionError. */
export function parseTyped(text: string, names: Names): { readonly expression: Expression; readonly typed: Typed | undefined } {
  return new Parser(text, names).parse({ number: false });
}
