import { type RuntimeFunction, type RuntimeFunctionName, runtimeFunctions } from '../../isa/functions/index.ts';
import { exitCode, type InterpreterExit } from '../exits.ts';
import { OperationEmitter, type Surroundings } from '../ir/emitter.ts';
import type { Flag } from '../ir/node.ts';
import {
  DECODED_PAGE_BYTES,
  FETCH_TLB_ENTRIES,
  fetchTlbEntry,
  RECORD_BYTES,
  REGION_INFO_OFFSET,
  regionInfo,
  slotAddress,
  slots,
} from '../layout.ts';
import { REGION_STATUS_BITS, regionStatus } from '../region/status.ts';
import { CodeWriter, type Label } from '../wasm/code.ts';
import { ModuleWriter } from '../wasm/module.ts';
import { builtinHandlers, type Handler, type HandlerTable } from './handlers.ts';
import { RecordReading } from './record-reading.ts';

/** How the module imports its memory: must agree with the memory it is given. */
export interface MemoryImport {
  readonly shared: boolean;
  readonly maximumPages: number;
}

const flagSlots: Readonly<Record<Flag, number>> = { n: slots.flagN, z: slots.flagZ, c: slots.flagC, v: slots.flagV };
const flagNames: readonly Flag[] = ['n', 'z', 'c', 'v'];
/** What a cold handler's function returns. */
const cold = { next: 0, exit: 1, jump: 2, fault: 3 } as const;
/** Jumps to an instruction (far, or back in its page) after which it is worth translating. */
const HOT_JUMPS = 1000;
/** A region's function: VA of the page, instructions left → status. */
export const regionSignature = { parameters: ['i64', 'i32'], results: ['i32'] } as const;

/** A handler's place: beside what every operation needs, the record it reads and the short way to another record of its page. */
interface HandlerSurroundings extends Surroundings {
  /** Local that holds the address of the record. */
  readonly record: number;
  /** i32 distance in records' bytes, from the next record, on the stack. */
  jumpNear(): void;
}

interface Imports {
  readonly access: number;
  readonly commit: number;
  readonly fetch: number;
  readonly decode: number;
  readonly hot: number;
  runtime(name: RuntimeFunctionName): number;
}

/**
 * The interpreter as a WebAssembly module: one function with a loop around a `br_table` over the hot handlers, and a table of functions for the others.
 * Exports `run`; imports are described in interpreter.ts.
 */
export function interpreterModule(table: HandlerTable, memory: MemoryImport): Uint8Array<ArrayBuffer> {
  const module = new ModuleWriter({ module: 'machine', name: 'memory', ...memory });
  const imports = importFunctions(module);
  const coldFunctions: number[] = [];
  const hot: Handler[] = [];
  for (const handler of table.all()) {
    if (handler.number < table.firstCold) hot.push(handler);
    else coldFunctions.push(coldFunction(module, table, handler, imports));
  }
  const coldType = module.typeIndex({ parameters: ['i32', 'i64'], results: ['i32'] });
  const main = new MainLoop(table, hot, imports, coldType, module.typeIndex(regionSignature)).write();
  module.export('run', module.function({ parameters: [], results: [] }, main));
  module.table(coldFunctions, 'table');
  return module.finish();
}

function importFunctions(module: ModuleWriter): Imports {
  const access = module.import('machine', 'access', { parameters: ['i32', 'i32', 'i32'], results: ['i32'] });
  const commit = module.import('machine', 'commit', { parameters: [], results: [] });
  const fetch = module.import('machine', 'fetch', { parameters: ['i32', 'i32'], results: ['i32'] });
  const decode = module.import('machine', 'decode', { parameters: ['i32'], results: [] });
  const hot = module.import('machine', 'hot', { parameters: ['i32'], results: [] });
  const runtime = new Map<string, number>();
  for (const [name, f] of Object.entries(runtimeFunctions) as [string, RuntimeFunction][])
    runtime.set(name, module.import('functions', name, { parameters: f.parameters, results: [f.result] }));
  return { access, commit, fetch, decode, hot, runtime: (name) => runtime.get(name)! };
}

/** i32 or i64 load at a fixed address. */
function loadSlot(code: CodeWriter, type: 'i32' | 'i64', slot: number): void {
  code.i32(0);
  code.memory(`${type}.load`, slotAddress(slot));
}

