import { INSTRUCTIONS_PER_TICK } from '../translate/layout.ts';
import type { Core } from './core.ts';
import { R } from './registers.ts';

/** CNT*_CTL. */
export const TIMER_CTL = { ENABLE: 1, IMASK: 2, ISTATUS: 4 } as const;

export type TimerName = 'virtual' | 'physical';

const timers = {
  virtual: { ctl: R.CNTV_CTL_EL0, cval: R.CNTV_CVAL_EL0 },
  physical: { ctl: R.CNTP_CTL_EL0, cval: R.CNTP_CVAL_EL0 },
} as const;

/** What a timer compares with: CNTVCT (less CNTVOFF_EL2) or CNTPCT (less CNTPOFF_EL2, which nobody sets without trapping its reads), 64 bits. */
export function count(core: Core, timer: TimerName): bigint {
  return BigInt.asUintN(64, BigInt(core.clock.ticks) - core.state.system(timer === 'physical' ? R.CNTPOFF_EL2 : R.CNTVOFF_EL2));
}

/** Timer condition met: (count - CVAL) >= 0, unsigned (Arm ARM D12.2.4). */
export function conditionMet(core: Core, timer: TimerName): boolean {
  return count(core, timer) >= core.state.system(timers[timer].cval);
}

/** The timer's interrupt line: enabled, not masked, condition met. */
export function timerLine(core: Core, timer: TimerName): boolean {
  const control = core.state.systemLow(timers[timer].ctl);
  return (control & (TIMER_CTL.ENABLE | TIMER_CTL.IMASK)) === TIMER_CTL.ENABLE && conditionMet(core, timer);
}

/** CNT*_CTL as read: ISTATUS is the condition while the timer is enabled. */
export function readTimerControl(core: Core, timer: TimerName): bigint {
  const control = core.state.systemLow(timers[timer].ctl) & 3;
  return BigInt(control & TIMER_CTL.ENABLE && conditionMet(core, timer) ? control | TIMER_CTL.ISTATUS : control);
}

export function writeTimerControl(core: Core, timer: TimerName, value: bigint): void {
  core.state.setSystem(timers[timer].ctl, value & 3n);
  core.timersChanged = true;
}

export function readCompare(core: Core, timer: TimerName): bigint {
  return core.state.system(timers[timer].cval);
}

export function writeCompare(core: Core, timer: TimerName, value: bigint): void {
  core.state.setSystem(timers[timer].cval, value);
  core.timersChanged = true;
}

/** CNT*_TVAL: CVAL - count, low 32 bits. */
export function readTimerValue(core: Core, timer: TimerName): bigint {
  return BigInt.asUintN(32, core.state.system(timers[timer].cval) - count(core, timer));
}

/** CVAL = count + SignExtend(value). */
export function writeTimerValue(core: Core, timer: TimerName, value: bigint): void {
  writeCompare(core, timer, BigInt.asUintN(64, count(core, timer) + BigInt.asIntN(32, value)));
}

/**
 * Instruction count at which a timer's line next rises; Infinity where it never will by itself (disabled, masked, or beyond 2^53). A line that is up
 * already gives the present.
 */
export function timerDeadline(core: Core, timer: TimerName): number {
  const control = core.state.systemLow(timers[timer].ctl);
  if ((control & (TIMER_CTL.ENABLE | TIMER_CTL.IMASK)) !== TIMER_CTL.ENABLE) return Number.POSITIVE_INFINITY;
  const compare = core.state.system(timers[timer].cval);
  const now = count(core, timer);
  if (now >= compare) return core.clock.instructions;
  const ticks = core.clock.ticks + Number(compare - now);
  const deadline = ticks * INSTRUCTIONS_PER_TICK;
  return deadline <= Number.MAX_SAFE_INTEGER ? deadline : Number.POSITIVE_INFINITY;
}
