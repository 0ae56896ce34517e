import { systemRegisterSlot, systemRegisters } from '../../isa/registers/index.ts';
import type { Core } from '../core.ts';

/** Where an access goes: performed, UNDEFINED, or trapped (EC 0x18) to a level. `unsupported`: stops the machine with a message. */
export type Decision = 'perform' | 'undefined' | 'el1' | 'el2' | 'unsupported';

/** Behaviour of a register that is more than its storage. */
export interface Behaviour {
  readonly read?: (core: Core) => bigint;
  /** Gets the value with only the register's writable bits. */
  readonly write?: (core: Core, value: bigint) => void;
  /** What besides HCR_EL2's trap bits decides the access. */
  readonly check?: (core: Core, access: { readonly el: number; readonly write: boolean }) => Decision;
}

export type Behaviours = Readonly<Record<string, Behaviour>>;

/** Behaviours by slot. Throws for a name that is no register, or is given twice. */
export function bySlot(...families: readonly Behaviours[]): readonly (Behaviour | undefined)[] {
  const table: (Behaviour | undefined)[] = systemRegisters.map(() => undefined);
  for (const family of families) {
    for (const [name, behaviour] of Object.entries(family)) {
      const slot = systemRegisterSlot(name);
      if (table[slot]) throw new Error(`${name} has two behaviours`);
      table[slot] = behaviour;
    }
  }
  return table;
}
