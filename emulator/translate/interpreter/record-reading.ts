import type { Fields } from '../../isa/instruction.ts';
import type { OperandSource } from '../ir/node.ts';
import type { Reading } from '../ir/surroundings.ts';
import { CPU, SYSTEM_OFFSET } from '../layout.ts';
import type { CodeWriter } from '../wasm/code.ts';
import { type RecordLayout, SP_OPERAND } from './record.ts';

/** The interpreter's reading: every operand is fetched from the predecoded record at run time. */
export class RecordReading implements Reading {
  /**
   * @param record Local that holds the address of the record.
   * @param jump Jumps to the i64 on the stack. `jumpNear`: by the i32 on the stack, bytes of records from the next one.
   */
  constructor(
    private readonly code: CodeWriter,
    private readonly record: number,
    private readonly layout: RecordLayout,
    private readonly near: boolean,
    private readonly around: { pushPc(): void; jump(): void; jumpNear(): void },
  ) {}

  pushRegister(source: OperandSource, type: 'i32' | 'i64'): void {
    this.pushOffset(source);
    this.code.memory(`${type}.load`, CPU);
  }

  storeRegister(source: OperandSource, type: 'i32' | 'i64', push: () => void): void {
    this.pushOffset(source);
    push();
    if (type === 'i32') this.code.op('i64.extend_i32_u');
    this.code.memory('i64.store', CPU);
  }

  /** The operand is the offset in the vCPU block, where the operation does not say it itself. */
  pushOffset(source: OperandSource): number {
    if (source.kind === 'system-slot') {
      this.code.i32(0);
      return SYSTEM_OFFSET + source.slot * 8;
    }
    this.code.get(this.record);
    this.code.memory('i32.load16_u', this.layout.offsetOf(source));
    return 0;
  }

  pushOperand(source: OperandSource): void {
    this.code.get(this.record);
    const loads = { wide: 'i64.load', immediate: 'i64.load32_s', condition: 'i32.load16_u' } as const;
    this.code.memory(loads[source.kind as keyof typeof loads] ?? 'i32.load', this.layout.offsetOf(source));
  }

  pushIsStackPointer(source: OperandSource): boolean {
    this.pushOffset(source);
    this.code.i32(SP_OPERAND);
    this.code.op('i32.eq');
    return true;
  }

  branch(_offset: (f: Fields) => number): void {
    const { code } = this;
    if (this.near) {
      code.get(this.record);
      code.memory('i32.load', this.layout.branchOffset!);
      this.around.jumpNear();
      return;
    }
    this.around.pushPc();
    code.get(this.record);
    code.memory('i64.load32_s', this.layout.branchOffset!);
    code.op('i64.add');
    this.around.jump();
  }
}
