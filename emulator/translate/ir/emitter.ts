import type { ValueType } from '../../isa/builder.ts';
import { CPU, slotAddress, slots, V_OFFSET } from '../layout.ts';
import type { MemoryOpcode } from '../wasm/opcodes.ts';
import { emitAccess } from './access.ts';
import { emitJumpType } from './jump-type.ts';
import type { Access, Action, Block, Node, OperandSource, Operation, StateWord } from './node.ts';
import type { Reading, Surroundings } from './surroundings.ts';
import { emitEntryTicks, emitInvalidateAddress, emitReadable, emitSystemCount } from './system.ts';

const stateSlots: Readonly<Record<StateWord, number>> = {
  el: slots.el,
  pstate: slots.pstate,
  interruptPending: slots.interruptPending,
  fpcr: slots.fpcr,
  fpsr: slots.fpsr,
  fpTrap: slots.fpTrap,
  exclusiveHost: slots.exclusiveHost,
  exclusiveSize: slots.exclusiveSize,
  direct: slots.direct,
};

/** Emits one operation as WebAssembly: in order what has effects, and pure values where they are used. */
export class OperationEmitter {
  private readonly locals = new Map<Node, number>();
  private readonly used: [ValueType, number][] = [];
  private readonly hostLocals = new Map<Access, number>();
  private readonly resultLocals = new Map<Access, number[]>();

  constructor(
    private readonly around: Surroundings,
    private readonly reading: Reading,
  ) {}

  emit(operation: Operation): void {
    this.emitBlock(operation.body);
    if (!operation.body.ended) this.around.next();
    this.releaseTemporaries();
  }

  /** All of an operation but its last statement, a conditional branch: its condition is left on the stack. */
  emitUpToCondition(operation: Operation): void {
    const nodes = operation.body.nodes;
    for (const node of nodes.slice(0, -1)) this.emitNode(node);
    this.push(nodes.at(-1)!.operands[0]!);
    this.releaseTemporaries();
  }

  /** All of an operation but its last statement, a branch. */
  emitUpToBranch(operation: Operation): void {
    for (const node of operation.body.nodes.slice(0, -1)) this.emitNode(node);
    this.releaseTemporaries();
  }

  private releaseTemporaries(): void {
    for (const [type, local] of this.used) this.around.code.release(type, local);
    this.used.length = 0;
  }

  private temporary(type: ValueType): number {
    const local = this.around.code.temporary(type);
    this.used.push([type, local]);
    return local;
  }

  private emitBlock(block: Block): void {
    for (const node of block.nodes) this.emitNode(node);
  }

  private keep(node: Node): void {
    let local = this.locals.get(node);
    if (local === undefined) {
      local = this.temporary(node.type);
      this.locals.set(node, local);
    }
    this.around.code.set(local);
  }

  private load(opcode: MemoryOpcode, address: number): void {
    this.around.code.i32(0);
    this.around.code.memory(opcode, address);
  }

  /** Puts the value of a node on the stack. */
  private push(node: Node): void {
    const { code } = this.around;
    const local = this.locals.get(node);
    if (local !== undefined) {
      code.get(local);
      return;
    }
    const { action } = node;
    switch (action.kind) {
      case 'constant':
        if (node.type === 'i32') code.i32(Number(action.value));
        else if (node.type === 'i64') code.i64(action.value as bigint);
        else code.v128(action.value as readonly number[]);
        return;
      case 'operand':
        this.reading.pushOperand(action.source);
        return;
      case 'op':
        for (const operand of node.operands) this.push(operand);
        code.op(action.name);
        if (typeof action.immediate === 'number') code.byte(action.immediate);
        else if (action.immediate) for (const lane of action.immediate) code.byte(lane);
        return;
      case 'select':
        for (const operand of node.operands) this.push(operand);
        if (node.type === 'v128') code.selectTyped('v128');
        else code.select();
        return;
      case 'pc':
        this.around.pushPc();
        return;
      case 'host-address':
        code.get(this.hostLocals.get(action.host.access)!);
        return;
      case 'access-result':
        code.get(this.resultLocals.get(action.of)![action.index]!);
        return;
      default:
        throw new Error(`a ${action.kind} has no value yet`);
    }
  }

