import { board } from '../board.ts';
import type { VirtMachine } from '../virt-machine.ts';
import type { Difference } from './machine-state.ts';

/** Host DRAM as words: guest RAM and the stage-2 tables; with a cache model also what memory holds. */
function dram(machine: VirtMachine): Int32Array {
  const { words, dramStart, dramEnd, cache } = machine.silicon.memory;
  cache?.settleAll();
  return words.subarray(dramStart / 4, (dramEnd + (cache?.distance ?? 0)) / 4);
}

/** Index of the first word from `from` on that differs, or -1. */
function firstDifference(a: Int32Array, b: Int32Array, from: number): number {
  for (let n = from; n < a.length; n++) if (a[n] !== b[n]) return n;
  return -1;
}

/** Whether the memories of two machines are the same. */
export function sameMemory([a, b]: readonly [VirtMachine, VirtMachine]): boolean {
  return firstDifference(dram(a), dram(b), 0) < 0;
}

/** The first `most` words of memory that differ. */
export function memoryDifferences([a, b]: readonly [VirtMachine, VirtMachine], most: number): Difference[] {
  const [left, right] = [dram(a), dram(b)];
  const found: Difference[] = [];
  for (let n = firstDifference(left, right, 0); n >= 0 && found.length < most; n = firstDifference(left, right, n + 1)) {
    const word = (of: Int32Array): string => `0x${(of[n]! >>> 0).toString(16).padStart(8, '0')}`;
    found.push({ name: placeOf(a, n * 4 + a.silicon.memory.dramStart), values: [word(left), word(right)] });
  }
  return found;
}

/** A host address as the guest knows it; what is not guest RAM belongs to KVM. */
function placeOf(machine: VirtMachine, host: number): string {
  const ipa = host - machine.hostAddress(board.ram.base) + board.ram.base;
  return machine.hostAddress(ipa) === host ? `memory ipa:0x${ipa.toString(16)}` : `stage-2 table at host address 0x${host.toString(16)}`;
}
