import type { RuntimeFunctionName } from '../../isa/functions/index.ts';
import { flagNames, flagSlots, flagType, loadSlot, storeSlot } from '../cpu-block.ts';
import { exitCode, type InterpreterExit } from '../exits.ts';
import { OperationEmitter } from '../ir/emitter.ts';
import type { Block, Flag, Node } from '../ir/node.ts';
import type { Surroundings } from '../ir/surroundings.ts';
import { RECORDS_PER_PAGE, slotAddress, slots } from '../layout.ts';
import { CodeWriter, type Label } from '../wasm/code.ts';
import { BlockComparisons } from './comparisons.ts';
import { analyse } from './dominators.ts';
import type { RegionBlock, RegionInstruction } from './graph.ts';
import { ConstantReading, registerSlot } from './reading.ts';
import { REGION_STATUS_BITS, regionStatus } from './status.ts';
import { type BlockEmitter, Structure } from './structure.ts';

/** Parameters of a region's function: VA of the page, instructions left. Result: status.ts. */
const PAGE = 0;
const REMAINING = 1;

/** Every node of an operation, nested ones too. */
export function* allNodes(block: Block): Generator<Node> {
  for (const node of block.nodes) {
    yield node;
    const { action } = node;
    if (action.kind === 'if' || action.kind === 'choose') {
      yield* allNodes(action.met);
      if (action.unmet) yield* allNodes(action.unmet);
    }
    if (action.kind === 'access') yield* allNodes(action.access.body);
  }
}

/** Emits one region as a function: guest registers and flags in locals, one way out that stores what may have changed. */
export class RegionCompiler implements BlockEmitter {
  readonly code = new CodeWriter(2);
  private readonly registers = new Map<number, number>();
  private readonly written = new Set<number>();
  private readonly flags = new Map<Flag, number>();
  private readonly writtenFlags = new Set<Flag>();
  private readonly result = this.code.local('i32');
  private readonly dataTlb = this.code.local('i32');
  private readonly scratch = this.code.local('i64');
  private readonly comparisons = new BlockComparisons(this.code);
  private leaveLabel!: Label;
  /** Instruction being emitted: its number in the page, and how many of its block are not done before it. */
  private index = 0;
  private undone = 0;

  constructor(
    private readonly blocks: readonly RegionBlock[],
    private readonly functions: Surroundings['functions'],
    private readonly knowsWatches = false,
  ) {
    for (const block of blocks) for (const instruction of block.instructions) this.survey(instruction);
  }

  /** Finds the registers and flags that need locals. */
  private survey({ operation, fields }: RegionInstruction): void {
    for (const { action } of allNodes(operation.body)) {
      if (action.kind === 'read-register' || action.kind === 'write-register') {
        const slot = registerSlot(action.source, fields);
        if (slot === slots.zero || slot === slots.discard) continue;
        if (!this.registers.has(slot)) this.registers.set(slot, this.code.local('i64'));
        if (action.kind === 'write-register') this.written.add(slot);
      } else if (action.kind === 'read-flag' || action.kind === 'write-flag') {
        const { flag } = action;
        if (!this.flags.has(flag)) this.flags.set(flag, this.code.local(flagType(flag)));
        if (action.kind === 'write-flag') this.writtenFlags.add(flag);
      }
    }
  }

  compile(): CodeWriter {
    const { code } = this;
    this.load('i32', slots.dataTlb, this.dataTlb);
    for (const [slot, local] of this.registers) this.load('i64', slot, local);
    for (const [flag, local] of this.flags) this.load(flagType(flag), flagSlots[flag], local);
    this.leaveLabel = code.block();
    new Structure(code, analyse(this.blocks[0]!), this).emit();
    code.unreachable();
    code.end();
    for (const [slot, local] of this.registers) if (this.written.has(slot)) storeSlot(this.code, 'i64', slot, local);
    for (const flag of flagNames)
      if (this.writtenFlags.has(flag)) storeSlot(this.code, flagType(flag), flagSlots[flag], this.flags.get(flag)!);
    storeSlot(this.code, 'i32', slots.remaining, REMAINING);
    code.get(this.result);
    return code;
  }

