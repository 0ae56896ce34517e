import { loadSlot, storeSlot } from '../cpu-block.ts';
import { completedExits, exitCode, type InterpreterExit } from '../exits.ts';
import { pushFetchEntry } from '../interpreter/jump.ts';
import { OperationEmitter } from '../ir/emitter.ts';
import type { Surroundings } from '../ir/surroundings.ts';
import { fetchTlbEntry, RECORDS_PER_PAGE, slotAddress, slots } from '../layout.ts';
import { CodeWriter, type Label } from '../wasm/code.ts';
import { analyse, type Flow } from './flow.ts';
import type { RegionBlock, RegionInstruction } from './graph.ts';
import { RegionFlags } from './lazy-flags.ts';
import { longestPaths, registerBit, type StateSet, writtenBefore, writtenBy } from './paths.ts';
import { ConstantReading } from './reading.ts';
import { registerAccesses } from './registers.ts';
import { regionEnd, regionStatus } from './status.ts';
import { type BlockEmitter, Structure } from './structure.ts';

/** Parameters of a region's function: VA of its first instruction, instructions left. Result: status.ts. */
const ENTRY = 0;
const REMAINING = 1;

const noFlag = (): never => {
  throw new Error('regions keep no single flags');
};

/** What is known on the way that is being emitted. */
interface PathState {
  /** Instructions done that `REMAINING` does not count yet. */
  readonly done: number;
  readonly written: Readonly<StateSet>;
  readonly flags: unknown;
}

/**
 * Emits one region as a function: guest registers and flags in locals. Where control leaves for another region it stores what may have changed on the way
 * there; where it leaves for the slow path or an exit, all that the region changes, by one shared way out.
 */
export class RegionCompiler implements BlockEmitter<PathState> {
  readonly code = new CodeWriter(2);
  private readonly registers = new Map<number, number>();
  /** Made when the first instruction needs them. */
  private flags: RegionFlags | undefined;
  private readonly all: StateSet = { registers: 0, flags: false };
  private readonly result = this.code.local('i32');
  private readonly dataTlb = this.code.local('i32');
  private readonly target = this.code.local('i64');
  private readonly flow: Flow;
  private readonly structure: Structure;
  private readonly before: readonly Readonly<StateSet>[];
  private readonly longest: readonly number[];
  private leaveLabel!: Label;
  private readonly entryPlace: number;
  /** Number of the instruction being emitted, from the start of the entry's page. */
  private place = 0;
  /** Instructions that are done and not counted yet before it. */
  private done = 0;
  /** What may have been written once the instruction being emitted is done. */
  private written: StateSet = { registers: 0, flags: false };

  constructor(
    blocks: readonly RegionBlock[],
    private readonly functions: Surroundings['functions'] & { readonly nzcv: number },
    private readonly knowsWatches = false,
  ) {
    for (const block of blocks) for (const instruction of block.instructions) this.survey(instruction);
    this.entryPlace = blocks[0]!.start;
    this.flow = analyse(blocks[0]!);
    this.structure = new Structure(this.code, this.flow, this);
    this.before = writtenBefore(this.flow);
    this.longest = longestPaths(this.flow);
  }

  /** Finds the registers and flags that need locals. */
  private survey(instruction: RegionInstruction): void {
    const { registers, readsFlags, setsFlags } = registerAccesses(instruction);
    for (const { slot, write } of registers) {
      if (!this.registers.has(slot)) this.registers.set(slot, this.code.local('i64'));
      if (write) this.all.registers |= registerBit(slot);
    }
    if (readsFlags || setsFlags) this.flags ??= new RegionFlags(this.code, this.functions.nzcv);
    this.all.flags ||= setsFlags;
  }

