import type { DataAccess, GuestException, StopCause, StopPoints } from '../machine.ts';
import type { Target, TargetHooks } from '../target.ts';
import { type ArmedBreakpoint, ArmedPoints } from './armed-points.ts';
import { contextOf, type Happening } from './context.ts';
import type { RunGoal, Standing } from './stepping.ts';
import type { Say } from './stop-decision.ts';

/** Decides, from inside a running slice, where the machine stops: what is armed, where a step ends, where it stands already. */
export class StopHooks implements TargetHooks {
  /** Why a hook stopped the machine in this run; undefined: none has. */
  cause: StopCause | undefined;
  /** The exit or exception at hand. */
  happening: Happening;
  private readonly armed: ArmedPoints;
  /** PC's number in `registerWords`. */
  private readonly pc: number | undefined;
  private readonly standing = new Map<number, Standing>();
  private goal: RunGoal = { kind: 'none' };
  private stepping = false;

  constructor(
    private readonly target: Target,
    private readonly say: Say,
    /** Exits that stop the machine whether a filter asks for them or not, by name. */
    private readonly always: ReadonlySet<string> = new Set(),
  ) {
    this.armed = new ArmedPoints(target.registerWords);
    this.pc = target.registerWords?.registerNumber('pc');
  }

  /** Replaces what is armed. */
  set(points: StopPoints): void {
    this.armed.set(points);
    this.arm();
  }

  /** A run begins. `stepping`: an exception entry ends it. */
  begin(goal: RunGoal, stepping: boolean): void {
    this.goal = goal;
    this.stepping = stepping;
    this.cause = undefined;
    this.happening = undefined;
    this.arm();
  }

  /** The machine stands: breakpoints right there do not stop it again before it has moved. */
  stands(): void {
    for (let vcpu = 0; vcpu < this.target.vcpuCount; vcpu++) this.standsAt(vcpu);
  }

  /** As `stands`, for one vCPU. */
  standsAt(vcpu: number): void {
    this.standing.set(vcpu, { pc: this.target.status(vcpu).pc, instructions: this.target.instructionsOf(vcpu) });
  }

  /** Somebody changed the exit at hand. */
  refresh(): void {
    if (!this.happening || !('exit' in this.happening)) return;
    const exit = this.target.exitRecord(this.happening.exit.vcpu);
    if (exit) this.happening = { exit };
  }

  /** The machine was reset: a breakpoint at its first instruction stops it. */
  forget(): void {
    this.standing.clear();
    this.happening = undefined;
    this.arm();
  }

  breakpoint(vcpu: number): boolean {
    if (this.surelyPasses(vcpu)) return false;
    const { target } = this;
    const { pc } = target.status(vcpu);
    if (this.standsStill(vcpu)) return false;
    if (this.reachedGoal(vcpu, pc)) return this.stopWith({ kind: 'step' }, undefined);
    const ids: number[] = [];
    for (const { point, decision } of this.armedAt(vcpu, pc)) {
      if (point.vcpu !== undefined && point.vcpu !== vcpu) continue;
      if (decision.stops(contextOf(target, vcpu, undefined), this.say)) ids.push(point.id);
    }
    return ids.length > 0 && this.stopWith({ kind: 'breakpoint', ids }, undefined);
  }

  passesData(vcpu: number, id: number): boolean {
    for (const { point, decision } of this.armed.dataBreakpoints(id)) {
      if (point.vcpu !== undefined && point.vcpu !== vcpu) continue;
      if (!decision.surelyNot(vcpu)) return false;
    }
    return true;
  }

  data(vcpu: number, pc: bigint, accesses: readonly DataAccess[]): boolean {
    const stopping: DataAccess[] = [];
    for (const access of accesses) {
      for (const { point, decision } of this.armed.dataBreakpoints(access.id)) {
        if (point.vcpu !== undefined && point.vcpu !== vcpu) continue;
        if (decision.stops(contextOf(this.target, vcpu, undefined), this.say)) stopping.push(access);
      }
    }
    const ids = stopping.map(({ id }) => id);
    return ids.length > 0 && this.stopWith({ kind: 'data', ids, pc, accesses: stopping }, undefined);
  }

  exit(vcpu: number, name: string): boolean {
    const filters = this.armed.exitFilters(name);
    const always = this.always.has(name);
    if (!always && filters.every(({ decision }) => decision.surelyNot(vcpu))) return false;
    const exit = this.target.exitRecord(vcpu);
    if (!exit) return false;
    const context = contextOf(this.target, vcpu, { exit });
    const stops = filters.filter(({ decision }) => decision.stops(context, this.say)).length > 0;
    return (stops || always) && this.stopWith({ kind: 'exit', exit }, { exit });
  }

  exception(exception: GuestException): boolean {
    const filters = this.armed.exceptionFilters(exception.class);
    if (!this.stepping && filters.every(({ decision }) => decision.surelyNot(exception.vcpu))) return false;
    const context = contextOf(this.target, exception.vcpu, { exception });
    const stops = filters.filter(({ decision }) => decision.stops(context, this.say)).length > 0;
    if (stops) return this.stopWith({ kind: 'exception', exception }, { exception });
    // One that was injected while the vCPU stood at its vector is no step.
    return this.stepping && !this.standsStill(exception.vcpu) && this.stopWith({ kind: 'step' }, { exception });
  }

  private standsStill(vcpu: number): boolean {
    const standing = this.standing.get(vcpu);
    return standing?.pc === this.target.status(vcpu).pc && standing.instructions === this.target.instructionsOf(vcpu);
  }

  /** Every breakpoint here has a condition that does not hold, and nothing else wants to stop: found out with 32-bit words alone. */
  private surelyPasses(vcpu: number): boolean {
    const { registerWords } = this.target;
    if (!registerWords || this.pc === undefined || this.armed.physical || this.goal.kind !== 'none') return false;
    for (const { point, decision } of this.armed.breakpointsNear('va', registerWords.low(vcpu, this.pc) >>> 0)) {
      if (point.vcpu !== undefined && point.vcpu !== vcpu) continue;
      if (!decision.surelyNot(vcpu)) return false;
    }
    return true;
  }

  private reachedGoal(vcpu: number, pc: bigint): boolean {
    const { goal } = this;
    return goal.kind === 'return' && goal.vcpu === vcpu && goal.address === pc && (this.target.readRegister(vcpu, 'sp') ?? 0n) >= goal.sp;
  }

  /** Breakpoints on this instruction, by virtual address and, where any are set by guest physical or physical address, by those. */
  private *armedAt(vcpu: number, pc: bigint): Iterable<ArmedBreakpoint> {
    yield* this.armed.breakpointsAt('va', pc);
    if (!this.armed.physical) return;
    const { ipa, pa } = this.target.placeOf(vcpu, pc);
    if (ipa !== undefined) yield* this.armed.breakpointsAt('ipa', ipa);
    if (pa !== undefined) yield* this.armed.breakpointsAt('pa', pa);
  }

  private stopWith(cause: StopCause, happening: Happening): true {
    this.cause = cause;
    this.happening = happening;
    return true;
  }

  private arm(): void {
    const { goal, armed } = this;
    this.target.armBreakpoints(goal.kind === 'return' ? [...armed.places, { space: 'va', address: goal.address }] : armed.places);
    this.target.armData(armed.data);
    this.target.armHooks({ exits: new Set([...this.armed.exits, ...this.always]), exceptions: this.armed.exceptions || this.stepping });
  }
}
