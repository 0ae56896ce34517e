import { type RuntimeFunction, runtimeFunctions } from '../../isa/functions/index.ts';
import { loadSlot, popFlag, pushFlag, storeSlot } from '../cpu-block.ts';
import { completedExits, type InterpreterExit } from '../exits.ts';
import { nzcvFunction, nzcvSignature } from '../ir/flag-origins.ts';
import { loopState, RECORD_BYTES, slots } from '../layout.ts';
import type { CodeWriter, Label } from '../wasm/code.ts';
import { ModuleWriter } from '../wasm/module.ts';
import { writeBreakpoint } from './breakpoint.ts';
import { coldFunction, coldSignature, writeCold } from './cold.ts';
import { fetchSignature } from './fetch-refill.ts';
import { type Imports, LoopFrame } from './frame.ts';
import { emitHandler, type HandlerSurroundings } from './handler.ts';
import { builtinHandlers, type Handler, type HandlerTable } from './handlers.ts';
import { writeJump } from './jump.ts';
import { refillFunctions } from './refills.ts';
import { chainFunction, chainSignature, regionSignature, writeCount, writeRegion } from './region-entry.ts';
import { accessSignature, watchedAccessFunction } from './watched-access.ts';

/** How the module imports its memory: must agree with the memory it is given. */
export interface MemoryImport {
  readonly shared: boolean;
  readonly maximumPages: number;
}

/**
 * The interpreter as a WebAssembly module: one function with a loop around a `br_table` over the hot handlers, and a table of functions for the others.
 * Exports `run`, and `nzcv` for translated code; imports are described in interpreter.ts.
 */
export function interpreterModule(table: HandlerTable, memory: MemoryImport): Uint8Array<ArrayBuffer> {
  const module = new ModuleWriter({ module: 'machine', name: 'memory', ...memory });
  const imported = importFunctions(module);
  const refills = refillFunctions(module, imported);
  const imports = { ...imported, ...refills, access: module.function(accessSignature, watchedAccessFunction(refills.access)) };
  const coldFunctions: number[] = [];
  const hot: Handler[] = [];
  for (const handler of table.all()) {
    if (handler.number < table.firstCold) hot.push(handler);
    else coldFunctions.push(coldFunction(module, table, handler, imports));
  }
  const coldType = module.typeIndex(coldSignature);
  const chain = module.function(chainSignature, chainFunction(module.typeIndex(regionSignature)));
  const main = new MainLoop(table, hot, imports, coldType, chain).write();
  module.export('nzcv', module.function(nzcvSignature, nzcvFunction()));
  module.export('run', module.function({ parameters: [], results: [] }, main));
  module.table(coldFunctions, 'table');
  return module.finish();
}

function importFunctions(module: ModuleWriter): Omit<Imports, 'readable'> {
  const access = module.import('machine', 'access', accessSignature);
  const commit = module.import('machine', 'commit', { parameters: [], results: [] });
  const fetch = module.import('machine', 'fetch', fetchSignature);
  const invalidateAddress = module.import('machine', 'invalidateAddress', { parameters: ['i32', 'i32'], results: [] });
  const decode = module.import('machine', 'decode', { parameters: ['i32'], results: [] });
  const hot = module.import('machine', 'hot', { parameters: ['i32', 'i32', 'i32'], results: [] });
  const breakpoint = module.import('machine', 'breakpoint', { parameters: [], results: ['i32'] });
  const runtime = new Map<string, number>();
  for (const [name, f] of Object.entries(runtimeFunctions) as [string, RuntimeFunction][])
    runtime.set(name, module.import('functions', name, { parameters: f.parameters, results: [f.result] }));
  return { access, commit, fetch, invalidateAddress, decode, hot, breakpoint, runtime: (name) => runtime.get(name)! };
}

/** The loop: dispatch, hot handlers, far jumps, and the one way out. */
class MainLoop {
  private readonly frame: LoopFrame;

  constructor(
    private readonly table: HandlerTable,
    private readonly hot: readonly Handler[],
    imports: Imports,
    private readonly coldType: number,
    /** Function that runs regions. */
    private readonly chain: number,
  ) {
    this.frame = new LoopFrame(imports);
  }

  write(): CodeWriter {
    const { frame } = this;
    const { code } = frame;
    this.writeStart();
    frame.loop = code.loop();
    frame.countLabel = code.block();
    frame.jumpLabel = code.block();
    frame.exitLabel = code.block();
    const dispatch = code.loop();
    frame.dispatchLoop = dispatch;
    this.writeDispatch();
    code.end();
    code.unreachable();
    code.end();
    frame.writeExitSequence(() => frame.pushRecordPc());
    code.end();
    writeJump(frame);
    code.end();
    writeCount(frame);
    code.br(frame.loop);
    code.end();
    return code;
  }

