import { Processor } from '../../cpu/processor.ts';
import { CpuState } from '../../cpu/state.ts';
import type { VirtMachine } from '../virt-machine.ts';
import { type ObjectState, objectState, type Value } from './object-state.ts';
import { IMAGE_DOUBLEWORDS, registerName, writeRegisters } from './register-image.ts';

/** Everything of a machine but its memory, between runs: two machines with the same go on in the same way. */
export interface MachineState {
  readonly registers: BigUint64Array;
  readonly values: readonly Value[];
}

/** One thing that is not the same in two machines. */
export interface Difference {
  readonly name: string;
  readonly values: readonly [string, string];
}

/** Fields that hold no state: how far a run went whose end is known anyway, and an error on its way to the caller. */
const passing = new Set(['left', 'counted', 'failure']);

/** Processors and registers are read by name; memory is compared by itself. */
const leaveOut = (value: object, key: string): boolean =>
  value instanceof Processor || value instanceof CpuState || passing.has(key) || (ArrayBuffer.isView(value) && value.byteLength > 1 << 20);

/** State of devices, of KVM and of the processors beside their registers. */
function objectsOf(machine: VirtMachine, withPaths: boolean): ObjectState {
  const processors = machine.vcpus.map(({ processor }) => ({
    event: processor.event,
    hypervisorVector: processor.hypervisorVector,
    lastException: processor.lastException,
  }));
  return objectState({ ...machine.parts, processors }, leaveOut, withPaths);
}

/** Reads a machine's state. Between runs. */
export function machineState(machine: VirtMachine): MachineState {
  const registers = new BigUint64Array(machine.vcpus.length * IMAGE_DOUBLEWORDS);
  machine.vcpus.forEach((vcpu, n) => {
    writeRegisters(vcpu, registers, n * IMAGE_DOUBLEWORDS);
  });
  return { registers, values: objectsOf(machine, false).values };
}

/** Whether two states are the same. */
export function sameState(a: MachineState, b: MachineState): boolean {
  return (
    a.registers.every((value, n) => value === b.registers[n]) &&
    a.values.length === b.values.length &&
    a.values.every((value, n) => Object.is(value, b.values[n]))
  );
}

const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** What differs between two machines, memory left out. */
export function stateDifferences(machines: readonly [VirtMachine, VirtMachine]): Difference[] {
  const [a, b] = machines.map(machineState) as [MachineState, MachineState];
  const found: Difference[] = [];
  a.registers.forEach((value, n) => {
    if (value === b.registers[n]) return;
    const name = `vCPU ${Math.floor(n / IMAGE_DOUBLEWORDS)} ${registerName(n % IMAGE_DOUBLEWORDS)}`;
    found.push({ name, values: [hex(value), hex(b.registers[n]!)] });
  });
  const [left, right] = machines.map((machine) => objectsOf(machine, true)) as [ObjectState, ObjectState];
  for (let n = 0; n < Math.max(left.values.length, right.values.length); n++) {
    const same = Object.is(left.values[n], right.values[n]) && left.paths[n] === right.paths[n];
    if (same) continue;
    const path = left.paths[n] ?? right.paths[n]!;
    found.push({ name: path, values: [`${left.values[n]}`, `${right.values[n]}`] });
    // Where a list is longer than the other everything behind it has moved.
    if (left.paths[n] !== right.paths[n]) break;
  }
  return found;
}
