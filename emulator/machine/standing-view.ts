import type { AddressSpace, Machine, MemoryRead, RegisterValue } from './machine.ts';
import type { MachineMethod } from './messages.ts';
import { coreRegisters } from './names.ts';

/** What every debugger asks first when a vCPU stops, sent along with the news: it saves a question to another thread each. */
export interface StandingView {
  readonly vcpu: number;
  readonly registers: readonly RegisterValue[];
  readonly memory: readonly { readonly address: bigint; readonly read: MemoryRead }[];
}

/** General registers, PC and PSTATE; not the vector registers. */
const registersSeen = coreRegisters.filter((name) => !/^v|^fp[cs]r$/.test(name));
const INSTRUCTION_BYTES = 4;
/** A frame record: the caller's x29 and the return address (AAPCS64). */
const FRAME_RECORD_BYTES = 16;

/** Reads the view of a machine that stands. */
export async function viewOf(machine: Pick<Machine, 'readRegisters' | 'readMemory'>, vcpu: number): Promise<StandingView> {
  const registers = await machine.readRegisters(vcpu, registersSeen);
  const memory: { address: bigint; read: MemoryRead }[] = [];
  for (const [name, bytes] of [
    ['pc', INSTRUCTION_BYTES],
    ['x29', FRAME_RECORD_BYTES],
  ] as const) {
    const address = registers.find((r) => r.name === name)?.value ?? 0n;
    memory.push({ address, read: await machine.readMemory(vcpu, 'va', address, bytes) });
  }
  return { vcpu, registers, memory };
}

/** Calls that change nothing a view shows. */
const reads: ReadonlySet<MachineMethod> = new Set<MachineMethod>([
  ...(['vcpus', 'readRegisters', 'readMemory', 'translate', 'exitRecord', 'evaluate', 'statistics'] as const),
  ...(['setStopPoints', 'consoleInput', 'pause'] as const),
]);

export const changesView = (method: MachineMethod): boolean => !reads.has(method);

/** The values of these registers, where the view has all of them. */
export function registersIn(view: StandingView | undefined, vcpu: number, names: readonly string[]): readonly RegisterValue[] | undefined {
  if (view?.vcpu !== vcpu) return undefined;
  const values: RegisterValue[] = [];
  for (const name of names) {
    const found = view.registers.find((r) => r.name === name);
    if (!found) return undefined;
    values.push(found);
  }
  return values;
}

/** These bytes, where the view has exactly them. */
export function memoryIn(
  view: StandingView | undefined,
  vcpu: number,
  space: AddressSpace,
  address: bigint,
  length: number,
): MemoryRead | undefined {
  if (view?.vcpu !== vcpu || space !== 'va') return undefined;
  return view.memory.find((m) => m.address === address && m.read.bytes.length === length)?.read;
}
