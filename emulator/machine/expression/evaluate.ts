import type { AddressSpace } from '../machine.ts';
import type { BinaryOperator, Expression } from './ast.ts';
import { EvaluationError } from './error.ts';

/** Where the values come from. */
export interface EvaluationContext {
  /** Value of a register by canonical name. Throws EvaluationError for one this machine does not have. */
  register(name: string): bigint;
  /** A field of a register's value; undefined where this value has no such field. */
  field(register: string, value: bigint, field: string): bigint | undefined;
  /** A value of the exit or exception at hand; undefined where it has none of that name. */
  event(name: string): bigint | undefined;
  /** Little-endian value of 1, 2, 4 or 8 bytes. Throws EvaluationError where they cannot be read. */
  read(space: AddressSpace, address: bigint, bytes: number): bigint;
}

export type Evaluator = (context: EvaluationContext) => bigint;

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const truth = (value: boolean): bigint => (value ? 1n : 0n);

function divide(left: bigint, right: bigint, operation: (l: bigint, r: bigint) => bigint): bigint {
  if (right === 0n) throw new EvaluationError('division by zero');
  return operation(left, right);
}

/** Shifts by 64 and more give 0. */
const shift = (left: bigint, right: bigint, operation: (l: bigint, r: bigint) => bigint): bigint =>
  right >= 64n ? 0n : operation(left, right);

const binary: Readonly<Record<Exclude<BinaryOperator, '&&' | '||'>, (left: bigint, right: bigint) => bigint>> = {
  '*': (l, r) => u64(l * r),
  '/': (l, r) => divide(l, r, (a, b) => a / b),
  '%': (l, r) => divide(l, r, (a, b) => a % b),
  '+': (l, r) => u64(l + r),
  '-': (l, r) => u64(l - r),
  '<<': (l, r) => shift(l, r, (a, b) => u64(a << b)),
  '>>': (l, r) => shift(l, r, (a, b) => a >> b),
  '<': (l, r) => truth(l < r),
  '<=': (l, r) => truth(l <= r),
  '>': (l, r) => truth(l > r),
  '>=': (l, r) => truth(l >= r),
  '==': (l, r) => truth(l === r),
  '!=': (l, r) => truth(l !== r),
  '&': (l, r) => l & r,
  '^': (l, r) => l ^ r,
  '|': (l, r) => l | r,
};

const extend = (value: bigint, bits: number, signed: boolean): bigint =>
  signed ? u64(BigInt.asIntN(bits, value)) : BigInt.asUintN(bits, value);

/** Compiles an expression into a function: a condition is compiled once and evaluated at every hit. */
export function compile(e: Expression): Evaluator {
  switch (e.kind) {
    case 'number':
      return () => e.value;
    case 'register':
      return (c) => c.register(e.name);
    case 'field':
      return (c) => fieldOf(c, e.register, c.register(e.register), e.field);
    case 'event': {
      const otherwise = e.otherwise && compile(e.otherwise);
      return (c) => {
        const value = c.event(e.name);
        if (value === undefined) {
          if (otherwise) return otherwise(c);
          throw new EvaluationError(`${e.name} is not part of what happened here`);
        }
        return e.field === undefined ? value : fieldOf(c, e.name, value, e.field);
      };
    }
    case 'memory': {
      const address = compile(e.address);
      return (c) => extend(c.read(e.space, address(c), e.bytes), e.bytes * 8, e.signed);
    }
    case 'unary': {
      const operand = compile(e.operand);
      if (e.operator === '!') return (c) => truth(operand(c) === 0n);
      if (e.operator === '~') return (c) => u64(~operand(c));
      if (e.operator === '-') return (c) => u64(-operand(c));
      return operand;
    }
    case 'binary': {
      const left = compile(e.left);
      const right = compile(e.right);
      if (e.operator === '&&') return (c) => truth(left(c) !== 0n && right(c) !== 0n);
      if (e.operator === '||') return (c) => truth(left(c) !== 0n || right(c) !== 0n);
      const operation = binary[e.operator];
      return (c) => operation(left(c), right(c));
    }
    case 'conditional': {
      const condition = compile(e.condition);
      const then = compile(e.then);
      const otherwise = compile(e.otherwise);
      return (c) => (condition(c) !== 0n ? then(c) : otherwise(c));
    }
    case 'cast': {
      const operand = compile(e.operand);
      return (c) => extend(operand(c), e.bits, e.signed);
    }
  }
}

function fieldOf(context: EvaluationContext, register: string, value: bigint, field: string): bigint {
  const found = context.field(register, value, field);
  if (found === undefined) throw new EvaluationError(`${register} = 0x${value.toString(16)} has no field ${field}`);
  return found;
}