/** Stores a local to a fixed address. */
function storeSlot(code: CodeWriter, type: 'i32' | 'i64', slot: number, local: number): void {
  code.i32(0);
  code.get(local);
  code.memory(`${type}.store`, slotAddress(slot));
}

/** A handler as a function (record, pcBase) → what to do next. Flags are in the vCPU block. */
function coldFunction(module: ModuleWriter, table: HandlerTable, handler: Handler, imports: Imports): number {
  const code = new CodeWriter(2);
  const leave = (how: number): void => {
    code.i32(how);
    code.return();
  };
  const flagValue = { i32: -1, i64: -1 };
  const surroundings: HandlerSurroundings = {
    code,
    record: 0,
    functions: imports,
    leaveForAccess: undefined,
    pushFlag: (flag) => loadSlot(code, flag === 'c' ? 'i32' : 'i64', flagSlots[flag]),
    popFlag: (flag) => {
      const type = flag === 'c' ? 'i32' : 'i64';
      if (flagValue[type] < 0) flagValue[type] = code.local(type);
      code.set(flagValue[type]);
      storeSlot(code, type, flagSlots[flag], flagValue[type]);
    },
    pushDataTlb: () => loadSlot(code, 'i32', slots.dataTlb),
    pushPc: () => pushPc(code, 0, 1),
    next: () => leave(cold.next),
    jump: () => {
      const target = code.temporary('i64');
      code.set(target);
      storeSlot(code, 'i64', slots.exitPayload, target);
      code.release('i64', target);
      leave(cold.jump);
    },
    jumpNear: () => {
      throw new Error('PC-relative branches belong to the loop');
    },
    setBtype: () => {
      const value = code.temporary('i32');
      code.set(value);
      storeSlot(code, 'i32', slots.btype, value);
      code.release('i32', value);
    },
    exit: (name) => {
      code.i32(0);
      code.i32(exitCode(name as InterpreterExit));
      code.memory('i32.store', slotAddress(slots.exitCode));
      leave(cold.exit);
    },
    faultIf: () => {
      code.if();
      leave(cold.fault);
      code.end();
    },
  };
  emitHandler(surroundings, table, handler);
  // Handlers return on every path; WebAssembly wants the end of the body typed all the same.
  code.i32(cold.next);
  return module.function({ parameters: ['i32', 'i64'], results: ['i32'] }, code);
}

/** A combination of statics that the operation refuses is never decoded; should it be, it stops loudly. */
function emitHandler(surroundings: HandlerSurroundings, table: HandlerTable, handler: Handler): void {
  let recorded: ReturnType<HandlerTable['recorded']>;
  try {
    recorded = table.recorded(handler.number, handler);
  } catch {
    surroundings.exit('unimplemented');
    return;
  }
  const reading = new RecordReading(surroundings.code, surroundings.record, recorded.layout, handler.near, surroundings);
  new OperationEmitter(surroundings, reading).emit(recorded.operation);
}

function pushPc(code: CodeWriter, record: number, pcBase: number): void {
  code.get(pcBase);
  code.get(record);
  code.i32(2);
  code.op('i32.shr_u');
  code.op('i64.extend_i32_u');
  code.op('i64.add');
}

/** The loop: dispatch, hot handlers, far jumps, and the one way out. */
class MainLoop {
  private readonly code = new CodeWriter(0);
  private readonly record = this.code.local('i32');
  /** Record at which the budget is used up if nothing branches; a taken branch moves it along, so `limit - record` is always what is left. */
  private readonly limit = this.code.local('i32');
  private readonly pcBase = this.code.local('i64');
  private readonly dataTlb = this.code.local('i32');
  private readonly fetchTlb = this.code.local('i32');
  private readonly target = this.code.local('i64');
  private readonly code32 = this.code.local('i32');
  private readonly entry = this.code.local('i32');
  private readonly handler = this.code.local('i32');
  private readonly flags: Readonly<Record<Flag, number>> = {
    n: this.code.local('i64'),
    z: this.code.local('i64'),
    c: this.code.local('i32'),
    v: this.code.local('i64'),
  };
  private loop!: Label;
  private countLabel!: Label;
  private jumpLabel!: Label;
  private exitLabel!: Label;

  constructor(
    private readonly table: HandlerTable,
    private readonly hot: readonly Handler[],
    private readonly imports: Imports,
    private readonly coldType: number,
    private readonly regionType: number,
  ) {}

