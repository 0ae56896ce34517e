import type { Condition, Operand, RegisterField, Value, ValueType } from '../../isa/builder.ts';
import { type RuntimeFunction, type RuntimeFunctionName, runtimeFunctions } from '../../isa/functions/index.ts';
import type { Fields } from '../../isa/instruction.ts';
import { opcode } from '../wasm/opcodes.ts';
import type { Action, Block, Node, OperandSource, RegisterRole } from './node.ts';

/** The part of a builder that computes: operands, and pure values of them. Records nodes in the current block. */
export class Computation {
  protected block: Block = { parent: undefined, nodes: [], ended: false };

  protected node(type: ValueType, action: Action, operands: readonly Node[] = []): Node {
    if (this.block.ended) throw new Error('nothing may follow a branch or an exit');
    for (const operand of operands) {
      operand.uses++;
      for (let b: Block | undefined = this.block; b !== operand.block; b = b.parent)
        if (!b) throw new Error('a value is used outside the body that made it');
    }
    const node: Node = { type, action, operands, block: this.block, uses: 0 };
    this.block.nodes.push(node);
    return node;
  }

  protected inBlock(body: () => void): Block {
    const block: Block = { parent: this.block, nodes: [], ended: false };
    const outer = this.block;
    this.block = block;
    try {
      body();
    } finally {
      this.block = outer;
    }
    return block;
  }

  /** A number as a value of the type of its partner. */
  protected as(type: ValueType, operand: Operand): Node {
    if (typeof operand === 'object') {
      if (operand.type !== type) throw new Error(`an ${type} is needed where an ${operand.type} was given`);
      return operand as Node;
    }
    if (type !== 'i32' && type !== 'i64') throw new Error(`a number cannot stand for a ${type}`);
    return this.node(type, {
      kind: 'constant',
      value: type === 'i32' ? BigInt.asIntN(32, BigInt(operand)) : BigInt.asIntN(64, BigInt(operand)),
    });
  }

  private pair(a: Operand, b: Operand): [Node, Node] {
    const type = typeof a === 'object' ? a.type : typeof b === 'object' ? b.type : undefined;
    if (!type) throw new Error('one of two operands must be a value');
    return [this.as(type, a), this.as(type, b)];
  }

  protected operand(type: ValueType, source: OperandSource): Node {
    return this.node(type, { kind: 'operand', source });
  }

  // ---- operands
  private readRegister(sf: number, field: RegisterField, role: RegisterRole): Node {
    return this.node(sf ? 'i64' : 'i32', { kind: 'read-register', source: { kind: 'register', field, role } });
  }

  private writeRegister(sf: number, field: RegisterField, role: RegisterRole, value: Operand): void {
    this.node('i32', { kind: 'write-register', source: { kind: 'register', field, role } }, [this.as(sf ? 'i64' : 'i32', value)]);
  }

  x(sf: number, field: RegisterField): Value {
    return this.readRegister(sf, field, 'read');
  }

  xsp(sf: number, field: RegisterField): Value {
    return this.readRegister(sf, field, 'sp');
  }

  setX(sf: number, field: RegisterField, value: Operand): void {
    this.writeRegister(sf, field, 'write', value);
  }

  setXsp(sf: number, field: RegisterField, value: Operand): void {
    this.writeRegister(sf, field, 'sp', value);
  }

  base(field: RegisterField = 'Rn'): Value {
    const address = this.readRegister(1, field, 'sp');
    this.node('i32', { kind: 'check-sp', source: { kind: 'sp-mask', field } }, [address]);
    return address;
  }

  immediate(of: (f: Fields) => number): Value {
    return this.operand('i64', { kind: 'immediate', of });
  }

  wideImmediate(of: (f: Fields) => bigint): Value {
    return this.operand('i64', { kind: 'wide', of });
  }

  small(of: (f: Fields) => number): Value {
    return this.operand('i32', { kind: 'small', of });
  }

  immediateX(sf: number, of: (f: Fields) => bigint): Value {
    return sf ? this.wideImmediate(of) : this.small((f) => Number(BigInt.asIntN(32, of(f))));
  }

  // ---- pure computation
  i32(n: number): Value {
    return this.as('i32', n);
  }

  i64(n: number | bigint): Value {
    return this.as('i64', n);
  }

