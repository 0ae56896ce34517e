import type { Core } from '../cpu/core.ts';
import { type TimerName, timerDeadline, timerLine } from '../cpu/timer.ts';

/** Interrupts of the timers, INTIDs of PPIs (device tree: PPI number + 16). */
export const timerIrq = { virtual: 27, physical: 30 } as const;

const names = Object.keys(timerIrq) as TimerName[];

/** One vCPU's EL1 timers (arch/arm64/kvm/arch_timer.c): their outputs are level-triggered inputs of the interrupt controller. */
export class ArchTimers {
  private readonly levels: Record<TimerName, boolean> = { virtual: false, physical: false };

  constructor(
    private readonly core: Core,
    private readonly line: (intid: number, level: boolean) => void,
  ) {}

  /** Brings the interrupt lines up to the present. */
  sync(): void {
    for (const name of names) {
      const level = timerLine(this.core, name);
      if (level === this.levels[name]) continue;
      this.levels[name] = level;
      this.line(timerIrq[name], level);
    }
  }

  /** Machine time (nanoseconds) at which the next line rises that is still low; Infinity when no timer is going to fire. */
  deadline(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const name of names) {
      if (!timerLine(this.core, name)) next = Math.min(next, timerDeadline(this.core, name));
    }
    return next;
  }

  reset(): void {
    for (const name of names) this.levels[name] = false;
  }
}
