import type { Clock } from './clock.ts';
import type { CpuState } from './state.ts';

/** A processor with watchpoints in force. */
export interface WatchedAccess {
  /** As the import `access` of generated code: 0 where a watchpoint was hit. */
  watchedAccess(vaLow: number, vaHigh: number, flags: number): number;
}

/** What the processors of a machine share: one of them runs at a time. */
export interface SharedSilicon {
  readonly clock: Clock;
  /** Loads the vCPU's registers to where generated code works on them; tells whether another vCPU's were there. */
  select(state: CpuState): boolean;
  /** SEV: every processor's event register. */
  sendEvent(): void;
  /** Data accesses go to this processor's `watchedAccess` from now on; undefined: straight to the MMU. */
  watch(processor: WatchedAccess | undefined): void;
  /** Host address of a data TLB that never holds anything, so that every access takes the slow path. */
  emptyTlb(): number;
}