  /** A slice starts as if the page before PC had just ended: at a record that only jumps. */
  private writeStart(): void {
    const { frame } = this;
    const { code } = frame;
    code.i32(0);
    code.i32(builtinHandlers.pageEnd);
    code.memory('i32.store', loopState.start);
    code.i32(loopState.start);
    code.set(frame.record);
    frame.setPcBase(() => {
      loadSlot(code, 'i64', slots.pc);
      code.i64(BigInt(loopState.start / 4));
      code.op('i64.sub');
    });
    frame.setLimit(() => {
      loadSlot(code, 'i32', slots.remaining);
      code.i32(4);
      code.op('i32.shl');
      code.i32(loopState.start);
      code.op('i32.add');
    });
  }

  private writeDispatch(): void {
    const { frame } = this;
    const { code } = frame;
    code.get(frame.record);
    frame.pushLimit();
    code.op('i32.eq');
    code.ifUnlikely();
    frame.leave('budget');
    code.end();
    code.get(frame.record);
    code.memory('i32.load16_u', 0);
    code.set(frame.handler);
    const coldLabel = code.block();
    const labels: Label[] = new Array(this.table.firstCold);
    for (let n = this.table.firstCold - 1; n >= 0; n--) labels[n] = code.block();
    frame.handlers = { labels, cold: coldLabel };
    code.get(frame.handler);
    code.brTable(labels, coldLabel);
    const around = this.surroundings();
    for (let n = 0; n < this.table.firstCold; n++) {
      code.end();
      if (n < Object.keys(builtinHandlers).length) this.writeBuiltin(n);
      else emitHandler(around, this.table, this.hot[n - Object.keys(builtinHandlers).length]!);
    }
    code.end();
    writeCold(frame, this.coldType, this.table.firstCold);
  }

  private writeBuiltin(n: number): void {
    const { frame } = this;
    const { code } = frame;
    switch (n) {
      case builtinHandlers.undecoded:
        code.get(frame.record);
        code.call(frame.imports.decode);
        code.br(frame.dispatchLoop);
        return;
      case builtinHandlers.pageEnd:
        frame.pushRecordPc();
        code.set(frame.target);
        code.br(frame.jumpLabel);
        return;
      case builtinHandlers.breakpoint:
        writeBreakpoint(frame);
        return;
      case builtinHandlers.undefined:
        frame.leave('undefined');
        return;
      case builtinHandlers.region:
        writeRegion(frame, this.chain);
        return;
      default:
        frame.leave('unimplemented');
    }
  }

  private surroundings(): HandlerSurroundings {
    const { frame } = this;
    const { code } = frame;
    return {
      code,
      record: frame.record,
      functions: frame.imports,
      leaveForAccess: undefined,
      pushFlag: (flag) => pushFlag(code, flag),
      popFlag: (flag) => popFlag(code, flag),
      pushDataTlb: () => loadSlot(code, 'i32', slots.dataTlb),
      pushPc: () => frame.pushRecordPc(),
      pushRemaining: () => frame.pushRemaining(),
      next: () => {
        frame.advance();
        code.br(frame.dispatchLoop);
      },
      jump: () => {
        code.set(frame.target);
        frame.advance();
        code.br(frame.jumpLabel);
      },
      jumpNear: () => {
        code.set(frame.entry);
        frame.advance();
        code.get(frame.record);
        code.get(frame.entry);
        code.op('i32.add');
        code.set(frame.record);
        frame.setLimit(() => {
          frame.pushLimit();
          code.get(frame.entry);
          code.op('i32.add');
        });
        code.get(frame.entry);
        code.i32(0);
        code.op('i32.lt_s');
        code.brIf(frame.countLabel);
        code.br(frame.dispatchLoop);
      },
      setBtype: () => {
        code.set(frame.entry);
        storeSlot(code, 'i32', slots.btype, frame.entry);
        frame.advance();
        frame.stampBtype();
        code.get(frame.record);
        code.i32(RECORD_BYTES);
        code.op('i32.sub');
        code.set(frame.record);
      },
      exit: (name) => {
        if (completedExits.includes(name as InterpreterExit)) frame.advance();
        frame.leave(name as InterpreterExit);
      },
      faultIf: () => {
        code.if();
        frame.leave('fault');
        code.end();
      },
    };
  }
}
