import type { Plan } from '../../vmm/plan.ts';
import { contextOf, type Happening } from '../debug/context.ts';
import { EvaluationError } from '../expression/error.ts';
import { compile, type Evaluator } from '../expression/evaluate.ts';
import type { AddressSpace } from '../machine.ts';
import type { Target } from '../target.ts';
import type { ScriptMoment, ScriptStep } from './step.ts';

/** A step of a script cannot be done: the run ends there. The message is for the person. */
export class ScriptError extends Error {
  override readonly name = 'ScriptError';
}

interface Pending {
  readonly step: ScriptStep;
  readonly condition: Evaluator | undefined;
  hits: number;
  done: boolean;
}

/** Executes a script: every step at its moment, by instruction counts and by what the guest does alone, so that the same script on the same guest is the same run. */
export class ScriptRunner implements Plan {
  next = Number.POSITIVE_INFINITY;
  /** Where the machine has to ask. */
  readonly places: readonly { readonly space: AddressSpace; readonly address: bigint }[];
  private readonly steps: readonly Pending[];
  /** Due now, by vCPU. */
  private readonly due = new Map<number, Pending[]>();
  private readonly dueAtExit = new Map<number, Pending[]>();

  /** @param say Told of everything that is done. */
  constructor(
    private readonly target: Target,
    steps: readonly ScriptStep[],
    private readonly say: (text: string) => void,
  ) {
    this.steps = steps.map((step) => ({ step, condition: conditionOf(step.at), hits: 0, done: false }));
    this.places = steps.flatMap(({ at }) => (at.kind === 'address' ? [{ space: at.space, address: at.address }] : []));
    this.findNext();
  }

  reset(): void {
    for (const pending of this.steps) Object.assign(pending, { hits: 0, done: false });
    this.due.clear();
    this.dueAtExit.clear();
    this.findNext();
  }

  atCount(instructions: number): boolean {
    const due = this.steps.filter(({ step: { at }, done }) => !done && at.kind === 'instructions' && at.instructions <= instructions);
    for (const pending of due) pending.done = true;
    this.findNext();
    return this.carryOut(due, 0, undefined);
  }

  isDueAt(vcpu: number): boolean {
    const { pc } = this.target.status(vcpu);
    let physical: ReturnType<Target['placeOf']> | undefined;
    const here = (space: AddressSpace, address: bigint): boolean => {
      if (space === 'va') return address === pc;
      physical ??= this.target.placeOf(vcpu, pc);
      return physical[space] === address;
    };
    const due = this.hit(vcpu, undefined, ({ step: { at } }) => at.kind === 'address' && here(at.space, at.address));
    if (due.length > 0) this.due.set(vcpu, due);
    return due.length > 0;
  }

  perform(vcpu: number): boolean {
    const due = this.due.get(vcpu) ?? [];
    this.due.delete(vcpu);
    return this.carryOut(due, vcpu, undefined);
  }

  exited(vcpu: number, name: string): void {
    this.dueAtExit.delete(vcpu);
    if (!this.steps.some(({ step: { at }, done }) => !done && at.kind === 'exit' && at.exit === name)) return;
    const due = this.hit(vcpu, this.happening(vcpu), ({ step: { at } }) => at.kind === 'exit' && at.exit === name);
    if (due.length > 0) this.dueAtExit.set(vcpu, due);
  }

  isDueAtExit(vcpu: number): boolean {
    return this.dueAtExit.has(vcpu);
  }

  performAtExit(vcpu: number): void {
    const due = this.dueAtExit.get(vcpu) ?? [];
    this.dueAtExit.delete(vcpu);
    this.carryOut(due, vcpu, this.happening(vcpu));
  }

  private happening(vcpu: number): Happening {
    const exit = this.target.exitRecord(vcpu);
    return exit && { exit };
  }

  /** Counts what happened for every step that waits for it; those whose count is full. */
  private hit(vcpu: number, happening: Happening, concerns: (pending: Pending) => boolean): Pending[] {
    const due: Pending[] = [];
    for (const pending of this.steps) {
      const { step, condition } = pending;
      if (pending.done || step.at.kind === 'instructions' || !concerns(pending)) continue;
      if (condition && !this.holds(condition, vcpu, happening)) continue;
      pending.done = ++pending.hits === step.at.count;
      if (pending.done) due.push(pending);
    }
    return due;
  }

  /** A condition without a value does not hold. */
  private holds(condition: Evaluator, vcpu: number, happening: Happening): boolean {
    try {
      return condition(contextOf(this.target, vcpu, happening)) !== 0n;
    } catch (error) {
      if (error instanceof EvaluationError) return false;
      throw error;
    }
  }

  private carryOut(due: readonly Pending[], here: number, happening: Happening): boolean {
    let stop = false;
    for (const { step } of due) {
      const vcpu = step.vcpu ?? here;
      for (const { text, act } of step.acts) {
        if (act === 'stop') {
          stop = true;
          continue;
        }
        try {
          const account = this.target.intervene(vcpu, act, (e) => compile(e)(contextOf(this.target, vcpu, happening)));
          this.say(`script, vCPU ${vcpu}, after ${this.target.statistics().instructions} instructions: ${account}`);
        } catch (error) {
          throw new ScriptError(`script: "${text}" cannot be done: ${(error as Error).message}`);
        }
      }
    }
    return stop;
  }

  private findNext(): void {
    this.next = this.steps.reduce(
      (next, { step: { at }, done }) => (at.kind === 'instructions' && !done ? Math.min(next, at.instructions) : next),
      Number.POSITIVE_INFINITY,
    );
  }
}

const conditionOf = (at: ScriptMoment): Evaluator | undefined =>
  at.kind === 'instructions' || at.condition === undefined ? undefined : compile(at.condition);