  private apply(name: string, immediate: number | readonly number[] | undefined, operands: readonly Operand[]): Node {
    const code = opcode(name);
    if (operands.length !== code.parameters.length) throw new Error(`${name} takes ${code.parameters.length} operands`);
    const nodes = operands.map((o, i) => this.as(code.parameters[i]!, o));
    return this.node(code.result, immediate === undefined ? { kind: 'op', name } : { kind: 'op', name, immediate }, nodes);
  }

  op(name: string, ...operands: Operand[]): Value {
    if (opcode(name).immediate) throw new Error(`${name} needs a lane`);
    return this.apply(name, undefined, operands);
  }

  lane(name: string, lane: number, ...operands: Operand[]): Value {
    return this.apply(name, lane, operands);
  }

  shuffle(lanes: readonly number[], a: Value, b: Value): Value {
    return this.apply('i8x16.shuffle', lanes, [a, b]);
  }

  v128(bytes: readonly number[]): Value {
    if (bytes.length !== 16) throw new Error('a v128 has 16 bytes');
    return this.node('v128', { kind: 'constant', value: bytes });
  }

  private integer(suffix: string, a: Operand, b: Operand): Node {
    const [x, y] = this.pair(a, b);
    return this.apply(`${x.type}.${suffix}`, undefined, [x, y]);
  }

  add(a: Operand, b: Operand): Value {
    return this.integer('add', a, b);
  }
  sub(a: Operand, b: Operand): Value {
    return this.integer('sub', a, b);
  }
  mul(a: Operand, b: Operand): Value {
    return this.integer('mul', a, b);
  }
  and(a: Operand, b: Operand): Value {
    return this.integer('and', a, b);
  }
  or(a: Operand, b: Operand): Value {
    return this.integer('or', a, b);
  }
  xor(a: Operand, b: Operand): Value {
    return this.integer('xor', a, b);
  }
  not(a: Value): Value {
    return this.integer('xor', a, -1);
  }
  neg(a: Value): Value {
    return this.integer('sub', 0, a);
  }

  private shift(name: string, a: Value, amount: Operand): Node {
    const count =
      typeof amount === 'object' && amount.type !== a.type ? (a.type === 'i64' ? this.extendU(amount) : this.wrap(amount)) : amount;
    return this.integer(name, a, count);
  }

  shl(a: Value, amount: Operand): Value {
    return this.shift('shl', a, amount);
  }
  shrU(a: Value, amount: Operand): Value {
    return this.shift('shr_u', a, amount);
  }
  shrS(a: Value, amount: Operand): Value {
    return this.shift('shr_s', a, amount);
  }
  rotr(a: Value, amount: Operand): Value {
    return this.shift('rotr', a, amount);
  }
  clz(a: Value): Value {
    return this.op(`${a.type}.clz`, a);
  }

  compare(condition: Condition, a: Operand, b: Operand): Value {
    return this.integer(condition, a, b);
  }
  isZero(a: Value): Value {
    return this.op(`${a.type}.eqz`, a);
  }

  select(condition: Value, a: Operand, b: Operand): Value {
    const [x, y] = this.pair(a, b);
    return this.node(x.type, { kind: 'select' }, [x, y, this.as('i32', condition)]);
  }

  extendU(a: Value): Value {
    return this.op('i64.extend_i32_u', a);
  }
  extendS(a: Value): Value {
    return this.op('i64.extend_i32_s', a);
  }
  wrap(a: Value): Value {
    return a.type === 'i32' ? a : this.op('i32.wrap_i64', a);
  }

  signExtend(a: Value, bits: 8 | 16 | 32): Value {
    if (a.type === 'i32' && bits === 32) return a;
    return this.op(`${a.type}.extend${bits}_s`, a);
  }

  zeroExtend(a: Value, bits: 8 | 16 | 32): Value {
    if (a.type === 'i32' && bits === 32) return a;
    return this.and(a, bits === 32 ? 0xffffffffn : (1 << bits) - 1);
  }

  call(name: RuntimeFunctionName, ...operands: Operand[]): Value {
    const f: RuntimeFunction = runtimeFunctions[name];
    if (!f) throw new Error(`no runtime function is called ${name}`);
    if (f.parameters.length !== operands.length) throw new Error(`${name} takes ${f.parameters.length} operands`);
    return this.node(
      f.result,
      { kind: 'call', name },
      operands.map((o, i) => this.as(f.parameters[i]!, o)),
    );
  }
}
