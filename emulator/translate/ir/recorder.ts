import type { AccessOptions, Builder, ExitName, HostAddress, Operand, RegisterField, Value } from '../../isa/builder.ts';
import type { RuntimeFunctionName } from '../../isa/functions/index.ts';
import type { Fields, Instruction, Statics } from '../../isa/instruction.ts';
import { Computation } from './computation.ts';
import { ConditionTests } from './conditions.ts';
import type { Access, AccessKind, Action, Block, Flag, FlagOrigin, HostNode, Node, OperandSource, Operation, StateWord } from './node.ts';

const systemSource = (of: number | ((f: Fields) => number)): OperandSource =>
  typeof of === 'number' ? { kind: 'system-slot', slot: of } : { kind: 'system', of };

/** Records what an operation does as nodes; the readers (interpreter, translator) turn nodes into WebAssembly. */
export class Recorder extends Computation implements Builder {
  /** Records the operation of one handler. Throws when the operation misuses the builder. */
  static record(instruction: Instruction, statics: Statics): Operation {
    if (!instruction.operation) throw new Error(`${instruction.name} has no operation`);
    const recorder = new Recorder();
    const body = recorder.block;
    if (instruction.simd) {
      recorder.if(recorder.state('fpTrap'), () => recorder.exit('fp-trap'));
    }
    instruction.operation(recorder, statics);
    return { body };
  }

  /** Records an operation that belongs to no instruction. */
  static recordOperation(describe: (b: Builder) => void): Operation {
    const recorder = new Recorder();
    describe(recorder);
    return { body: recorder.block };
  }

  // ---- flags
  private flag(flag: Flag): Node {
    return this.node(flag === 'c' ? 'i32' : 'i64', { kind: 'read-flag', flag });
  }

  private setFlag(flag: Flag, value: Value): void {
    this.node('i32', { kind: 'write-flag', flag }, [this.as(flag === 'c' ? 'i32' : 'i64', value)]);
  }

  private toFlag(value: Value): Value {
    return value.type === 'i32' ? this.extendS(value) : value;
  }

  private setResultFlags(result: Value): void {
    const wide = this.toFlag(result);
    this.setFlag('n', wide);
    this.setFlag('z', wide);
  }

  private setFlags(of: FlagOrigin, operands: readonly Node[], write: () => void): void {
    this.node('i32', { kind: 'set-flags', of, writes: this.inBlock(write) }, operands);
  }

  addSettingFlags(a: Value, b: Operand): Value {
    const y = this.as(a.type, b);
    const result = this.add(a, y);
    this.setFlags('sum', [this.as(a.type, a), y], () => {
      this.setResultFlags(result);
      this.setFlag('c', this.compare('lt_u', result, a));
      this.setFlag('v', this.toFlag(this.and(this.xor(a, result), this.xor(y, result))));
    });
    return result;
  }

  subSettingFlags(a: Value, b: Operand): Value {
    const y = this.as(a.type, b);
    const result = this.sub(a, y);
    this.setFlags('difference', [this.as(a.type, a), y], () => {
      this.setResultFlags(result);
      this.setFlag('c', this.compare('ge_u', a, y));
      this.setFlag('v', this.toFlag(this.and(this.xor(a, y), this.xor(a, result))));
    });
    return result;
  }

  addCarrySettingFlags(a: Value, b: Value): Value {
    const carry = this.carry();
    const result = this.add(this.add(a, b), a.type === 'i64' ? this.extendU(carry) : carry);
    const carryOut = this.or(this.compare('lt_u', result, a), this.and(carry, this.compare('eq', result, a)));
    const overflow = this.toFlag(this.and(this.xor(a, result), this.xor(b, result)));
    const wide = this.toFlag(result);
    const packed = this.packed({ n: wide, z: wide, c: carryOut, v: overflow }) as Node;
    this.setFlags('packed', [packed], () => {
      this.setResultFlags(result);
      this.setFlag('c', carryOut);
      this.setFlag('v', overflow);
    });
    return result;
  }

  setLogicalFlags(result: Value): void {
    this.setFlags('logical', [this.as(result.type, result)], () => {
      this.setResultFlags(result);
      this.setFlag('c', this.i32(0));
      this.setFlag('v', this.i64(0));
    });
  }

  carry(): Value {
    return this.flag('c');
  }

  /** A value computed from flags, kept apart: a reader that knows what the flags come from may find it in another way. */
  private fromFlags(compute: () => Value): { readonly fromFlags: Block; readonly value: Node } {
    let value: Node | undefined;
    const fromFlags = this.inBlock(() => {
      value = compute() as Node;
      value.uses++;
    });
    return { fromFlags, value: value! };
  }

