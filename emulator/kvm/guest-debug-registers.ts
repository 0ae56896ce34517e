import type { CpuState } from '../cpu/state.ts';
import { systemRegisterSlot } from '../isa/registers/index.ts';

/** Hardware breakpoints and watchpoints of `struct kvm_guest_debug`, 16 of each. */
export interface GuestDebugRegisters {
  readonly dbgBcr: readonly bigint[];
  readonly dbgBvr: readonly bigint[];
  readonly dbgWcr: readonly bigint[];
  readonly dbgWvr: readonly bigint[];
}

const COUNT = 16;
const none: readonly bigint[] = new Array<bigint>(COUNT).fill(0n);

/** None of them enabled. */
export const noDebugRegisters: GuestDebugRegisters = { dbgBcr: none, dbgBvr: none, dbgWcr: none, dbgWvr: none };

/** The first register of each kind; the others follow it. */
const first: Readonly<Record<keyof GuestDebugRegisters, number>> = {
  dbgBcr: systemRegisterSlot('DBGBCR0_EL1'),
  dbgBvr: systemRegisterSlot('DBGBVR0_EL1'),
  dbgWcr: systemRegisterSlot('DBGWCR0_EL1'),
  dbgWvr: systemRegisterSlot('DBGWVR0_EL1'),
};

/** Puts breakpoints and watchpoints into the processor and gives back those that were there. */
export function swapDebugRegisters(state: CpuState, registers: GuestDebugRegisters): GuestDebugRegisters {
  const swap = (kind: keyof GuestDebugRegisters): readonly bigint[] => {
    const were = none.map((_, n) => state.system(first[kind] + n));
    registers[kind].forEach((value, n) => {
      state.setSystem(first[kind] + n, value);
    });
    return were;
  };
  return { dbgBcr: swap('dbgBcr'), dbgBvr: swap('dbgBvr'), dbgWcr: swap('dbgWcr'), dbgWvr: swap('dbgWvr') };
}