  private load(type: 'i32' | 'i64', slot: number, local: number): void {
    loadSlot(this.code, type, slot);
    this.code.set(local);
  }

  /** Ends the region at an instruction; `undone` instructions of the block were counted and not executed. */
  private leave(status: number, index: number, undone: number): void {
    const { code } = this;
    if (undone > 0) {
      code.get(REMAINING);
      code.i32(undone);
      code.op('i32.add');
      code.set(REMAINING);
    }
    code.i32((index << REGION_STATUS_BITS) | status);
    code.set(this.result);
    code.br(this.leaveLabel);
  }

  dispatch(index: number): void {
    if (index >= 0 && index < RECORDS_PER_PAGE) {
      this.leave(regionStatus.dispatch, index, 0);
      return;
    }
    // Another page: a jump like any other.
    const { code } = this;
    code.get(PAGE);
    code.i64(BigInt(index * 4));
    code.op('i64.add');
    code.set(this.scratch);
    storeSlot(this.code, 'i64', slots.exitPayload, this.scratch);
    this.leave(regionStatus.jump, 0, 0);
  }

  body(block: RegionBlock): void {
    const { code } = this;
    const count = block.instructions.length;
    code.get(REMAINING);
    code.i32(count);
    code.op('i32.lt_s');
    code.if();
    this.leave(regionStatus.interpret, block.start, 0);
    code.end();
    code.get(REMAINING);
    code.i32(count);
    code.op('i32.sub');
    code.set(REMAINING);
    this.comparisons.forget();
    const around = this.surroundings();
    block.instructions.forEach((instruction, k) => {
      this.index = instruction.index;
      this.undone = count - k;
      const reading = new ConstantReading(
        code,
        instruction.fields,
        (slot) => this.registers.get(slot)!,
        (offset) => {
          around.pushPc();
          code.i64(BigInt(offset));
          code.op('i64.add');
          around.jump();
        },
      );
      const emitter = new OperationEmitter(around, reading);
      if (instruction.shape.kind === 'conditional') emitter.emitUpToCondition(instruction.operation);
      else if (instruction.shape.kind !== 'branch') emitter.emit(instruction.operation);
    });
  }

  private surroundings(): Surroundings {
    const { code } = this;
    return {
      code,
      functions: this.functions,
      comparisons: this.comparisons,
      leaveForAccess: () => this.leave(regionStatus.interpret, this.index, this.undone),
      knowsWatches: this.knowsWatches,
      pushFlag: (flag) => code.get(this.flags.get(flag)!),
      popFlag: (flag) => code.set(this.flags.get(flag)!),
      pushDataTlb: () => code.get(this.dataTlb),
      pushPc: () => {
        code.get(PAGE);
        code.i64(BigInt(this.index * 4));
        code.op('i64.add');
      },
      next: () => {},
      jump: () => {
        code.set(this.scratch);
        storeSlot(this.code, 'i64', slots.exitPayload, this.scratch);
        this.leave(regionStatus.jump, this.index, this.undone - 1);
      },
      setBtype: () => {
        const value = code.temporary('i32');
        code.set(value);
        storeSlot(this.code, 'i32', slots.btype, value);
        storeSlot(this.code, 'i32', slots.btypeRemaining, REMAINING);
        code.release('i32', value);
      },
      exit: (name) => {
        code.i32(0);
        code.i32(exitCode(name as InterpreterExit));
        code.memory('i32.store', slotAddress(slots.exitCode));
        if (name === 'resynchronise') this.leave(regionStatus.exitAfter, this.index, this.undone - 1);
        else this.leave(regionStatus.exit, this.index, this.undone);
      },
      faultIf: () => {
        throw new Error('regions leave for the slow path');
      },
    };
  }
}

/** Runtime functions that the regions call. */
export function calledFunctions(blocks: readonly RegionBlock[]): Set<RuntimeFunctionName> {
  const names = new Set<RuntimeFunctionName>();
  for (const block of blocks)
    for (const { operation } of block.instructions)
      for (const { action } of allNodes(operation.body)) if (action.kind === 'call') names.add(action.name);
  return names;
}
