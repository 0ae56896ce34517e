import type { Flag } from './ir/node.ts';
import { slotAddress, slots } from './layout.ts';
import type { CodeWriter } from './wasm/code.ts';

/** Where the vCPU block keeps each flag. */
export const flagSlots: Readonly<Record<Flag, number>> = { n: slots.flagN, z: slots.flagZ, c: slots.flagC, v: slots.flagV };
export const flagNames: readonly Flag[] = ['n', 'z', 'c', 'v'];

/** How a flag is kept: C as 0 or 1, the others in a doubleword. */
export const flagType = (flag: Flag): 'i32' | 'i64' => (flag === 'c' ? 'i32' : 'i64');

/** i32 or i64 load at a fixed address. */
export function loadSlot(code: CodeWriter, type: 'i32' | 'i64', slot: number): void {
  code.i32(0);
  code.memory(`${type}.load`, slotAddress(slot));
}

/** Stores a local to a fixed address. */
export function storeSlot(code: CodeWriter, type: 'i32' | 'i64', slot: number, local: number): void {
  code.i32(0);
  code.get(local);
  code.memory(`${type}.store`, slotAddress(slot));
}