  write(): CodeWriter {
    const { code } = this;
    loadSlot(code, 'i32', slots.dataTlb);
    code.set(this.dataTlb);
    loadSlot(code, 'i32', slots.fetchTlb);
    code.set(this.fetchTlb);
    this.loadFlags();
    loadSlot(code, 'i64', slots.pc);
    code.set(this.target);
    loadSlot(code, 'i32', slots.remaining);
    code.i32(4);
    code.op('i32.shl');
    code.set(this.limit);
    // The slice starts as if an instruction had just jumped to PC: `record` is 0, so `limit` is what is left.
    code.i32(1);
    code.set(this.code32);
    this.loop = code.loop();
    this.countLabel = code.block();
    this.jumpLabel = code.block();
    this.exitLabel = code.block();
    code.get(this.code32);
    code.if();
    code.i32(0);
    code.set(this.code32);
    code.br(this.jumpLabel);
    code.end();
    const dispatch = code.loop();
    this.dispatchLoop = dispatch;
    this.writeDispatch();
    code.end();
    code.unreachable();
    code.end();
    this.writeExit();
    code.end();
    this.writeJump();
    code.end();
    this.writeCount();
    code.br(this.loop);
    code.end();
    return code;
  }

  private dispatchLoop!: Label;
  /** The handlers of instructions, by number, and what runs the others. */
  private handlers!: { readonly labels: readonly Label[]; readonly cold: Label };

  private loadFlags(): void {
    for (const f of flagNames) {
      loadSlot(this.code, f === 'c' ? 'i32' : 'i64', flagSlots[f]);
      this.code.set(this.flags[f]);
    }
  }

  private storeFlags(): void {
    for (const f of flagNames) storeSlot(this.code, f === 'c' ? 'i32' : 'i64', flagSlots[f], this.flags[f]);
  }

  private leave(name: InterpreterExit): void {
    this.code.i32(exitCode(name));
    this.code.set(this.code32);
    this.code.br(this.exitLabel);
  }

  private advance(): void {
    const { code } = this;
    code.get(this.record);
    code.i32(RECORD_BYTES);
    code.op('i32.add');
    code.set(this.record);
  }

  private writeDispatch(): void {
    const { code } = this;
    code.get(this.record);
    code.get(this.limit);
    code.op('i32.eq');
    code.if();
    this.leave('budget');
    code.end();
    code.get(this.record);
    code.memory('i32.load16_u', 0);
    code.set(this.handler);
    const coldLabel = code.block();
    const labels: Label[] = new Array(this.table.firstCold);
    for (let n = this.table.firstCold - 1; n >= 0; n--) labels[n] = code.block();
    this.handlers = { labels, cold: coldLabel };
    code.get(this.handler);
    code.brTable(labels, coldLabel);
    const around = this.surroundings();
    for (let n = 0; n < this.table.firstCold; n++) {
      code.end();
      if (n < Object.keys(builtinHandlers).length) this.writeBuiltin(n);
      else emitHandler(around, this.table, this.hot[n - Object.keys(builtinHandlers).length]!);
    }
    code.end();
    this.writeCold();
  }

  private writeBuiltin(n: number): void {
    const { code } = this;
    switch (n) {
      case builtinHandlers.undecoded:
        code.get(this.record);
        code.call(this.imports.decode);
        code.br(this.dispatchLoop);
        return;
      case builtinHandlers.pageEnd:
        pushPc(code, this.record, this.pcBase);
        code.set(this.target);
        code.br(this.jumpLabel);
        return;
      case builtinHandlers.breakpoint:
        this.leave('breakpoint');
        return;
      case builtinHandlers.undefined:
        this.leave('undefined');
        return;
      case builtinHandlers.region:
        this.writeRegion();
        return;
      default:
        this.leave('unimplemented');
    }
  }