  private emitNode(node: Node): void {
    const { code } = this.around;
    const { action, operands } = node;
    switch (action.kind) {
      case 'constant':
      case 'operand':
      case 'pc':
      case 'host-address':
      case 'access-result':
        return;
      case 'op':
      case 'select':
        if (node.uses <= 1) return;
        this.locals.delete(node);
        this.push(node);
        this.keep(node);
        return;
      case 'read-register':
        this.reading.pushRegister(action.source, node.type as 'i32' | 'i64');
        this.keep(node);
        return;
      case 'write-register':
        this.reading.storeRegister(action.source, operands[0]!.type as 'i32' | 'i64', () => this.push(operands[0]!));
        return;
      case 'read-vector': {
        const offset = this.reading.pushOffset(action.source);
        const name = ({ 8: 'i32.load8_u', 16: 'i32.load16_u', 32: 'i32.load', 64: 'i64.load', 128: 'v128.load' } as const)[action.bits];
        code.memory(name, CPU + V_OFFSET + offset);
        this.keep(node);
        return;
      }
      case 'write-vector':
        this.emitWriteVector(action.source, action.bits, operands[0]!);
        return;
      case 'read-flag':
        // Alone only C is read; the others inside `fromFlags`.
        if (this.around.lazyFlags) this.around.lazyFlags.pushCarry();
        else this.around.pushFlag(action.flag);
        this.keep(node);
        return;
      case 'write-flag':
        this.push(operands[0]!);
        this.around.popFlag(action.flag);
        return;
      case 'set-flags': {
        const { lazyFlags } = this.around;
        if (!lazyFlags) this.emitBlock(action.writes);
        else {
          const type = operands[0]!.type as 'i32' | 'i64';
          lazyFlags.note(
            action.of,
            type,
            operands.map((operand) => () => this.push(operand)),
          );
        }
        return;
      }
      case 'test':
        this.emitTest(action);
        this.keep(node);
        return;
      case 'nzcv':
        if (this.around.lazyFlags) this.around.lazyFlags.pushNzcv();
        else {
          this.emitBlock(action.fromFlags);
          this.push(action.value);
        }
        this.keep(node);
        return;
      case 'read-state':
        this.load('i32.load', slotAddress(stateSlots[action.word]));
        this.keep(node);
        return;
      case 'write-state':
        code.i32(0);
        this.push(operands[0]!);
        code.memory('i32.store', slotAddress(stateSlots[action.word]));
        return;
      case 'read-system': {
        const offset = this.reading.pushOffset(action.source);
        code.memory('i64.load', CPU + offset);
        this.keep(node);
        return;
      }
      case 'write-system': {
        const offset = this.reading.pushOffset(action.source);
        this.push(operands[0]!);
        code.memory('i64.store', CPU + offset);
        return;
      }
      case 'system-count':
        emitSystemCount(this.around);
        this.keep(node);
        return;
      case 'entry-ticks':
        emitEntryTicks(this.around);
        this.keep(node);
        return;
      case 'readable':
        emitReadable(this.around, () => this.push(operands[0]!));
        this.keep(node);
        return;
      case 'invalidate-address':
        emitInvalidateAddress(this.around, () => this.push(operands[0]!));
        return;
      case 'check-sp':
        this.emitCheckSp(action.source, operands[0]!);
        return;
      case 'call':
        for (const operand of operands) this.push(operand);
        code.call(this.around.functions.runtime(action.name));
        this.keep(node);
        return;
      case 'if':
        this.emitIf(action, operands[0]!);
        return;
      case 'choose':
        this.push(operands[0]!);
        code.if(node.type);
        this.emitBlock(action.met);
        this.push(action.metValue);
        code.else();
        this.emitBlock(action.unmet);
        this.push(action.unmetValue);
        code.end();
        this.keep(node);
        return;
      case 'access':
        this.emitAccess(action.access, operands[0]!);
        return;
      case 'host-load': {
        code.get(this.hostLocals.get(action.host.access)!);
        const size = action.size * 8;
        const full = node.type === 'v128' || Number(node.type.slice(1)) === size;
        const name = full ? `${node.type}.load` : `${node.type}.load${size}_${action.signed ? 's' : 'u'}`;
        code.memory(name as MemoryOpcode, action.offset);
        this.keep(node);
        return;
      }
      case 'host-store': {
        code.get(this.hostLocals.get(action.host.access)!);
        const value = operands[0]!;
        this.push(value);
        const full = value.type === 'v128' || Number(value.type.slice(1)) === action.size * 8;
        code.memory((full ? `${value.type}.store` : `${value.type}.store${action.size * 8}`) as MemoryOpcode, action.offset);
        return;
      }
      case 'branch':
        this.reading.branch(action.offset);
        return;
      case 'branch-register': {
        const [target, btype] = operands as [Node, Node];
        if (btype.action.kind !== 'constant' || btype.action.value !== 0n) {
          if (action.branch === 'jump') emitJumpType(this.around, () => this.push(btype));
          else this.push(btype);
          this.around.setBtype();
        }
        this.push(target);
        this.around.jump();
        return;
      }
      case 'exit': {
        const payload = operands[0]!;
        if (payload.action.kind !== 'constant' || payload.action.value !== 0n) {
          code.i32(0);
          this.push(payload);
          code.memory('i64.store', slotAddress(slots.exitPayload));
        }
        this.around.exit(action.name);
        return;
      }
    }
  }

