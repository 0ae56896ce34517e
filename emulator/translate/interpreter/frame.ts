import type { RuntimeFunctionName } from '../../isa/functions/index.ts';
import { loadSlot, storeSlot } from '../cpu-block.ts';
import { exitCode, type InterpreterExit } from '../exits.ts';
import { loopState, RECORD_BYTES, slotAddress, slots } from '../layout.ts';
import { CodeWriter, type Label } from '../wasm/code.ts';

/** Function indices of what the module imports. */
export interface Imports {
  readonly access: number;
  readonly commit: number;
  readonly fetch: number;
  readonly invalidateAddress: number;
  /** Not an import: it is in the module. */
  readonly readable: number;
  readonly decode: number;
  readonly hot: number;
  readonly breakpoint: number;
  runtime(name: RuntimeFunctionName): number;
}

/** Address of the instruction of a record: `pcBase` is the page's VA less a quarter of its records' address. */
export function pushPc(code: CodeWriter, record: number): void {
  code.i32(0);
  code.memory('i64.load', loopState.pcBase);
  code.get(record);
  code.i32(2);
  code.op('i32.shr_u');
  code.op('i64.extend_i32_u');
  code.op('i64.add');
}

/** Instructions left at a record, i32. */
export function pushRemaining(code: CodeWriter, record: number): void {
  code.i32(0);
  code.memory('i32.load', loopState.limit);
  code.get(record);
  code.op('i32.sub');
  code.i32(4);
  code.op('i32.shr_u');
}

/**
 * Locals and labels that the parts of the interpreter's loop share, and the steps that several of them take. `record` alone lives from one instruction to the next;
 * whatever else does is in memory (layout.ts `loopState`).
 */
export class LoopFrame {
  readonly code = new CodeWriter(0);
  readonly record = this.code.local('i32');
  readonly target = this.code.local('i64');
  /** An exit's number or a function's result. */
  readonly code32 = this.code.local('i32');
  readonly entry = this.code.local('i32');
  readonly handler = this.code.local('i32');
  /** Outer loop: entered at the start, after jumps and after backward branches. */
  loop!: Label;
  /** Inner loop: the next record. */
  dispatchLoop!: Label;
  countLabel!: Label;
  jumpLabel!: Label;
  exitLabel!: Label;
  /** The handlers of instructions, by number, and what runs the cold ones. */
  handlers!: { readonly labels: readonly Label[]; readonly cold: Label };

  constructor(readonly imports: Imports) {}

  /** Record at which the budget is used up if nothing branches; a taken branch moves it along, so `limit - record` is always what is left. */
  pushLimit(): void {
    this.code.i32(0);
    this.code.memory('i32.load', loopState.limit);
  }

  setLimit(push: () => void): void {
    this.code.i32(0);
    push();
    this.code.memory('i32.store', loopState.limit);
  }

  setPcBase(push: () => void): void {
    this.code.i32(0);
    push();
    this.code.memory('i64.store', loopState.pcBase);
  }

  pushFetchTlb(): void {
    loadSlot(this.code, 'i32', slots.fetchTlb);
  }

  /** Leaves the loop at the record. */
  leave(name: InterpreterExit): void {
    this.code.i32(exitCode(name));
    this.code.set(this.code32);
    this.code.br(this.exitLabel);
  }

  /** The next record. */
  advance(): void {
    const { code } = this;
    code.get(this.record);
    code.i32(RECORD_BYTES);
    code.op('i32.add');
    code.set(this.record);
  }

  pushRecordPc(): void {
    pushPc(this.code, this.record);
  }

  /** Instructions left, i32. */
  pushRemaining(): void {
    pushRemaining(this.code, this.record);
  }

  /** BTYPE counts for the instruction at which `remaining` is what it will be after this branch; any later one has BTYPE 0. */
  stampBtype(): void {
    const { code } = this;
    code.i32(0);
    this.pushRemaining();
    code.memory('i32.store', slotAddress(slots.btypeRemaining));
  }

  /** Puts everything back into the vCPU block and returns. */
  writeExitSequence(pushPcValue: () => void): void {
    const { code } = this;
    this.storeState(pushPcValue);
    storeSlot(code, 'i32', slots.exitCode, this.code32);
    storeSlot(code, 'i32', slots.exitWord, this.record);
    code.return();
  }

  /** Puts what the loop keeps elsewhere into the vCPU block: PC, what is left. */
  storeState(pushPcValue: () => void): void {
    const { code } = this;
    code.i32(0);
    pushPcValue();
    code.memory('i64.store', slotAddress(slots.pc));
    code.i32(0);
    this.pushRemaining();
    code.memory('i32.store', slotAddress(slots.remaining));
  }
}
