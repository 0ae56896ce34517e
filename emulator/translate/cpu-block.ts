import type { Flag } from './ir/node.ts';
import { slotAddress, slots } from './layout.ts';
import type { CodeWriter } from './wasm/code.ts';

/** Where the vCPU block keeps each flag. */
export const flagSlots: Readonly<Record<Flag, number>> = { n: slots.flagN, z: slots.flagZ, c: slots.flagC, v: slots.flagV };
const flagNames: readonly Flag[] = ['n', 'z', 'c', 'v'];

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

/** A flag out of the vCPU block. */
export const pushFlag = (code: CodeWriter, flag: Flag): void => loadSlot(code, flagType(flag), flagSlots[flag]);

/** A flag on the stack into the vCPU block. */
export function popFlag(code: CodeWriter, flag: Flag): void {
  const type = flagType(flag);
  const value = code.temporary(type);
  code.set(value);
  storeSlot(code, type, flagSlots[flag], value);
  code.release(type, value);
}

/** A local for each flag, of its type. */
export type FlagLocals = Readonly<Record<Flag, number>>;

export function flagLocals(code: CodeWriter): FlagLocals {
  return { n: code.local('i64'), z: code.local('i64'), c: code.local('i32'), v: code.local('i64') };
}

/** Flags out of the vCPU block. */
export function loadFlags(code: CodeWriter, flags: FlagLocals): void {
  for (const flag of flagNames) {
    loadSlot(code, flagType(flag), flagSlots[flag]);
    code.set(flags[flag]);
  }
}

/** Flags into the vCPU block. */
export function storeFlags(code: CodeWriter, flags: FlagLocals): void {
  for (const flag of flagNames) storeSlot(code, flagType(flag), flagSlots[flag], flags[flag]);
}
