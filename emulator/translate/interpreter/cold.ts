import { loadSlot, popFlag, pushFlag, storeSlot } from '../cpu-block.ts';
import { completedExits, exitCode, type InterpreterExit } from '../exits.ts';
import { slotAddress, slots } from '../layout.ts';
import { CodeWriter } from '../wasm/code.ts';
import type { ModuleWriter } from '../wasm/module.ts';
import { type Imports, type LoopFrame, pushPc, pushRemaining } from './frame.ts';
import { emitHandler, type HandlerSurroundings } from './handler.ts';
import type { Handler, HandlerTable } from './handlers.ts';

/** What a cold handler's function returns. */
const cold = { next: 0, exit: 1, jump: 2, fault: 3 } as const;
export const coldSignature = { parameters: ['i32'], results: ['i32'] } as const;

/** A handler as a function (record) → what to do next. */
export function coldFunction(module: ModuleWriter, table: HandlerTable, handler: Handler, imports: Imports): number {
  const code = new CodeWriter(1);
  const leave = (how: number): void => {
    code.i32(how);
    code.return();
  };
  const surroundings: HandlerSurroundings = {
    code,
    record: 0,
    functions: imports,
    leaveForAccess: undefined,
    pushFlag: (flag) => pushFlag(code, flag),
    popFlag: (flag) => popFlag(code, flag),
    pushDataTlb: () => loadSlot(code, 'i32', slots.dataTlb),
    pushPc: () => pushPc(code, 0),
    pushRemaining: () => pushRemaining(code, 0),
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
  return module.function(coldSignature, code);
}

/** Runs the function of the handler in `handler`, and goes on as it says. */
export function writeCold(frame: LoopFrame, coldType: number, firstCold: number): void {
  const { code } = frame;
  code.get(frame.record);
  code.get(frame.handler);
  code.i32(firstCold);
  code.op('i32.sub');
  code.callIndirect(coldType);
  code.tee(frame.code32);
  code.op('i32.eqz');
  code.if();
  frame.advance();
  code.br(frame.dispatchLoop);
  code.end();
  code.get(frame.code32);
  code.i32(cold.jump);
  code.op('i32.eq');
  code.if();
  frame.advance();
  loadSlot(code, 'i64', slots.exitPayload);
  code.set(frame.target);
  frame.stampBtype();
  code.br(frame.jumpLabel);
  code.end();
  code.get(frame.code32);
  code.i32(cold.fault);
  code.op('i32.eq');
  code.if();
  frame.leave('fault');
  code.end();
  loadSlot(code, 'i32', slots.exitCode);
  code.set(frame.code32);
  for (const name of completedExits) {
    code.get(frame.code32);
    code.i32(exitCode(name));
    code.op('i32.eq');
    code.if();
    frame.advance();
    code.end();
  }
  code.br(frame.exitLabel);
}