  compile(): CodeWriter {
    const { code } = this;
    this.load('i32', slots.dataTlb, this.dataTlb);
    for (const [slot, local] of this.registers) this.load('i64', slot, local);
    this.flags?.load();
    this.leaveLabel = code.block();
    // A loop looks for itself whether enough instructions are left.
    if (!this.flow.isLoop[0]) this.checkRemaining(0);
    this.structure.emit();
    code.unreachable();
    code.end();
    code.get(REMAINING);
    code.get(this.result);
    code.i32(regionEnd.bits);
    code.op('i32.shr_u');
    code.op('i32.sub');
    code.set(REMAINING);
    this.store(this.all);
    storeSlot(code, 'i32', slots.remaining, REMAINING);
    code.get(this.result);
    code.i32(2 ** regionEnd.bits - 1);
    code.op('i32.and');
    code.op('i64.extend_i32_u');
    return code;
  }

  private load(type: 'i32' | 'i64', slot: number, local: number): void {
    loadSlot(this.code, type, slot);
    this.code.set(local);
  }

  private store(set: Readonly<StateSet>): void {
    for (const [slot, local] of this.registers) if (set.registers & registerBit(slot)) storeSlot(this.code, 'i64', slot, local);
    if (set.flags) this.flags!.store();
  }

  /** Leaves when what is left may end inside block `n` or behind it before the next such look. */
  private checkRemaining(n: number): void {
    const { code } = this;
    code.get(REMAINING);
    code.i32(this.longest[n]!);
    code.op('i32.lt_s');
    code.ifUnlikely();
    const block = this.flow.order[n]!;
    if (block.dispatches) this.leaveForChosen(block);
    else this.leave(regionStatus.interpret, block.start, 0);
    code.end();
  }

  /** Leaves at a dispatch, for the block that it would send control to. */
  private leaveForChosen({ edges }: RegionBlock): void {
    const { code } = this;
    edges.forEach((edge, n) => {
      if (!('block' in edge)) return;
      const isLast = n === edges.length - 1;
      if (!isLast) {
        code.get(this.structure.chosen);
        code.i32(edge.block.entry!);
        code.op('i32.eq');
        code.if();
      }
      this.leave(regionStatus.interpret, edge.block.start, 0);
      if (!isLast) code.end();
    });
  }

  /** Ends the region other than by a jump, at an instruction; `done` instructions are not counted yet. */
  private leave(status: number, place: number, done: number): void {
    const { code } = this;
    const inPage = place >= 0 && place < RECORDS_PER_PAGE;
    const index = inPage ? place : regionEnd.elsewhere;
    if (!inPage) {
      code.i32(0);
      this.pushAddress(place);
      code.memory('i64.store', slotAddress(slots.regionPc));
    }
    const how = regionEnd.flag | (status << regionEnd.statusShift) | (index << regionEnd.indexShift);
    code.i32((done << regionEnd.bits) | how);
    code.set(this.result);
    code.br(this.leaveLabel);
  }

  /** Ends the region with a jump to the address on the stack; `done` instructions are not counted yet. */
  private leaveFor(done: number): void {
    const { code } = this;
    this.store(this.written);
    code.i32(0);
    code.get(REMAINING);
    code.i32(done);
    code.op('i32.sub');
    code.memory('i32.store', slotAddress(slots.remaining));
    code.return();
  }

  private pushAddress(place: number): void {
    const { code } = this;
    code.get(ENTRY);
    if (place === this.entryPlace) return;
    code.i64(BigInt((place - this.entryPlace) * 4));
    code.op('i64.add');
  }

  // ---- paths

  meet(n: number): void {
    this.done = 0;
    this.flags?.forget();
    if (this.flow.isLoop[n]) this.checkRemaining(n);
  }

  join(): void {
    if (this.done === 0) return;
    const { code } = this;
    code.get(REMAINING);
    code.i32(this.done);
    code.op('i32.sub');
    code.set(REMAINING);
  }

  state(): PathState {
    return { done: this.done, written: { ...this.written }, flags: this.flags?.state() };
  }

  restore({ done, written, flags }: PathState): void {
    this.done = done;
    this.written = { ...written };
    this.flags?.restore(flags);
  }

  dispatch(place: number): void {
    this.pushAddress(place);
    this.leaveFor(this.done);
  }