  private emitTest({ condition, fromFlags, value }: Extract<Action, { kind: 'test' }>): void {
    const { lazyFlags } = this.around;
    const known = typeof condition === 'number' ? condition : this.reading.known?.(condition);
    if (lazyFlags && known !== undefined) lazyFlags.pushCondition(known);
    else {
      this.emitBlock(fromFlags);
      this.push(value);
    }
  }

  private emitIf({ met, unmet }: Extract<Action, { kind: 'if' }>, condition: Node): void {
    const { code, lazyFlags } = this.around;
    this.push(condition);
    // Exits are for what hardly ever happens.
    if (met.ended && met.nodes.at(-1)!.action.kind === 'exit') code.ifUnlikely();
    else code.if();
    const before = lazyFlags?.state();
    this.emitBlock(met);
    const afterMet = met.ended ? undefined : lazyFlags?.state();
    let afterUnmet = before;
    if (unmet) {
      code.else();
      lazyFlags?.restore(before);
      this.emitBlock(unmet);
      afterUnmet = unmet.ended ? undefined : lazyFlags?.state();
    }
    code.end();
    lazyFlags?.join(afterMet, afterUnmet, () => this.push(condition));
  }

  /** A SIMD&FP scalar write zeroes the rest of the register. */
  private emitWriteVector(source: OperandSource, bits: number, value: Node): void {
    const { code } = this.around;
    const offset = CPU + V_OFFSET + this.reading.pushOffset(source);
    this.push(value);
    if (bits === 128) {
      code.memory('v128.store', offset);
      return;
    }
    if (bits < 32) {
      code.i32(2 ** bits - 1);
      code.op('i32.and');
    }
    if (bits < 64) code.op('i64.extend_i32_u');
    code.memory('i64.store', offset);
    this.reading.pushOffset(source);
    code.i64(0n);
    code.memory('i64.store', offset + 8);
  }

  /** SP alignment is looked at only where the base is SP and misaligned; whether that faults depends on SCTLR_ELx. */
  private emitCheckSp(source: OperandSource, address: Node): void {
    const { code } = this.around;
    const from = code.length;
    this.push(address);
    code.op('i32.wrap_i64');
    code.i32(15);
    code.op('i32.and');
    code.if();
    if (!this.reading.pushIsStackPointer(source)) {
      // Known not to be SP: nothing to check.
      code.end();
      code.rewind(from);
      return;
    }
    code.if();
    this.push(address);
    code.op('i32.wrap_i64');
    this.load('i32.load', slotAddress(slots.spAlignmentMask));
    code.op('i32.and');
    code.if();
    this.around.exit('sp-alignment');
    code.end();
    code.end();
    code.end();
  }

  private emitAccess(access: Access, address: Node): void {
    const host = this.temporary('i32');
    this.hostLocals.set(access, host);
    const results = access.results.map((r) => this.temporary(r.type));
    this.resultLocals.set(access, results);
    emitAccess(this.around, access, {
      address: this.temporary('i64'),
      entry: this.temporary('i32'),
      host,
      pushAddress: () => this.push(address),
      body: () => {
        this.emitBlock(access.body);
        access.results.forEach((result, k) => {
          this.push(result);
          this.around.code.set(results[k]!);
        });
      },
    });
  }
}
