import { wordAtPc } from '../../cpu/software-step.ts';
import { disassemble } from '../../isa/disassembler.ts';
import { slots } from '../../translate/layout.ts';
import type { VirtMachine } from '../virt-machine.ts';
import type { Difference } from './machine-state.ts';
import { type Cut, type MakeMachine, Pair } from './pair.ts';

/** Between two counts the machines part. */
export interface Parting {
  /** The last count at which they were the same, and the first at which they were seen not to be. */
  readonly same: number;
  readonly different: number;
  readonly differences: readonly Difference[];
  /** What the interpreting machine executed last, `address word text`. Only where the two counts are one instruction apart. */
  readonly trace: readonly string[];
}

/** Parts of an interval that are looked at in one replay. */
const PARTS = 16;
/** Below this, portions are about as long as what is translated in one piece, and cutting it up would hide the difference. */
const FINE = 256;
const TRACED = 16;

/**
 * Finds the first instruction after which two machines differ, by running the guest again from its start. Every replay cuts the run as those before it did,
 * since what is translated when depends on that; the last search runs each candidate in one go.
 */
export async function narrow(
  make: MakeMachine,
  before: readonly Cut[],
  from: number,
  to: number,
  note: (text: string) => void,
): Promise<Parting> {
  const cuts = [...before];
  let [same, different] = [from, to];
  while (different - same > FINE) {
    note(`between ${same} and ${different}`);
    const step = Math.ceil((different - same) / PARTS);
    const pair = await Pair.replay(make, cuts, same);
    cuts.push({ from: same, step });
    let seen = false;
    while (!seen && pair.count < different && pair.end.kind === 'budget') {
      pair.run(step);
      seen = !pair.same();
      if (seen) different = pair.count;
      else same = pair.count;
    }
    if (!seen) return { same: from, different: to, differences: [], trace: [] };
  }
  return search(make, cuts, same, different, note);
}

async function search(make: MakeMachine, cuts: readonly Cut[], from: number, to: number, note: (text: string) => void): Promise<Parting> {
  let [same, different] = [from, to];
  let differences: Difference[] = [];
  const differsAt = async (count: number): Promise<boolean> => {
    const pair = await Pair.replay(make, cuts, from);
    pair.run(count - from);
    if (pair.same()) return false;
    differences = pair.differences();
    return true;
  };
  if (!(await differsAt(to))) return { same, different, differences, trace: [] };
  while (different - same > 1) {
    note(`between ${same} and ${different}`);
    const middle = Math.floor((same + different) / 2);
    if (await differsAt(middle)) different = middle;
    else same = middle;
  }
  const { machines } = await Pair.replay(make, cuts, Math.min(from, Math.max(0, different - TRACED)));
  return { same, different, differences, trace: trace(machines[0], different) };
}

/** Interprets up to `count`, one instruction at a time; the last few of them as text. */
function trace(machine: VirtMachine, count: number): string[] {
  const { clock } = machine.silicon;
  const lines: string[] = [];
  while (clock.instructions < count) {
    const before = machine.vcpus.map((vcpu) => ({ instructions: vcpu.instructions, line: nextInstruction(machine, vcpu.index) }));
    const end = machine.run(1);
    machine.vcpus.forEach((vcpu, n) => {
      if (vcpu.instructions !== before[n]!.instructions) lines.push(before[n]!.line);
    });
    if (end.kind !== 'budget') break;
  }
  return lines.slice(-TRACED);
}

function nextInstruction(machine: VirtMachine, index: number): string {
  const { processor, state } = machine.vcpus[index]!;
  const pc = state.get(slots.pc);
  const word = wordAtPc(processor) >>> 0;
  const place = `vCPU ${index} ${pc.toString(16).padStart(16, '0')}`;
  return `${place}: ${word.toString(16).padStart(8, '0')}  ${disassemble(word, pc)}`;
}
