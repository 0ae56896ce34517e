import type { AddressSpace, MemoryRead, RegisterValue } from './machine.ts';
import type { MachineMethod } from './messages.ts';
import { coreRegisters } from './names.ts';
import type { Target } from './target.ts';

/** What every debugger asks first when a vCPU stops, sent along with the news: it saves a question to another thread each. */
export interface StandingView {
  readonly vcpu: number;
  /** Values of `registersSeen`. */
  readonly registers: BigUint64Array;
  /** The instruction at PC and the frame record at X29; where they are not all there, undefined. */
  readonly instruction: Uint8Array | undefined;
  readonly frameRecord: Uint8Array | undefined;
}

/** General registers, PC and PSTATE; not the vector registers. */
export const registersSeen: readonly string[] = coreRegisters.filter((name) => !/^v|^fp[cs]r$/.test(name));
const numberOf: ReadonlyMap<string, number> = new Map(registersSeen.map((name, number) => [name, number]));
const PC = numberOf.get('pc')!;
const X29 = numberOf.get('x29')!;
export const INSTRUCTION_BYTES = 4;
/** A frame record: the caller's x29 and the return address (AAPCS64). */
export const FRAME_RECORD_BYTES = 16;

/** The view of a machine that stands; undefined where it has not all of these registers. */
export function viewOf(target: Pick<Target, 'readRegister' | 'readMemory'>, vcpu: number): StandingView | undefined {
  const registers = new BigUint64Array(registersSeen.length);
  for (let i = 0; i < registers.length; i++) {
    const value = target.readRegister(vcpu, registersSeen[i]!);
    if (value === undefined) return undefined;
    registers[i] = value;
  }
  const bytesAt = (address: bigint, length: number): Uint8Array | undefined => {
    const { bytes, holes } = target.readMemory(vcpu, 'va', address, length);
    return holes.length === 0 ? bytes : undefined;
  };
  return {
    vcpu,
    registers,
    instruction: bytesAt(registers[PC]!, INSTRUCTION_BYTES),
    frameRecord: bytesAt(registers[X29]!, FRAME_RECORD_BYTES),
  };
}

/** Calls that change nothing a view shows. */
const reads: ReadonlySet<MachineMethod> = new Set<MachineMethod>([
  ...([
    'vcpus',
    'readRegisters',
    'readMemory',
    'translate',
    'tableMap',
    'memslots',
    'cacheDifferences',
    'exitRecord',
    'poisoned',
    'evaluate',
    'statistics',
  ] as const),
  ...(['setStopPoints', 'consoleInput', 'pause'] as const),
]);

export const changesView = (method: MachineMethod): boolean => !reads.has(method);

/** The values of these registers, where the view has all of them. */
export function registersIn(view: StandingView | undefined, vcpu: number, names: readonly string[]): readonly RegisterValue[] | undefined {
  if (view?.vcpu !== vcpu) return undefined;
  const values: RegisterValue[] = [];
  for (const name of names) {
    const number = numberOf.get(name);
    if (number === undefined) return undefined;
    values.push({ name, value: view.registers[number]! });
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
  const { registers, instruction, frameRecord } = view;
  if (instruction && address === registers[PC] && length === INSTRUCTION_BYTES) return { bytes: instruction, holes: none };
  if (frameRecord && address === registers[X29] && length === FRAME_RECORD_BYTES) return { bytes: frameRecord, holes: none };
  return undefined;
}

const none: MemoryRead['holes'] = [];