  condition(cond: number): Value {
    const computed = this.fromFlags(() => new ConditionTests(this, (f) => this.flag(f)).holds(cond));
    return this.node('i32', { kind: 'test', condition: cond, ...computed });
  }

  conditionHolds(of: (f: Fields) => number): Value {
    const truth = this.operand('i32', { kind: 'condition', of });
    const computed = this.fromFlags(() => this.and(this.shrU(truth, this.nzcv()), 1));
    return this.node('i32', { kind: 'test', condition: of, ...computed });
  }

  private packed(flags: Readonly<Record<Flag, Value>>): Value {
    const n = this.shl(this.wrap(this.shrU(flags.n, 63)), 3);
    const z = this.shl(this.isZero(flags.z), 2);
    const c = this.shl(flags.c, 1);
    const v = this.wrap(this.shrU(flags.v, 63));
    return this.or(this.or(n, z), this.or(c, v));
  }

  nzcv(): Value {
    const computed = this.fromFlags(() => this.packed({ n: this.flag('n'), z: this.flag('z'), c: this.flag('c'), v: this.flag('v') }));
    return this.node('i32', { kind: 'nzcv', ...computed });
  }

  setNzcv(value: Operand): void {
    const packed = this.as('i32', value);
    this.setFlags('packed', [packed], () => {
      this.setFlag('n', this.extendS(this.shl(packed, 28)));
      this.setFlag('z', this.extendU(this.and(this.not(packed), 4)));
      this.setFlag('c', this.and(this.shrU(packed, 1), 1));
      this.setFlag('v', this.extendS(this.shl(packed, 31)));
    });
  }

  // ---- control inside an operation
  if(condition: Value, then: () => void, otherwise?: () => void): void {
    const met = this.inBlock(then);
    const unmet = otherwise ? this.inBlock(otherwise) : undefined;
    this.node('i32', { kind: 'if', met, unmet }, [this.as('i32', condition)]);
  }

  choose(condition: Value, then: () => Value, otherwise: () => Value): Value {
    let a: Node | undefined;
    let b: Node | undefined;
    const met = this.inBlock(() => {
      a = then() as Node;
      a.uses++;
    });
    const unmet = this.inBlock(() => {
      b = otherwise() as Node;
      b.uses++;
    });
    if (a!.type !== b!.type) throw new Error('both branches of choose must give the same type');
    const action: Action = { kind: 'choose', met, metValue: a!, unmet, unmetValue: b! };
    return this.node(a!.type, action, [this.as('i32', condition)]);
  }

  // ---- memory
  load(address: Value, size: number, options: AccessOptions & { signed?: boolean; type?: 'i32' | 'i64' | 'v128' } = {}): Value {
    const [value] = this.access(address, size, 'read', options, (host) => [this.hostLoad(host, 0, size, options)]);
    return value!;
  }

  store(address: Value, value: Value, size: number, options: AccessOptions = {}): void {
    this.access(address, size, 'write', options, (host) => {
      this.hostStore(host, 0, value, size);
      return [];
    });
  }

  access(
    address: Value,
    bytes: number,
    kind: AccessKind,
    options: AccessOptions,
    body: (host: HostAddress) => readonly Value[],
  ): readonly Value[] {
    let results: readonly Node[] = [];
    const draft: { -readonly [K in keyof Access]: Access[K] } = {
      bytes,
      kind,
      options,
      body: { parent: undefined, nodes: [], ended: false },
      results,
    };
    const host: HostNode = { host: true, access: draft };
    draft.body = this.inBlock(() => {
      results = body(host) as readonly Node[];
      for (const r of results) r.uses++;
    });
    draft.results = results;
    this.node('i32', { kind: 'access', access: draft }, [this.as('i64', address)]);
    return results.map((r, index) => this.node(r.type, { kind: 'access-result', of: draft, index }));
  }

  hostLoad(host: HostAddress, offset: number, size: number, options: { signed?: boolean; type?: 'i32' | 'i64' | 'v128' } = {}): Value {
    const type = options.type ?? (size === 16 ? 'v128' : size === 8 ? 'i64' : 'i32');
    return this.node(type, { kind: 'host-load', host: host as HostNode, offset, size, signed: options.signed ?? false });
  }

  hostStore(host: HostAddress, offset: number, value: Value, size: number): void {
    this.node('i32', { kind: 'host-store', host: host as HostNode, offset, size }, [value as Node]);
  }

