import { slots } from '../layout.ts';
import type { Flow } from './flow.ts';
import { type RegionBlock, type RegionInstruction, reached } from './graph.ts';
import { registerAccesses } from './registers.ts';

/** A set of general-purpose registers (x0–x30 at their number, SP at 31), and whether the flags are in it. */
export interface StateSet {
  registers: number;
  flags: boolean;
}

const SP_BIT = 31;

/** Bit of a register slot in a set. */
export const registerBit = (slot: number): number => 1 << (slot === slots.sp ? SP_BIT : slot);

/** What one instruction may write. */
export function writtenBy(instruction: RegionInstruction): StateSet {
  const { registers, setsFlags } = registerAccesses(instruction);
  const set = { registers: 0, flags: setsFlags };
  for (const { slot, write } of registers) if (write) set.registers |= registerBit(slot);
  return set;
}

/** What may have been written since the region was entered, at the start of each block, by its number. */
export function writtenBefore(flow: Flow): readonly Readonly<StateSet>[] {
  const before = flow.order.map((): StateSet => ({ registers: 0, flags: false }));
  const own = flow.order.map((block) => {
    const set = { registers: 0, flags: false };
    for (const instruction of block.instructions) {
      const { registers, flags } = writtenBy(instruction);
      set.registers |= registers;
      set.flags ||= flags;
    }
    return set;
  });
  for (let changed = true; changed; ) {
    changed = false;
    flow.order.forEach((block, n) => {
      const registers = before[n]!.registers | own[n]!.registers;
      const flags = before[n]!.flags || own[n]!.flags;
      for (const to of successors(flow, block)) {
        const there = before[to]!;
        if ((there.registers | registers) === there.registers && (there.flags || !flags)) continue;
        there.registers |= registers;
        there.flags ||= flags;
        changed = true;
      }
    });
  }
  return before;
}

/** The most instructions that can run from the start of each block, by its number, until a loop begins (again) or the region ends. */
export function longestPaths(flow: Flow): readonly number[] {
  const longest: number[] = new Array(flow.order.length).fill(0);
  for (let n = flow.order.length - 1; n >= 0; n--) {
    let most = 0;
    for (const to of successors(flow, flow.order[n]!)) if (to > n && !flow.isLoop[to]) most = Math.max(most, longest[to]!);
    longest[n] = flow.order[n]!.instructions.length + most;
  }
  return longest;
}

function successors(flow: Flow, block: RegionBlock): number[] {
  return block.edges.flatMap((edge) => flow.number.get(reached(edge)!) ?? []);
}
