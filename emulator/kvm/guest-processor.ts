import type { Core } from '../cpu/core.ts';
import type { CpuState } from '../cpu/state.ts';

/** Why the processor came back from the guest to KVM. */
export type GuestExit =
  /** An exception to EL2: ESR_EL2, FAR_EL2, HPFAR_EL2, ELR_EL2 and SPSR_EL2 say what. */
  | { readonly kind: 'trap' }
  /** An interrupt for the host: a maintenance interrupt of the virtual CPU interface, or the guest changed a timer. */
  | { readonly kind: 'irq' }
  /** The slice is used up. */
  | { readonly kind: 'budget' }
  /** An instruction whose address has a breakpoint is next. */
  | { readonly kind: 'breakpoint' }
  /** The guest has taken an exception to EL1 that the debugger wants to see. */
  | { readonly kind: 'exception' }
  /** Nothing sensible can follow: the message names what, the instruction and where. */
  | { readonly kind: 'stop'; readonly message: string };

/** The physical processor as KVM uses it: enter the guest, and act on it between entries. */
export interface GuestProcessor {
  readonly state: CpuState;
  readonly core: Core;
  /** Registers to their architectural reset values, ID registers included. */
  reset(): void;
  /** PSTATE in SPSR layout; the banked stack pointer follows. */
  setPstate(value: number): void;
  /** Enters the guest for at most `budget` instructions. */
  run(budget: number): GuestExit;
  /** Writes a system register as MSR at EL1 would, traps aside: with its effects on translation. */
  writeSystemRegister(slot: number, value: bigint): void;
  readSystemRegister(slot: number): bigint;
  /** Registers of this vCPU were written from outside: derived state is recomputed before the next entry. */
  invalidateDerivedState(): void;
  /** The next `run` does not stop at a breakpoint on its first instruction. */
  skipBreakpoint(): void;
}