  private hostAddress(host: HostAddress): Node {
    return this.node('i32', { kind: 'host-address', host: host as HostNode });
  }

  exclusiveClaim(host: HostAddress, size: number): void {
    this.setState('exclusiveHost', this.hostAddress(host));
    this.setState('exclusiveSize', this.i32(size));
  }

  exclusiveTake(host: HostAddress, size: number): Value {
    const same = this.compare('eq', this.state('exclusiveHost'), this.hostAddress(host));
    const taken = this.and(same, this.compare('eq', this.state('exclusiveSize'), size));
    this.exclusiveClear();
    return taken;
  }

  exclusiveClear(): void {
    this.setState('exclusiveHost', this.i32(0));
  }

  // ---- control flow
  pc(): Value {
    return this.node('i64', { kind: 'pc' });
  }

  branch(offset: (f: Fields) => number): void {
    this.node('i32', { kind: 'branch', offset });
    this.block.ended = true;
  }

  branchIf(condition: Value, offset: (f: Fields) => number): void {
    this.if(condition, () => this.branch(offset));
  }

  branchRegister(target: Value, kind: 'jump' | 'call' | 'return', btype: Operand = 0): void {
    this.node('i32', { kind: 'branch-register', branch: kind }, [this.as('i64', target), this.as('i32', btype)]);
    this.block.ended = true;
  }

  exit(name: ExitName, payload: Operand = 0): void {
    this.node('i32', { kind: 'exit', name }, [this.as('i64', payload)]);
    this.block.ended = true;
  }

  // ---- system state
  private state(word: StateWord): Node {
    return this.node('i32', { kind: 'read-state', word });
  }

  private setState(word: StateWord, value: Value): void {
    this.node('i32', { kind: 'write-state', word }, [this.as('i32', value)]);
  }

  el(): Value {
    return this.state('el');
  }
  systemRegister(of: number | ((f: Fields) => number)): Value {
    return this.node('i64', { kind: 'read-system', source: systemSource(of) });
  }
  setSystemRegister(of: number | ((f: Fields) => number), value: Value): void {
    this.node('i32', { kind: 'write-system', source: systemSource(of) }, [this.as('i64', value)]);
  }
  pstate(): Value {
    return this.state('pstate');
  }
  setPstate(value: Value): void {
    this.setState('pstate', value);
  }
  direct(): Value {
    return this.state('direct');
  }
  systemCount(): Value {
    return this.node('i64', { kind: 'system-count' });
  }
  entryTicks(): Value {
    return this.node('i64', { kind: 'entry-ticks' });
  }
  readable(address: Value): Value {
    return this.node('i32', { kind: 'readable' }, [this.as('i64', address)]);
  }
  invalidateAddress(operand: Value): void {
    this.node('i32', { kind: 'invalidate-address' }, [this.as('i64', operand)]);
  }
  interruptPending(): Value {
    return this.state('interruptPending');
  }
  setInterruptPending(value: Value): void {
    this.setState('interruptPending', value);
  }

  // ---- FP/SIMD
  v(field: RegisterField): Value {
    return this.node('v128', { kind: 'read-vector', source: { kind: 'vector', field }, bits: 128 });
  }
  setV(field: RegisterField, value: Value): void {
    this.node('i32', { kind: 'write-vector', source: { kind: 'vector', field }, bits: 128 }, [this.as('v128', value)]);
  }
  vElement(field: RegisterField, bits: 8 | 16 | 32 | 64): Value {
    return this.node(bits === 64 ? 'i64' : 'i32', { kind: 'read-vector', source: { kind: 'vector', field }, bits });
  }
  setVElement(field: RegisterField, bits: 8 | 16 | 32 | 64, value: Value): void {
    const node = this.as(bits === 64 ? 'i64' : 'i32', value);
    this.node('i32', { kind: 'write-vector', source: { kind: 'vector', field }, bits }, [node]);
  }
  fpcr(): Value {
    return this.state('fpcr');
  }
  fpsr(): Value {
    return this.state('fpsr');
  }
  setFpcr(value: Value): void {
    this.setState('fpcr', value);
  }
  setFpsr(value: Value): void {
    this.setState('fpsr', value);
  }
  fp(name: RuntimeFunctionName, ...operands: Operand[]): Value {
    const result = this.call(name, this.fpcr(), ...operands);
    this.setFpsr(this.or(this.fpsr(), this.call('takeFpExceptions')));
    return result;
  }
}
