import type { Core } from '../cpu/core.ts';
import { type TimerName, timerDeadline, timerLine } from '../cpu/timer.ts';

/** Interrupts of the timers, INTIDs of PPIs (device tree: PPI number + 16), as long as user space does not choose others. */
export const timerIrq = { virtual: 27, physical: 30, hypervisorVirtual: 28, hypervisorPhysical: 26 } as const;

/** The interrupt of each timer; the hypervisor's are of no use without a virtual EL2. */
export type TimerIrqs = Record<keyof typeof timerIrq, number>;

const names = ['virtual', 'physical'] as const satisfies readonly TimerName[];

/** `device_irq_level` of `kvm_run`. */
const LEVEL: Readonly<Record<TimerName, number>> = { virtual: 1, physical: 2 };

/** One vCPU's EL1 timers (arch/arm64/kvm/arch_timer.c): their outputs are level-triggered inputs of the interrupt controller. */
export class ArchTimers {
  private readonly lines: Record<TimerName, boolean> = { virtual: false, physical: false };

  constructor(
    private readonly core: Core,
    private readonly irqs: TimerIrqs,
    private readonly line: (intid: number, level: boolean) => void,
  ) {}

  /** Brings the interrupt lines up to the present. */
  sync(): void {
    for (const name of names) {
      const level = timerLine(this.core, name);
      if (level === this.lines[name]) continue;
      this.lines[name] = level;
      this.line(this.irqs[name], level);
    }
  }

  /** Outputs now, as bits of `device_irq_level`. */
  get levels(): number {
    return names.reduce((bits, name) => bits | (timerLine(this.core, name) ? LEVEL[name] : 0), 0);
  }

  /** Whether a private interrupt is a timer's. */
  owns(intid: number): boolean {
    return names.some((name) => this.irqs[name] === intid);
  }

  /** Machine time (nanoseconds) at which the next line rises that is still low; Infinity when no timer is going to fire. */
  deadline(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const name of names) {
      if (!timerLine(this.core, name)) next = Math.min(next, timerDeadline(this.core, name));
    }
    return next;
  }

  /** The timers were reset: what their lines raised is lowered. */
  reset(): void {
    for (const name of names) {
      if (this.lines[name]) this.line(this.irqs[name], false);
      this.lines[name] = false;
    }
  }
}
