import { INSTRUCTIONS_PER_TICK } from '../translate/layout.ts';

/** CNTFRQ_EL0: Hz. */
export const COUNTER_FREQUENCY = 62_500_000;

/** The machine's time, in nanoseconds: guest instructions executed by all its processors, and the pauses while all of them waited. The host's clock never enters. */
export class Clock {
  /** Exact whenever no generated code runs. */
  instructions = 0;
  /** Nanoseconds passed without instructions: all processors waited for an interrupt. */
  idle = 0;

  /** Nanoseconds since power-on. */
  get now(): number {
    return this.instructions + this.idle;
  }

  /** The system counter (CNTPCT_EL0). */
  get ticks(): number {
    return Math.floor(this.now / INSTRUCTIONS_PER_TICK);
  }
}