  private writeCold(): void {
    const { code } = this;
    this.storeFlags();
    code.get(this.record);
    code.get(this.pcBase);
    code.get(this.handler);
    code.i32(this.table.firstCold);
    code.op('i32.sub');
    code.callIndirect(this.coldType);
    code.set(this.code32);
    this.loadFlags();
    code.get(this.code32);
    code.op('i32.eqz');
    code.if();
    this.advance();
    code.br(this.dispatchLoop);
    code.end();
    code.get(this.code32);
    code.i32(cold.jump);
    code.op('i32.eq');
    code.if();
    this.advance();
    loadSlot(code, 'i64', slots.exitPayload);
    code.set(this.target);
    this.stampBtype();
    code.i32(0);
    code.set(this.code32);
    code.br(this.jumpLabel);
    code.end();
    code.get(this.code32);
    code.i32(cold.fault);
    code.op('i32.eq');
    code.if();
    this.leave('fault');
    code.end();
    loadSlot(code, 'i32', slots.exitCode);
    code.set(this.code32);
    code.get(this.code32);
    code.i32(exitCode('resynchronise'));
    code.op('i32.eq');
    code.if();
    this.advance();
    code.end();
    code.br(this.exitLabel);
  }

  /** BTYPE counts for the instruction at which `remaining` is what it will be after this branch; any later one has BTYPE 0. */
  private stampBtype(): void {
    const { code } = this;
    code.i32(0);
    code.get(this.limit);
    code.get(this.record);
    code.op('i32.sub');
    code.i32(4);
    code.op('i32.shr_u');
    code.memory('i32.store', slotAddress(slots.btypeRemaining));
  }

  private surroundings(): HandlerSurroundings {
    const { code } = this;
    return {
      code,
      record: this.record,
      functions: this.imports,
      leaveForAccess: undefined,
      pushFlag: (flag) => code.get(this.flags[flag]),
      popFlag: (flag) => code.set(this.flags[flag]),
      pushDataTlb: () => code.get(this.dataTlb),
      pushPc: () => pushPc(code, this.record, this.pcBase),
      next: () => {
        this.advance();
        code.br(this.dispatchLoop);
      },
      jump: () => {
        code.set(this.target);
        this.advance();
        code.br(this.jumpLabel);
      },
      jumpNear: () => {
        code.set(this.entry);
        this.advance();
        for (const local of [this.record, this.limit]) {
          code.get(local);
          code.get(this.entry);
          code.op('i32.add');
          code.set(local);
        }
        code.get(this.entry);
        code.i32(0);
        code.op('i32.lt_s');
        code.brIf(this.countLabel);
        code.br(this.dispatchLoop);
      },
      setBtype: () => {
        code.set(this.entry);
        storeSlot(code, 'i32', slots.btype, this.entry);
        this.advance();
        this.stampBtype();
        code.get(this.record);
        code.i32(RECORD_BYTES);
        code.op('i32.sub');
        code.set(this.record);
      },
      exit: (name) => {
        if (name === 'resynchronise') this.advance();
        this.leave(name as InterpreterExit);
      },
      faultIf: () => {
        code.if();
        this.leave('fault');
        code.end();
      },
    };
  }

  /** Finds the records of `target`. `record` is past the branch, so `limit - record` is what is left at the target. */
  private writeJump(): void {
    const { code } = this;
    code.get(this.target);
    code.i64(8n);
    code.op('i64.shr_u');
    code.op('i32.wrap_i64');
    code.i32((FETCH_TLB_ENTRIES - 1) << 4);
    code.op('i32.and');
    code.get(this.fetchTlb);
    code.op('i32.add');
    code.tee(this.entry);
    code.memory('i64.load', fetchTlbEntry.tag);
    // The low two bits stay in the comparison: a misaligned target misses.
    code.get(this.target);
    code.i64(~0xffcn);
    code.op('i64.and');
    code.op('i64.ne');
    code.if();
    this.writeFetchMiss();
    code.end();
    const records = this.code.temporary('i32');
    code.get(this.entry);
    code.memory('i32.load', fetchTlbEntry.records);
    code.set(records);
    // pcBase = page - records / 4
    code.get(this.target);
    code.i64(~0xfffn);
    code.op('i64.and');
    code.get(records);
    code.i32(2);
    code.op('i32.shr_u');
    code.op('i64.extend_i32_u');
    code.op('i64.sub');
    code.set(this.pcBase);
    // New record; limit moves with it.
    code.get(this.target);
    code.op('i32.wrap_i64');
    code.i32(0xffc);
    code.op('i32.and');
    code.i32(2);
    code.op('i32.shl');
    code.get(records);
    code.op('i32.add');
    code.set(records);
    code.get(this.limit);
    code.get(records);
    code.op('i32.add');
    code.get(this.record);
    code.op('i32.sub');
    code.set(this.limit);
    code.get(records);
    code.set(this.record);
    code.release('i32', records);
    // Guarded page and PSTATE.BTYPE in force: the processor looks at the instruction.
    code.get(this.entry);
    code.memory('i32.load', fetchTlbEntry.flags);
    code.if();
    loadSlot(code, 'i32', slots.btype);
    code.if();
    loadSlot(code, 'i32', slots.btypeRemaining);
    code.get(this.limit);
    code.get(this.record);
    code.op('i32.sub');
    code.i32(4);
    code.op('i32.shr_u');
    code.op('i32.eq');
    code.if();
    code.i32(exitCode('branch-target'));
    code.set(this.code32);
    this.writeExitSequence(() => pushPc(code, this.record, this.pcBase));
    code.end();
    code.end();
    code.end();
  }

