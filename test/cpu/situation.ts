import { Clock } from '../../emulator/cpu/clock.ts';
import { type Core, writePstate } from '../../emulator/cpu/core.ts';
import { Processor } from '../../emulator/cpu/processor.ts';
import { findProfile } from '../../emulator/cpu/profiles/index.ts';
import { CpuState } from '../../emulator/cpu/state.ts';
import { systemRegisters as registers, systemRegisterSlot } from '../../emulator/isa/registers/index.ts';
import { Fault } from '../../emulator/memory/fault.ts';
import { exitCode, type InterpreterExit } from '../../emulator/translate/exits.ts';
import { CPU, CPU_BYTES, slots } from '../../emulator/translate/layout.ts';

/** What generated code is told to do in a test: leave with this exit. `executes` instructions are done before. */
export interface Scripted {
  readonly exit: InterpreterExit;
  readonly word?: number;
  readonly payload?: bigint;
  readonly executes?: number;
}

/** A processor whose generated code is a script and whose MMU translates nothing. */
export function processorOf(profileName = 'cortex-a57', script: Scripted[] = []) {
  const profile = findProfile(profileName);
  if (!profile) throw new Error(`no profile ${profileName}`);
  const memory = new WebAssembly.Memory({ initial: 2 });
  const state = new CpuState(memory, (CPU + CPU_BYTES + 4095) & ~4095);
  const clock = new Clock();
  const calls: string[] = [];
  const fault = new Fault();
  const mmu = {
    fault,
    switchContext: () => {},
    invalidate: (operation: string) => calls.push(`TLBI ${operation}`),
    maintain: () => true,
    fetch: () => 64,
    physical: { cache: undefined, poison: { empty: true } },
    translation: undefined,
    spaceOf: () => undefined,
    debug: { read: () => ({ bytes: new Uint8Array(4), holes: [] }) },
    watches: { takeStopped: () => false, drop: () => {} },
  };
  const interpreter = {
    run(): void {
      const step = script.shift() ?? { exit: 'budget' as const, executes: state.low(slots.remaining) };
      state.setWords(slots.remaining, state.low(slots.remaining) - (step.executes ?? 0), 0);
      state.set(slots.pc, state.get(slots.pc) + 4n * BigInt(step.executes ?? 0));
      state.setWords(slots.exitCode, exitCode(step.exit), 0);
      state.set(slots.exitPayload, step.payload ?? 0n);
      state.setWords(slots.exitWord, step.word ?? 0, 0);
    },
  };
  const silicon = { clock, select: () => false, sendEvent: () => calls.push('SEV'), watch: () => {}, emptyTlb: () => 0 };
  const processor = new Processor(state, profile, mmu as unknown as Core['mmu'], interpreter, silicon);
  return { processor, state, clock, calls, fault, script };
}

export const system = (state: CpuState, name: string): bigint => state.system(systemRegisterSlot(name));

export function setSystem(state: CpuState, values: Readonly<Record<string, bigint>>): void {
  for (const [name, value] of Object.entries(values)) state.setSystem(systemRegisterSlot(name), value);
}

/** Puts the processor where `pstate` says, at `pc`. */
export function place(state: CpuState, pstate: number, pc: bigint): void {
  writePstate(state, pstate);
  state.set(slots.pc, pc);
}

/** Instruction words of register moves by name of the register. */
export function mrs(name: string, rt = 0): number {
  return move(name, rt, 1);
}

export function msr(name: string, rt = 0): number {
  return move(name, rt, 0);
}

function move(name: string, rt: number, L: number): number {
  const slot = systemRegisterSlot(name);
  const r = registers[slot]!;
  return (0xd5000000 | (L << 21) | (r.op0 << 19) | (r.op1 << 16) | (r.CRn << 12) | (r.CRm << 8) | (r.op2 << 5) | rt) >>> 0;
}
