import type { Clock } from '../cpu/clock.ts';
import type { Vcpu } from '../kvm/vcpu.ts';
import { slots } from '../translate/layout.ts';
import type { Plan } from './plan.ts';
import type { UnhandledExit, UserSpace } from './user-space.ts';

/** Asks the plan at every moment of a run at which it may have something to do. Without a plan it costs a look. */
export class PlanKeeper {
  plan: Plan | undefined;
  /** The vCPU that stopped for the plan, and the execution of an instruction that the plan was last asked about. */
  private here: Vcpu | undefined;
  private asked = '';

  constructor(
    private readonly clock: Clock,
    private readonly userSpace: UserSpace,
  ) {}

  reset(): void {
    this.here = undefined;
    this.asked = '';
    this.plan?.reset();
  }

  /** Instructions until the plan has something to do. */
  get until(): number {
    return this.plan ? this.plan.next - this.clock.instructions : Number.POSITIVE_INFINITY;
  }

  /** Does what is due by now. True: the machine stops. */
  stopsNow(): boolean {
    return this.until <= 0 && this.plan!.atCount(this.clock.instructions);
  }

  /** Whether something is planned before this very execution of an instruction and has not been done yet. Changes nothing of the guest. */
  isDueBefore(vcpu: Vcpu): boolean {
    if (!this.plan) return false;
    const { index, state, instructions } = vcpu;
    const asked = `${index} ${instructions} ${state.low(slots.pc)} ${state.high(slots.pc)}`;
    if (asked === this.asked) return false;
    this.asked = asked;
    if (!this.plan.isDueAt(index)) return false;
    this.here = vcpu;
    return true;
  }

  /** The vCPU stopped at an instruction. Undefined: not for the plan. Else what was planned is done; true: the machine stops. */
  stopsHere(vcpu: Vcpu): boolean | undefined {
    if (this.here !== vcpu) return undefined;
    this.here = undefined;
    return this.plan!.perform(vcpu.index);
  }

  /** Does what is planned at an exit; undefined: that has answered it. */
  atExit(exit: UnhandledExit): UnhandledExit | undefined {
    const { index } = exit.vcpu;
    if (!this.plan?.isDueAtExit(index)) return exit;
    this.userSpace.hold(exit);
    this.plan.performAtExit(index);
    return this.userSpace.release();
  }
}
