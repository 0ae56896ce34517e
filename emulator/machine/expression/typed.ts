import type { Expression } from './ast.ts';
import { ExpressionError } from './error.ts';
import type { GuestType, TypeRules } from './types.ts';

/** What is known of an expression besides its 64 bits. The value of what does not fit into them is its address. */
export interface Typed {
  readonly type: GuestType;
  /** Where it is; undefined: it is no place, or a bit-field. */
  readonly address: Expression | undefined;
  readonly bitSize: number | undefined;
}

const number = (value: number | bigint): Expression => ({ kind: 'number', value: BigInt(value) });
const binary = (operator: '+' | '-' | '*' | '&' | '^' | '>>', left: Expression, right: Expression): Expression => ({
  kind: 'binary',
  operator,
  left,
  right,
});

/** Lowers casts, members and elements to reads of memory at computed addresses, and remembers the types of the expressions it made. */
export class TypedExpressions {
  private readonly known = new WeakMap<Expression, Typed>();

  constructor(readonly rules: TypeRules) {}

  of(e: Expression): Typed | undefined {
    return this.known.get(e);
  }

  /** It leads somewhere: a pointer, or an array as its first element. */
  isPointer(e: Expression): boolean {
    return this.targetOf(e) !== undefined;
  }

  /** `(type)operand`. */
  cast(type: GuestType, operand: Expression, column: number): Expression {
    const scalar = this.rules.scalar(type);
    const from = this.of(operand);
    if (!scalar)
      throw new ExpressionError(`nothing can be cast to ${this.rules.text(type)}: write *(${this.rules.text(type)} *)address`, column);
    if (from) this.number(operand, column);
    const bits = (scalar.bytes * 8) as 8 | 16 | 32 | 64;
    return this.note({ kind: 'cast', bits, signed: scalar.signed, operand }, { type, address: undefined, bitSize: undefined });
  }

  /** `*pointer`. */
  dereference(pointer: Expression, column: number): Expression {
    const typed = this.of(pointer);
    const target = typed && this.rules.targetOf(typed.type);
    if (!target) throw new ExpressionError(`${typed ? this.rules.text(typed.type) : 'this'} is no pointer`, column);
    return this.at(target, pointer, column);
  }

  /** `outer.name`, for a struct or union in memory. */
  member(outer: Expression, name: string, column: number): Expression {
    const typed = this.of(outer);
    if (!typed?.address) throw new ExpressionError(`"." needs a struct, as in ((struct task_struct *)x0)->comm`, column);
    const member = this.rules.member(typed.type, name);
    if (!member) throw new ExpressionError(`${this.rules.text(typed.type)} has no member "${name}"`, column);
    const { type, bitOffset, bitSize } = member;
    if (bitSize !== undefined) return this.bitField(type, typed.address, bitOffset, bitSize, column);
    return this.at(type, this.offset(typed.address, bitOffset / 8), column);
  }

  /** `pointer[index]`. */
  element(pointer: Expression, index: Expression, column: number): Expression {
    return this.dereference(this.add('+', pointer, index, column), column);
  }

  /** `&place`. */
  addressOf(place: Expression, column: number): Expression {
    const typed = this.of(place);
    if (!typed?.address) throw new ExpressionError('this has no address', column);
    return this.note({ ...typed.address }, { type: this.rules.pointerTo(typed.type), address: undefined, bitSize: undefined });
  }

  /** Pointer arithmetic: counts in what the pointer points to, as in C. Undefined: neither side is a pointer. */
  arithmetic(operator: string, left: Expression, right: Expression, column: number): Expression | undefined {
    this.number(left, column);
    this.number(right, column);
    const pointers = [left, right].filter((e) => this.targetOf(e) !== undefined);
    if (pointers.length === 0 || (operator !== '+' && operator !== '-')) return undefined;
    if (pointers.length === 2 || (operator === '-' && pointers[0] === right)) {
      throw new ExpressionError(`cast pointers to u64 to ${operator === '+' ? 'add' : 'subtract'} them`, column);
    }
    return pointers[0] === left ? this.add(operator, left, right, column) : this.add(operator, right, left, column);
  }

  /** Throws ExpressionError for what is no number: a struct as a whole. */
  number(e: Expression, column: number): void {
    const typed = this.of(e);
    if (!typed || this.rules.targetOf(typed.type) || this.rules.scalar(typed.type)) return;
    throw new ExpressionError(`a ${this.rules.text(typed.type)} is no number: take a member of it, or its address with &`, column);
  }

  private targetOf(e: Expression): GuestType | undefined {
    const typed = this.of(e);
    return typed && this.rules.targetOf(typed.type);
  }

  private add(operator: '+' | '-', pointer: Expression, count: Expression, column: number): Expression {
    const target = this.targetOf(pointer);
    if (!target) throw new ExpressionError('this is neither a pointer nor an array', column);
    this.number(count, column);
    const size = this.rules.sizeOf(target);
    if (size === 0) throw new ExpressionError(`nobody can tell how large ${this.rules.text(target)} is`, column);
    const moved = binary(operator, pointer, size === 1 ? count : binary('*', count, number(size)));
    return this.note(moved, { type: this.rules.pointerTo(target), address: undefined, bitSize: undefined });
  }

  private at(type: GuestType, address: Expression, column: number): Expression {
    const scalar = this.rules.scalar(type);
    if (!scalar && this.rules.sizeOf(type) === 0 && !this.rules.targetOf(type)) {
      // A flexible array has no size and is a place; void and what is only declared are none. An empty struct is neither.
      throw new ExpressionError(`nothing is known of what is in ${this.rules.text(type)}`, column);
    }
    const e: Expression = scalar ? { kind: 'memory', space: 'va', address, ...scalar } : { ...address };
    return this.note(e, { type, address, bitSize: undefined });
  }

  /** Reads the unit of the declared type that the field is in; where a packed field leaves it, as few bytes as hold the field. */
  private bitField(type: GuestType, address: Expression, bitOffset: number, bitSize: number, column: number): Expression {
    const scalar = this.rules.scalar(type);
    const unit = (scalar?.bytes ?? 8) * 8;
    const inUnit = (bitOffset % unit) + bitSize <= unit;
    const start = inUnit ? bitOffset - (bitOffset % unit) : bitOffset - (bitOffset % 8);
    const bytes = inUnit ? unit / 8 : [1, 2, 4, 8].find((n) => bitOffset - start + bitSize <= n * 8);
    if (!scalar || bytes === undefined) throw new ExpressionError('this bit-field cannot be read at once', column);
    const read: Expression = {
      kind: 'memory',
      space: 'va',
      address: this.offset(address, start / 8),
      bytes: bytes as 1 | 2 | 4 | 8,
      signed: false,
    };
    const bits = binary('&', binary('>>', read, number(bitOffset - start)), number((1n << BigInt(bitSize)) - 1n));
    const sign = number(1n << BigInt(bitSize - 1));
    const value = scalar.signed ? binary('-', binary('^', bits, sign), sign) : bits;
    return this.note(value, { type, address: undefined, bitSize });
  }

  private offset(address: Expression, bytes: number): Expression {
    return bytes === 0 ? { ...address } : binary('+', address, number(bytes));
  }

  private note(e: Expression, typed: Typed): Expression {
    this.known.set(e, typed);
    return e;
  }
}
