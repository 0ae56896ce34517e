import type { ValueType } from '../../isa/builder.ts';
import type { RuntimeFunctionName } from '../../isa/functions/index.ts';
import type { Access, Block, Flag, Node, OperandSource, Operation, StateWord } from '../ir/node.ts';
import {
  access as accessBits,
  CPU,
  dataTlbEntry,
  FETCH_TLB_ENTRIES,
  fetchTlbEntry,
  SCRATCH_END,
  slotAddress,
  slots,
  V_OFFSET,
} from '../layout.ts';
import type { CodeWriter } from '../wasm/code.ts';
import type { MemoryOpcode } from '../wasm/opcodes.ts';
import { type RecordLayout, SP_OPERAND } from './record.ts';

/** What surrounds a handler: the loop of the interpreter, or a function of its own. */
export interface Surroundings {
  readonly code: CodeWriter;
  /** Local that holds the address of the record. */
  readonly record: number;
  readonly functions: { readonly access: number; readonly commit: number; runtime(name: RuntimeFunctionName): number };
  pushFlag(flag: Flag): void;
  /** Value on the stack. */
  popFlag(flag: Flag): void;
  pushDataTlb(): void;
  /** Address of the instruction, i64. */
  pushPc(): void;
  /** The instruction is done: go on with the next. */
  next(): void;
  /** i64 target on the stack. */
  jump(): void;
  /** i32 distance in records' bytes, from the next record, on the stack. */
  jumpNear(): void;
  /** PSTATE.BTYPE (i32 on the stack) is in force for the instruction jumped to. */
  setBtype(): void;
  exit(name: string): void;
  /** Like `exit`, taken when the i32 on the stack is non-zero; the instruction is left unexecuted. */
  faultIf(): void;
}

const stateSlots: Readonly<Record<StateWord, number>> = {
  el: slots.el,
  pstate: slots.pstate,
  interruptPending: slots.interruptPending,
  fpcr: slots.fpcr,
  fpsr: slots.fpsr,
  fpTrap: slots.fpTrap,
  exclusiveHost: slots.exclusiveHost,
  exclusiveSize: slots.exclusiveSize,
};

/** Emits one handler: the interpreter's reading of an operation, every operand fetched from the record. */
export class HandlerEmitter {
  private readonly locals = new Map<Node, number>();
  private readonly used: [ValueType, number][] = [];
  private readonly hostLocals = new Map<Access, number>();
  private readonly resultLocals = new Map<Access, number[]>();

  constructor(
    private readonly around: Surroundings,
    private readonly layout: RecordLayout,
    private readonly near: boolean,
  ) {}

