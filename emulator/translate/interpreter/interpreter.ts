import { type RuntimeFunction, runtimeFunctions } from '../../isa/functions/index.ts';
import { allInstructions } from '../../isa/table.ts';
import { slotAddress, slots } from '../layout.ts';
import { HandlerTable } from './handlers.ts';
import { interpreterModule, type MemoryImport } from './module.ts';

/** What generated code asks of the machine around it. Addresses of guest memory come as two i32 halves. */
export interface HostImports {
  /** Slow path of a data access (`flags` as in layout.ts `access`): host address to use, or 0: the access faulted and the machine has noted why. */
  access(vaLow: number, vaHigh: number, flags: number): number;
  /** A write that crossed pages is in the scratch bytes: copy it out. */
  commit(): void;
  /** Translates PC for execution and fills its fetch TLB entry: address of the page's records, or 0: the fetch faulted. */
  fetch(pcLow: number, pcHigh: number): number;
  /** TLBI by VA, with its operand. */
  invalidateAddress(low: number, high: number): void;
  /** Predecodes the record at this address. */
  decode(record: number): void;
  /** The record at this address is jumped to often; PC of its instruction. */
  hot(record: number, pcLow: number, pcHigh: number): void;
  /** The instruction at PC has a breakpoint; the registers are in their slots. Not 0: leave with `breakpoint`; 0: execute it. */
  breakpoint(): number;
}

/** The generated interpreter, bound to one machine's memory. */
export interface Interpreter {
  /** Runs the vCPU in the block at `CPU` from `slots.pc` until it exits; the slots say why. */
  run(): void;
}

/** What translated code needs of the interpreter's module. */
export interface TranslationSupport {
  /** Functions that generated code calls by number: cold handlers first; translated regions are added. */
  readonly table: WebAssembly.Table;
  /** N:Z:C:V of any origin (ir/flag-origins.ts). */
  readonly nzcv: CallableFunction;
}

/** The interpreter with what translated code is added to. */
export interface GeneratedInterpreter extends Interpreter, TranslationSupport {}

let shared: HandlerTable | undefined;

/** Handler numbers of the whole instruction table. */
export function handlerTable(): HandlerTable {
  shared ??= new HandlerTable(allInstructions);
  return shared;
}

/** Bytes of the interpreter module. The same for every machine with the same kind of memory: the build writes them to a file. */
export function generateInterpreter(memory: MemoryImport): Uint8Array<ArrayBuffer> {
  return interpreterModule(handlerTable(), memory);
}

/** PSTATE.BTYPE in SPSR format. */
const BTYPE_SHIFT = 10;
const BTYPE_MASK = 3 << BTYPE_SHIFT;

/**
 * Binds the compiled interpreter to a memory.
 * @param wordOf Instruction word of a predecoded record, 0 where the address is none.
 */
export function instantiate(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  host: HostImports,
  wordOf: (record: number) => number,
): GeneratedInterpreter {
  const functions: Record<string, (...operands: never[]) => number | bigint> = {};
  for (const [name, f] of Object.entries(runtimeFunctions) as [string, RuntimeFunction][]) functions[name] = f.run;
  const imports = { machine: { memory, ...host, breakpoint: () => atBreakpoint() }, functions };
  const instance = new WebAssembly.Instance(module, imports as unknown as WebAssembly.Imports);
  const runGenerated = instance.exports.run as () => void;
  const words = new Int32Array(memory.buffer);
  const at = (slot: number): number => slotAddress(slot) >> 2;
  const [pstate, btype, btypeRemaining, remaining, exitWord] = [
    at(slots.pstate),
    at(slots.btype),
    at(slots.btypeRemaining),
    at(slots.remaining),
    at(slots.exitWord),
  ] as const;
  /** BTYPE is in PSTATE while the host looks at it. */
  const atBreakpoint = (): number => {
    if (words[btypeRemaining] === words[remaining]) words[pstate]! |= words[btype]! << BTYPE_SHIFT;
    const stop = host.breakpoint();
    words[pstate]! &= ~BTYPE_MASK;
    return stop;
  };
  return {
    table: instance.exports.table as WebAssembly.Table,
    nzcv: instance.exports.nzcv as CallableFunction,
    run() {
      // BTYPE holds for one instruction only: generated code keeps it beside the count of the instruction it holds for.
      words[btype] = (words[pstate]! & BTYPE_MASK) >> BTYPE_SHIFT;
      words[btypeRemaining] = words[remaining]!;
      words[pstate]! &= ~BTYPE_MASK;
      runGenerated();
      if (words[btypeRemaining] === words[remaining]) words[pstate]! |= words[btype]! << BTYPE_SHIFT;
      words[exitWord] = wordOf(words[exitWord]!);
    },
  };
}