  body(block: RegionBlock, n: number): void {
    this.written = { ...this.before[n]! };
    const around = this.surroundings();
    for (const instruction of block.instructions) {
      this.place = instruction.place;
      const { registers, flags } = writtenBy(instruction);
      this.written.registers |= registers;
      this.written.flags ||= flags;
      this.instruction(instruction, around, block);
      this.done++;
    }
    if (block.guard !== undefined) this.checkPage(block, block.guard);
  }

  /** The function called lies in another page: goes on only where that is the one it was made from, still mapped there. */
  private checkPage({ edges }: RegionBlock, records: number): void {
    const [callee] = edges;
    if (!callee || !('block' in callee)) return;
    const { code } = this;
    const entry = code.temporary('i32');
    this.pushAddress(callee.block.start);
    code.set(this.target);
    pushFetchEntry(code, this.target, () => loadSlot(code, 'i32', slots.fetchTlb));
    code.tee(entry);
    code.memory('i64.load', fetchTlbEntry.tag);
    code.get(this.target);
    code.i64(~0xfffn);
    code.op('i64.and');
    code.op('i64.ne');
    code.get(entry);
    code.memory('i32.load', fetchTlbEntry.records);
    code.i32(records);
    code.op('i32.ne');
    code.op('i32.or');
    code.release('i32', entry);
    code.ifUnlikely();
    this.dispatch(callee.block.start);
    code.end();
  }

  private instruction(instruction: RegionInstruction, around: Surroundings, { edges }: RegionBlock): void {
    const { code } = this;
    const reading = new ConstantReading(
      code,
      instruction.fields,
      (slot) => this.registers.get(slot)!,
      (offset) => {
        this.pushAddress(instruction.place + offset / 4);
        this.leaveFor(this.done + 1);
      },
    );
    const emitter = new OperationEmitter(around, reading);
    const { kind } = instruction.shape;
    if (kind === 'conditional') emitter.emitUpToCondition(instruction.operation);
    else if (edges.length > 0 && (kind === 'branch' || kind === 'call' || kind === 'return')) emitter.emitUpToBranch(instruction.operation);
    else emitter.emit(instruction.operation);
  }

  // ---- what surrounds an instruction

  private surroundings(): Surroundings {
    const { code } = this;
    return {
      code,
      functions: this.functions,
      ...(this.flags ? { lazyFlags: this.flags } : {}),
      knowsWatches: this.knowsWatches,
      leaveForAccess: () => this.leave(regionStatus.interpret, this.place, this.done),
      pushFlag: noFlag,
      popFlag: noFlag,
      pushDataTlb: () => code.get(this.dataTlb),
      pushPc: () => this.pushAddress(this.place),
      pushRemaining: () => {
        code.get(REMAINING);
        code.i32(this.done);
        code.op('i32.sub');
      },
      next: () => {},
      jump: () => this.jump(),
      setBtype: () => {
        const value = code.temporary('i32');
        code.set(value);
        storeSlot(code, 'i32', slots.btype, value);
        code.i32(0);
        code.get(REMAINING);
        code.i32(this.done + 1);
        code.op('i32.sub');
        code.memory('i32.store', slotAddress(slots.btypeRemaining));
        code.release('i32', value);
      },
      exit: (name) => {
        code.i32(0);
        code.i32(exitCode(name as InterpreterExit));
        code.memory('i32.store', slotAddress(slots.exitCode));
        if (completedExits.includes(name as InterpreterExit)) this.leave(regionStatus.exitAfter, this.place, this.done + 1);
        else this.leave(regionStatus.exit, this.place, this.done);
      },
      faultIf: () => {
        throw new Error('regions leave for the slow path');
      },
    };
  }

  /** To a target that only the guest knows, i64 on the stack. */
  private jump(): void {
    const { code } = this;
    code.tee(this.target);
    code.op('i32.wrap_i64');
    code.i32(3);
    code.op('i32.and');
    code.ifUnlikely();
    storeSlot(code, 'i64', slots.exitPayload, this.target);
    this.leave(regionStatus.jump, this.place, this.done + 1);
    code.end();
    code.get(this.target);
    this.leaveFor(this.done + 1);
  }
}