  /** Pushes the address of what is kept beside the record (layout.ts `regionInfo`). */
  private pushRegionInfo(): void {
    const { code } = this;
    code.get(this.record);
    code.i32(~(DECODED_PAGE_BYTES - 1));
    code.op('i32.and');
    code.get(this.record);
    code.i32(DECODED_PAGE_BYTES - 1);
    code.op('i32.and');
    code.i32(1);
    code.op('i32.shr_u');
    code.op('i32.add');
  }

  /** Counts a jump to the record; one that is jumped to often is worth translating. */
  private writeCount(): void {
    const { code } = this;
    code.get(this.record);
    code.memory('i32.load16_u', 0);
    code.i32(builtinHandlers.region);
    code.op('i32.ne');
    code.if();
    this.pushRegionInfo();
    code.tee(this.entry);
    code.get(this.entry);
    code.memory('i32.load', REGION_INFO_OFFSET + regionInfo.function);
    code.i32(1);
    code.op('i32.add');
    code.tee(this.handler);
    code.memory('i32.store', REGION_INFO_OFFSET + regionInfo.function);
    code.get(this.handler);
    code.i32(HOT_JUMPS);
    code.op('i32.eq');
    code.if();
    code.get(this.record);
    code.call(this.imports.hot);
    code.end();
    code.end();
  }

  /** A region begins at the record: runs it and goes on where and how it says. */
  private writeRegion(): void {
    const { code } = this;
    this.storeFlags();
    pushPc(code, this.record, this.pcBase);
    code.i64(~0xfffn);
    code.op('i64.and');
    code.get(this.limit);
    code.get(this.record);
    code.op('i32.sub');
    code.i32(4);
    code.op('i32.shr_u');
    this.pushRegionInfo();
    code.memory('i32.load', REGION_INFO_OFFSET + regionInfo.function);
    code.callIndirect(this.regionType);
    code.set(this.code32);
    this.loadFlags();
    code.get(this.record);
    code.i32(~(DECODED_PAGE_BYTES - 1));
    code.op('i32.and');
    code.get(this.code32);
    code.i32(REGION_STATUS_BITS);
    code.op('i32.shr_u');
    code.i32(4);
    code.op('i32.shl');
    code.op('i32.add');
    code.set(this.record);
    code.get(this.record);
    loadSlot(code, 'i32', slots.remaining);
    code.i32(4);
    code.op('i32.shl');
    code.op('i32.add');
    code.set(this.limit);
    const blocks = Array.from({ length: 5 }, () => code.block());
    code.get(this.code32);
    code.i32((1 << REGION_STATUS_BITS) - 1);
    code.op('i32.and');
    const byStatus = [regionStatus.dispatch, regionStatus.interpret, regionStatus.jump, regionStatus.exit, regionStatus.exitAfter].map(
      (status) => blocks[4 - status]!,
    );
    code.brTable(byStatus, byStatus[0]!);
    code.end();
    code.i32(0);
    code.set(this.code32);
    code.br(this.dispatchLoop);
    code.end();
    this.writeInterpretOne();
    code.end();
    this.advanceWithLimit();
    loadSlot(code, 'i64', slots.exitPayload);
    code.set(this.target);
    code.i32(0);
    code.set(this.code32);
    code.br(this.jumpLabel);
    code.end();
    loadSlot(code, 'i32', slots.exitCode);
    code.set(this.code32);
    code.br(this.exitLabel);
    code.end();
    this.advanceWithLimit();
    loadSlot(code, 'i32', slots.exitCode);
    code.set(this.code32);
    code.br(this.exitLabel);
  }

