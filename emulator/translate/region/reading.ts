import type { Fields } from '../../isa/instruction.ts';
import { conditionTruthTable } from '../ir/conditions.ts';
import type { OperandSource } from '../ir/node.ts';
import type { Reading } from '../ir/surroundings.ts';
import { SYSTEM_OFFSET, slots } from '../layout.ts';
import type { CodeWriter } from '../wasm/code.ts';

const numberOf = (f: Fields, field: string | ((f: Fields) => number)): number => (typeof field === 'string' ? f[field]! : field(f));

/** The slot a register operand names: 0–30, `slots.sp`, `slots.zero` or `slots.discard`. */
export function registerSlot(source: OperandSource, fields: Fields): number {
  if (source.kind !== 'register' && source.kind !== 'sp-mask') throw new Error('not a register');
  const n = numberOf(fields, source.field);
  if (n < 31) return n;
  if (source.kind === 'sp-mask' || source.role === 'sp') return slots.sp;
  return source.role === 'read' ? slots.zero : slots.discard;
}

/** The translator's reading: operands are known, general-purpose registers are locals. */
export class ConstantReading implements Reading {
  /** @param local The i64 local that holds a register slot. */
  constructor(
    private readonly code: CodeWriter,
    private readonly fields: Fields,
    private readonly local: (slot: number) => number,
    private readonly takeBranch: (offset: number) => void,
  ) {}

  pushRegister(source: OperandSource, type: 'i32' | 'i64'): void {
    const slot = registerSlot(source, this.fields);
    if (slot === slots.zero) {
      if (type === 'i32') this.code.i32(0);
      else this.code.i64(0n);
      return;
    }
    this.code.get(this.local(slot));
    if (type === 'i32') this.code.op('i32.wrap_i64');
  }

  storeRegister(source: OperandSource, type: 'i32' | 'i64', push: () => void): void {
    push();
    const slot = registerSlot(source, this.fields);
    if (slot === slots.discard) {
      this.code.drop();
      return;
    }
    if (type === 'i32') this.code.op('i64.extend_i32_u');
    this.code.set(this.local(slot));
  }

  pushOffset(source: OperandSource): number {
    this.code.i32(0);
    if (source.kind === 'vector') return (numberOf(this.fields, source.field) & 31) * 16;
    if (source.kind === 'system-slot') return SYSTEM_OFFSET + source.slot * 8;
    if (source.kind === 'system') return SYSTEM_OFFSET + source.of(this.fields) * 8;
    throw new Error(`a ${source.kind} has no place in the vCPU block`);
  }

  pushOperand(source: OperandSource): void {
    switch (source.kind) {
      case 'immediate':
        this.code.i64(BigInt(source.of(this.fields)));
        return;
      case 'wide':
        this.code.i64(source.of(this.fields));
        return;
      case 'small':
        this.code.i32(source.of(this.fields));
        return;
      case 'condition':
        this.code.i32(conditionTruthTable(source.of(this.fields)));
        return;
      default:
        throw new Error(`a ${source.kind} is not an immediate`);
    }
  }

  known(of: (f: Fields) => number): number {
    return of(this.fields);
  }

  pushIsStackPointer(source: OperandSource): boolean {
    if (registerSlot(source, this.fields) !== slots.sp) return false;
    this.code.i32(1);
    return true;
  }

  branch(offset: (f: Fields) => number): void {
    this.takeBranch(offset(this.fields));
  }
}