  emit(operation: Operation): void {
    this.emitBlock(operation.body);
    if (!operation.body.ended) this.around.next();
    for (const [type, local] of this.used) this.around.code.release(type, local);
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

  /** Address of a register slot: the operand is its offset in the vCPU block, the block's address is the static offset. */
  private pushOperandOffset(source: OperandSource): void {
    const { code, record } = this.around;
    code.get(record);
    code.memory('i32.load16_u', this.layout.offsetOf(source));
  }

  private load(opcode: MemoryOpcode, address: number): void {
    this.around.code.i32(0);
    this.around.code.memory(opcode, address);
  }

  /** Puts the value of a node on the stack. */
  private push(node: Node): void {
    const { code, record } = this.around;
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
      case 'operand': {
        const offset = this.layout.offsetOf(action.source);
        code.get(record);
        code.memory(
          action.source.kind === 'wide'
            ? 'i64.load'
            : action.source.kind === 'immediate'
              ? 'i64.load32_s'
              : action.source.kind === 'condition'
                ? 'i32.load16_u'
                : 'i32.load',
          offset,
        );
        return;
      }
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
        this.pushOperandOffset(action.source);
        code.memory(node.type === 'i64' ? 'i64.load' : 'i32.load', CPU);
        this.keep(node);
        return;
      case 'write-register':
        this.pushOperandOffset(action.source);
        this.push(operands[0]!);
        if (operands[0]!.type === 'i32') code.op('i64.extend_i32_u');
        code.memory('i64.store', CPU);
        return;
      case 'read-vector':
        this.pushOperandOffset(action.source);
        code.memory(
          ({ 8: 'i32.load8_u', 16: 'i32.load16_u', 32: 'i32.load', 64: 'i64.load', 128: 'v128.load' } as const)[action.bits],
          CPU + V_OFFSET,
        );
        this.keep(node);
        return;
      case 'write-vector':
        this.emitWriteVector(action.source, action.bits, operands[0]!);
        return;
      case 'read-flag':
        this.around.pushFlag(action.flag);
        this.keep(node);
        return;
      case 'write-flag':
        this.push(operands[0]!);
        this.around.popFlag(action.flag);
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
      case 'read-system':
        this.pushOperandOffset(action.source);
        code.memory('i64.load', CPU);
        this.keep(node);
        return;
      case 'write-system':
        this.pushOperandOffset(action.source);
        this.push(operands[0]!);
        code.memory('i64.store', CPU);
        return;
      case 'check-sp':
        this.emitCheckSp(action.source, operands[0]!);
        return;
      case 'call':
        for (const operand of operands) this.push(operand);
        code.call(this.around.functions.runtime(action.name));
        this.keep(node);
        return;
      case 'if': {
        this.push(operands[0]!);
        code.if();
        this.emitBlock(action.met);
        if (action.unmet) {
          code.else();
          this.emitBlock(action.unmet);
        }
        code.end();
        return;
      }
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
        if (this.near) {
          code.get(this.around.record);
          code.memory('i32.load', this.layout.branchOffset!);
          this.around.jumpNear();
        } else {
          this.around.pushPc();
          code.get(this.around.record);
          code.memory('i64.load32_s', this.layout.branchOffset!);
          code.op('i64.add');
          this.around.jump();
        }
        return;
      case 'branch-register': {
        const [target, btype] = operands as [Node, Node];
        if (btype.action.kind !== 'constant' || btype.action.value !== 0n) {
          if (action.branch === 'jump') this.pushJumpType(btype);
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

  /** BTYPE of BR: 3 only from a guarded page, else 1. The fetch TLB entry of this page is in place: it was fetched from. */
  private pushJumpType(btype: Node): void {
    const { code } = this.around;
    this.push(btype);
    this.around.pushPc();
    code.i64(8n);
    code.op('i64.shr_u');
    code.op('i32.wrap_i64');
    code.i32((FETCH_TLB_ENTRIES - 1) << 4);
    code.op('i32.and');
    this.load('i32.load', slotAddress(slots.fetchTlb));
    code.op('i32.add');
    code.memory('i32.load', fetchTlbEntry.flags);
    code.i32(1);
    code.op('i32.and');
    code.i32(1);
    code.op('i32.shl');
    code.i32(1);
    code.op('i32.or');
    code.op('i32.and');
  }

  /** A SIMD&FP scalar write zeroes the rest of the register. */
  private emitWriteVector(source: OperandSource, bits: number, value: Node): void {
    const { code } = this.around;
    if (bits === 128) {
      this.pushOperandOffset(source);
      this.push(value);
      code.memory('v128.store', CPU + V_OFFSET);
      return;
    }
    this.pushOperandOffset(source);
    this.push(value);
    if (bits < 32) {
      code.i32(2 ** bits - 1);
      code.op('i32.and');
    }
    if (bits < 64) code.op('i64.extend_i32_u');
    code.memory('i64.store', CPU + V_OFFSET);
    this.pushOperandOffset(source);
    code.i64(0n);
    code.memory('i64.store', CPU + V_OFFSET + 8);
  }

  /** SP alignment is looked at only where the base is SP and misaligned; whether that faults depends on SCTLR_ELx. */
  private emitCheckSp(source: OperandSource, address: Node): void {
    const { code } = this.around;
    this.push(address);
    code.op('i32.wrap_i64');
    code.i32(15);
    code.op('i32.and');
    code.if();
    this.pushOperandOffset(source);
    code.i32(SP_OPERAND);
    code.op('i32.eq');
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

  private emitAccess(access: Access, addressNode: Node): void {
    const { code } = this.around;
    const address = this.temporary('i64');
    const entry = this.temporary('i32');
    const host = this.temporary('i32');
    this.hostLocals.set(access, host);
    this.resultLocals.set(
      access,
      access.results.map((r) => this.temporary(r.type)),
    );
    const writes = access.kind !== 'read';
    const { aligned, unprivileged } = access.options;
    const alignment = aligned === true ? access.bytes : aligned ? aligned : 1;

    this.push(addressNode);
    code.tee(address);
    code.i64(7n);
    code.op('i64.shr_u');
    code.op('i32.wrap_i64');
    code.i32(0x7fe0);
    code.op('i32.and');
    if (unprivileged) this.load('i32.load', slotAddress(slots.unprivilegedTlb));
    else this.around.pushDataTlb();
    code.op('i32.add');
    code.tee(entry);
    code.memory('i64.load', writes ? dataTlbEntry.write : dataTlbEntry.read);
    code.get(address);
    if (access.bytes > 1) {
      code.i64(BigInt(access.bytes - 1));
      code.op('i64.add');
    }
    code.i64(~0xfffn);
    code.op('i64.and');
    if (alignment > 1) {
      code.get(address);
      code.i64(BigInt(alignment - 1));
      code.op('i64.and');
      code.op('i64.or');
    }
    code.op('i64.eq');
    code.if();
    code.get(address);
    code.op('i32.wrap_i64');
    code.get(entry);
    code.memory('i32.load', dataTlbEntry.addend);
    code.op('i32.add');
    code.set(host);
    if (writes) this.emitAccessBody(access);
    code.else();
    code.get(address);
    code.op('i32.wrap_i64');
    code.get(address);
    code.i64(32n);
    code.op('i64.shr_u');
    code.op('i32.wrap_i64');
    code.i32(
      access.bytes |
        (writes ? accessBits.write : 0) |
        (access.kind === 'read-write' ? accessBits.read : 0) |
        (unprivileged ? accessBits.unprivileged : 0) |
        (access.options.atomic ? accessBits.atomic : 0) |
        (access.options.ordered ? accessBits.ordered : 0) |
        (aligned
          ? accessBits.aligned | (alignment << accessBits.alignShift)
          : (access.options.element ?? access.bytes) << accessBits.alignShift),
    );
    code.call(this.around.functions.access);
    code.tee(host);
    code.op('i32.eqz');
    this.around.faultIf();
    if (writes) {
      this.emitAccessBody(access);
      code.get(host);
      code.i32(SCRATCH_END);
      code.op('i32.lt_u');
      code.if();
      code.call(this.around.functions.commit);
      code.end();
    }
    code.end();
    if (!writes) this.emitAccessBody(access);
  }

  private emitAccessBody(access: Access): void {
    this.emitBlock(access.body);
    const locals = this.resultLocals.get(access)!;
    access.results.forEach((result, k) => {
      this.push(result);
      this.around.code.set(locals[k]!);
    });
  }
}