  /** The next record, with what is left as it is: the region has counted the instruction already. */
  private advanceWithLimit(): void {
    this.advance();
    const { code } = this;
    code.get(this.limit);
    code.i32(RECORD_BYTES);
    code.op('i32.add');
    code.set(this.limit);
  }

  /** The instruction at the record by its own handler, even where a region begins. */
  private writeInterpretOne(): void {
    const { code } = this;
    code.i32(0);
    code.set(this.code32);
    code.get(this.record);
    code.get(this.limit);
    code.op('i32.eq');
    code.if();
    this.leave('budget');
    code.end();
    code.get(this.record);
    code.memory('i32.load16_u', 0);
    code.i32(builtinHandlers.region);
    code.op('i32.ne');
    code.brIf(this.dispatchLoop);
    this.pushRegionInfo();
    code.memory('i32.load16_u', REGION_INFO_OFFSET + regionInfo.handler);
    code.tee(this.handler);
    // Inside the region's handler only those of the instructions proper are still open: the others never begin a region.
    const { labels, cold: coldLabel } = this.handlers;
    const first = Object.keys(builtinHandlers).length;
    code.i32(first);
    code.op('i32.sub');
    code.brTable(labels.slice(first), coldLabel);
  }

  /** Misaligned, tagged by TBI, or not in the fetch TLB. */
  private writeFetchMiss(): void {
    const { code } = this;
    const leaveAtTarget = (name: InterpreterExit): void => {
      code.i32(exitCode(name));
      code.set(this.code32);
      this.writeExitSequence(() => code.get(this.target));
    };
    this.writeTopByteIgnore();
    code.get(this.target);
    code.op('i32.wrap_i64');
    code.i32(3);
    code.op('i32.and');
    code.if();
    leaveAtTarget('pc-alignment');
    code.end();
    // A slice may end exactly at a jump: then the fetch belongs to the next slice.
    code.get(this.limit);
    code.get(this.record);
    code.op('i32.eq');
    code.if();
    leaveAtTarget('budget');
    code.end();
    code.get(this.target);
    code.op('i32.wrap_i64');
    code.get(this.target);
    code.i64(32n);
    code.op('i64.shr_u');
    code.op('i32.wrap_i64');
    code.call(this.imports.fetch);
    code.op('i32.eqz');
    code.if();
    leaveAtTarget('fault');
    code.end();
    // TBI may have moved the target to another entry.
    code.get(this.target);
    code.i64(8n);
    code.op('i64.shr_u');
    code.op('i32.wrap_i64');
    code.i32((FETCH_TLB_ENTRIES - 1) << 4);
    code.op('i32.and');
    code.get(this.fetchTlb);
    code.op('i32.add');
    code.set(this.entry);
  }

  /** BranchAddr(): with TBI the top byte becomes a copy of bit 55. */
  private writeTopByteIgnore(): void {
    const { code } = this;
    loadSlot(code, 'i32', slots.fetchTbi);
    code.get(this.target);
    code.i64(55n);
    code.op('i64.shr_u');
    code.op('i32.wrap_i64');
    code.i32(1);
    code.op('i32.and');
    code.op('i32.shr_u');
    code.i32(1);
    code.op('i32.and');
    code.if();
    code.get(this.target);
    code.i64(8n);
    code.op('i64.shl');
    code.i64(8n);
    code.op('i64.shr_s');
    code.set(this.target);
    code.end();
  }

  private writeExit(): void {
    this.writeExitSequence(() => pushPc(this.code, this.record, this.pcBase));
  }

  /** Puts everything back into the vCPU block and returns. */
  private writeExitSequence(pushPcValue: () => void): void {
    const { code } = this;
    code.i32(0);
    pushPcValue();
    code.memory('i64.store', slotAddress(slots.pc));
    this.storeFlags();
    storeSlot(code, 'i32', slots.exitCode, this.code32);
    storeSlot(code, 'i32', slots.exitWord, this.record);
    code.i32(0);
    code.get(this.limit);
    code.get(this.record);
    code.op('i32.sub');
    code.i32(4);
    code.op('i32.shr_u');
    code.memory('i32.store', slotAddress(slots.remaining));
    code.return();
  }
}
