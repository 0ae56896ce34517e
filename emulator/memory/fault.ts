import type { FaultRule } from './fault-rules.ts';
import type { Poison } from './poison.ts';

/** What went wrong with an access, in the Arm ARM's words (Faulttypes of the pseudocode). */
export type FaultType = 'translation' | 'address size' | 'access flag' | 'permission' | 'alignment' | 'external abort';

/** What was being done. `maintenance`: DC and IC by VA. `address translation`: AT. */
export type FaultingAccess = 'data' | 'fetch' | 'maintenance' | 'address translation';

/** DFSC/IFSC/FST of each type (ESR_ELx ISS encodings, PAR_EL1.FST); `level` 0–3 is added to the types that have one. */
const statusCodes: Readonly<Record<FaultType, number>> = {
  'address size': 0b000000,
  translation: 0b000100,
  'access flag': 0b001000,
  permission: 0b001100,
  'external abort': 0b010000,
  alignment: 0b100001,
};

/** A synchronous external abort on a translation table walk or a hardware update of a table. */
const EXTERNAL_ABORT_ON_WALK = 0b010100;

/** Why memory gave no good answer. */
export class MemoryError {
  /** Where. */
  physical = 0;
  /** The bad memory; undefined: nothing answers there. */
  poison: Poison | undefined;

  /** Nothing answers at this physical address. */
  absent(physical: number): void {
    this.physical = physical;
    this.poison = undefined;
  }

  bad(physical: number, poison: Poison): void {
    this.physical = physical;
    this.poison = poison;
  }
}

/**
 * The fault in hand. One record a machine, filled in place: reading it is right until the next access.
 * Addresses: `vaLow`/`vaHigh` as the access gave them (first byte that faulted), `ipa` a byte address.
 */
export class Fault {
  type: FaultType = 'translation';
  /** The check that was not passed. */
  rule: FaultRule = 'invalid descriptor';
  access: FaultingAccess = 'data';
  /** The stage that faulted. */
  stage: 1 | 2 = 1;
  /** Lookup level of the fault, where the type has one (see `statusCode`). */
  level = 0;
  /** Stage 2 fault on the access of a stage 1 walk (ESR_ELx.S1PTW). */
  s1ptw = false;
  /** External abort on a walk, not on the access itself. */
  walk = false;
  /** ESR_ELx.WnR: the access writes and, if it reads too, a read would not have faulted. */
  write = false;
  vaLow = 0;
  vaHigh = 0;
  /** Stage 2 faults: the intermediate physical address that was being translated. */
  ipa = 0;
  /** External aborts: what the memory system says of the error. */
  readonly error = new MemoryError();

  get va(): bigint {
    return (BigInt(this.vaHigh >>> 0) << 32n) | BigInt(this.vaLow >>> 0);
  }

  /** DFSC or IFSC. */
  get statusCode(): number {
    return faultStatusCode(this);
  }

  /** For messages: `stage 2 translation fault, level 1`. */
  describe(): string {
    const where = this.s1ptw ? ' on a stage 1 table walk' : this.walk ? ' on a table walk' : '';
    if (this.type === 'alignment') return 'alignment fault';
    if (this.type === 'external abort') return `synchronous external abort${where}${this.walk ? `, level ${this.level}` : ''}`;
    return `stage ${this.stage} ${this.type} fault${where}, level ${this.level}`;
  }
}

/** Fault status code of a fault: the low six bits of ISS, and PAR_EL1.FST. */
export function faultStatusCode(fault: Fault): number {
  if (fault.type === 'external abort') return fault.walk ? EXTERNAL_ABORT_ON_WALK + fault.level : statusCodes['external abort'];
  if (fault.type === 'alignment') return statusCodes.alignment;
  return statusCodes[fault.type] + fault.level;
}

/** Told of every access that did not complete; the processor turns it into an exception. */
export interface FaultSink {
  fault(fault: Fault): void;
}
