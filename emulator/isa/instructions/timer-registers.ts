import type { Builder, Value } from '../builder.ts';
import { type InstructionDefinition, instructions } from '../instruction.ts';
import { systemRegisterSlot } from '../registers/index.ts';
import { directRead, directWrite } from './system-access.ts';

/** CNT*_CTL. */
const ENABLE = 1;
const IMASK = 2;
const ISTATUS_SHIFT = 2;

/** The registers of one timer, by their storage, and what it compares with. */
interface Timer {
  readonly control: number;
  readonly compare: number;
  count(b: Builder): Value;
}

const virtualCount = (b: Builder): Value => b.sub(b.systemCount(), b.systemRegister(systemRegisterSlot('CNTVOFF_EL2')));

/** Interrupt line: enabled, not masked, condition met. */
const lineOf = (b: Builder, control: Value, count: Value, compare: Value): Value =>
  b.and(b.compare('eq', b.and(control, ENABLE | IMASK), ENABLE), b.compare('ge_u', count, compare));

/**
 * Writes a timer. The hypervisor has to look where the line was up, is up, or rises before the end of the entry, when it looks in any case. Where it need not,
 * the deadline of before stands: it is looked at once too often.
 */
function write(b: Builder, timer: Timer, values: (count: Value) => { readonly control?: Value; readonly compare?: Value }): void {
  const count = timer.count(b);
  const oldControl = b.wrap(b.systemRegister(timer.control));
  const oldCompare = b.systemRegister(timer.compare);
  const left = b.entryTicks();
  const { control = oldControl, compare = oldCompare } = values(count);
  const was = lineOf(b, oldControl, count, oldCompare);
  const soon = b.or(b.compare('ge_u', count, compare), b.compare('le_u', b.sub(compare, count), left));
  const looks = b.or(was, b.and(b.compare('eq', b.and(control, ENABLE | IMASK), ENABLE), soon));
  if (control !== oldControl) b.setSystemRegister(timer.control, b.extendU(control));
  if (compare !== oldCompare) b.setSystemRegister(timer.compare, compare);
  b.if(looks, () => b.exit('interrupts'));
}

function timerRegisters(prefix: 'CNTV' | 'CNTP', count: (b: Builder) => Value): Readonly<Record<string, InstructionDefinition>> {
  const [CTL, CVAL, TVAL] = ['CTL', 'CVAL', 'TVAL'].map((name) => `${prefix}_${name}_EL0`) as [string, string, string];
  const timer: Timer = { control: systemRegisterSlot(CTL), compare: systemRegisterSlot(CVAL), count };
  return {
    ...directRead(CTL, (b) => {
      const control = b.and(b.wrap(b.systemRegister(timer.control)), ENABLE | IMASK);
      const met = b.compare('ge_u', count(b), b.systemRegister(timer.compare));
      b.setX(1, 'Rt', b.extendU(b.or(control, b.shl(b.and(control, met), ISTATUS_SHIFT))));
    }),
    ...directRead(CVAL, (b) => b.setX(1, 'Rt', b.systemRegister(timer.compare))),
    ...directRead(TVAL, (b) => b.setX(1, 'Rt', b.and(b.sub(b.systemRegister(timer.compare), count(b)), 0xffff_ffffn))),
    ...directWrite(CTL, (b) => write(b, timer, () => ({ control: b.and(b.x(0, 'Rt'), ENABLE | IMASK) }))),
    ...directWrite(CVAL, (b) => write(b, timer, () => ({ compare: b.x(1, 'Rt') }))),
    ...directWrite(TVAL, (b) => write(b, timer, (now) => ({ compare: b.add(now, b.signExtend(b.x(1, 'Rt'), 32)) }))),
  };
}

/** MRS and MSR of the generic timer, without leaving generated code: the counters and both timers of EL1. */
export const genericTimer = instructions('System register move (generic timer)', {
  ...directRead('CNTVCT_EL0', (b) => b.setX(1, 'Rt', virtualCount(b))),
  ...directRead('CNTPCT_EL0', (b) => b.setX(1, 'Rt', b.systemCount())),
  ...timerRegisters('CNTV', virtualCount),
  ...timerRegisters('CNTP', (b) => b.systemCount()),
});
