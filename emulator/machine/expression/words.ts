import type { BinaryOperator, Expression } from './ast.ts';

/** Registers that can be read a word at a time, without BigInt. */
export interface RegisterWords {
  /** A number for a register by name; undefined: it has to be read by name. */
  registerNumber(name: string): number | undefined;
  /** Bits 31:0, signed or not. */
  low(vcpu: number, register: number): number;
  /** Bits 63:32, signed or not. */
  high(vcpu: number, register: number): number;
}

/** Value of an expression on a vCPU: returns bits 31:0 and leaves bits 63:32 in `result.high`, both signed. */
export type WordEvaluator = (vcpu: number) => number;

/** One evaluation at a time, and every operand is taken out before the next is evaluated. */
export const result = { high: 0 };

/**
 * Compiles what conditions at hot places are made of (registers, numbers, comparisons, logic, sums, masks, constant shifts) into closures over pairs of
 * 32-bit words. Undefined: the expression has something else in it, and is evaluated in 64-bit integers as any other. The values are the same.
 */
export function compileWords(e: Expression, registers: RegisterWords): WordEvaluator | undefined {
  switch (e.kind) {
    case 'number': {
      const low = Number(BigInt.asIntN(32, e.value));
      return constant(low, Number(BigInt.asIntN(32, e.value >> 32n)));
    }
    case 'register': {
      const register = registers.registerNumber(e.name);
      if (register === undefined) return undefined;
      return (vcpu) => {
        result.high = registers.high(vcpu, register) | 0;
        return registers.low(vcpu, register) | 0;
      };
    }
    case 'unary': {
      const operand = compileWords(e.operand, registers);
      return operand && unary[e.operator](operand);
    }
    case 'binary': {
      if (e.operator === '<<' || e.operator === '>>') return shiftByConstant(e.operator, e.left, e.right, registers);
      const combine = binary[e.operator];
      const left = compileWords(e.left, registers);
      const right = left && compileWords(e.right, registers);
      return right && combine?.(left, right);
    }
    case 'conditional': {
      const [condition, then, otherwise] = [e.condition, e.then, e.otherwise].map((part) => compileWords(part, registers));
      if (!condition || !then || !otherwise) return undefined;
      return (vcpu) => ((condition(vcpu) | result.high) !== 0 ? then(vcpu) : otherwise(vcpu));
    }
    case 'cast': {
      const operand = compileWords(e.operand, registers);
      return operand && truncate(operand, e.bits, e.signed);
    }
    default:
      return undefined;
  }
}

type Combine = (left: WordEvaluator, right: WordEvaluator) => WordEvaluator;

const constant =
  (low: number, high: number): WordEvaluator =>
  () => {
    result.high = high;
    return low;
  };

/** A truth value. */
function truth(value: boolean): number {
  result.high = 0;
  return value ? 1 : 0;
}

const unary: Readonly<Record<'-' | '~' | '!' | '+', (operand: WordEvaluator) => WordEvaluator>> = {
  '+': (operand) => operand,
  '!': (operand) => (vcpu) => truth((operand(vcpu) | result.high) === 0),
  '~': (operand) => (vcpu) => {
    const low = operand(vcpu);
    result.high = ~result.high;
    return ~low;
  },
  '-': (operand) => (vcpu) => {
    const low = operand(vcpu);
    result.high = (~result.high + (low === 0 ? 1 : 0)) | 0;
    return -low | 0;
  },
};

/** An operation on the four words of two operands. */
const onWords =
  (operation: (ll: number, lh: number, rl: number, rh: number) => number): Combine =>
  (left, right) =>
  (vcpu) => {
    const ll = left(vcpu);
    const lh = result.high;
    const rl = right(vcpu);
    return operation(ll, lh, rl, result.high);
  };

const less = (ll: number, lh: number, rl: number, rh: number): boolean => (lh === rh ? ll >>> 0 < rl >>> 0 : lh >>> 0 < rh >>> 0);

const binary: Readonly<Partial<Record<BinaryOperator, Combine>>> = {
  '==': onWords((ll, lh, rl, rh) => truth(ll === rl && lh === rh)),
  '!=': onWords((ll, lh, rl, rh) => truth(ll !== rl || lh !== rh)),
  '<': onWords((ll, lh, rl, rh) => truth(less(ll, lh, rl, rh))),
  '<=': onWords((ll, lh, rl, rh) => truth(!less(rl, rh, ll, lh))),
  '>': onWords((ll, lh, rl, rh) => truth(less(rl, rh, ll, lh))),
  '>=': onWords((ll, lh, rl, rh) => truth(!less(ll, lh, rl, rh))),
  '&': onWords((ll, lh, rl, rh) => {
    result.high = lh & rh;
    return ll & rl;
  }),
  '|': onWords((ll, lh, rl, rh) => {
    result.high = lh | rh;
    return ll | rl;
  }),
  '^': onWords((ll, lh, rl, rh) => {
    result.high = lh ^ rh;
    return ll ^ rl;
  }),
  '+': onWords((ll, lh, rl, rh) => {
    const sum = (ll >>> 0) + (rl >>> 0);
    result.high = (lh + rh + (sum > 0xffff_ffff ? 1 : 0)) | 0;
    return sum | 0;
  }),
  '-': onWords((ll, lh, rl, rh) => {
    result.high = (lh - rh - (ll >>> 0 < rl >>> 0 ? 1 : 0)) | 0;
    return (ll - rl) | 0;
  }),
  '&&': (left, right) => (vcpu) => truth((left(vcpu) | result.high) !== 0 && (right(vcpu) | result.high) !== 0),
  '||': (left, right) => (vcpu) => truth((left(vcpu) | result.high) !== 0 || (right(vcpu) | result.high) !== 0),
};

function shiftByConstant(operator: '<<' | '>>', value: Expression, by: Expression, registers: RegisterWords): WordEvaluator | undefined {
  const operand = compileWords(value, registers);
  if (!operand || by.kind !== 'number') return undefined;
  if (by.value >= 64n) return constant(0, 0);
  const n = Number(by.value);
  if (n === 0) return operand;
  if (operator === '<<')
    return (vcpu) => {
      const low = operand(vcpu);
      result.high = n >= 32 ? low << (n - 32) : (result.high << n) | (low >>> (32 - n));
      return n >= 32 ? 0 : low << n;
    };
  return (vcpu) => {
    const low = operand(vcpu);
    const { high } = result;
    result.high = n >= 32 ? 0 : (high >>> n) | 0;
    return n >= 32 ? (high >>> (n - 32)) | 0 : (low >>> n) | (high << (32 - n));
  };
}

function truncate(operand: WordEvaluator, bits: 8 | 16 | 32 | 64, signed: boolean): WordEvaluator {
  if (bits === 64) return operand;
  const unused = 32 - bits;
  return (vcpu) => {
    const low = operand(vcpu);
    const kept = signed ? (low << unused) >> unused : ((low << unused) >>> unused) | 0;
    result.high = signed ? kept >> 31 : 0;
    return kept;
  };
}
