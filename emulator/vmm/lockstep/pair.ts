import type { RunEnd } from '../run-hooks.ts';
import type { VirtMachine } from '../virt-machine.ts';
import { type Difference, machineState, sameState, stateDifferences } from './machine-state.ts';
import { memoryDifferences, sameMemory } from './memory-state.ts';

/** How a machine of a pair executes its guest. */
export type Tier = 'interpreted' | 'translated';

/** Makes a machine that stands before its guest's first instruction: the same guest each time, whatever the tier. */
export type MakeMachine = (tier: Tier) => Promise<VirtMachine>;

/** From an instruction count on, the pair runs this many instructions at a time. */
export interface Cut {
  readonly from: number;
  readonly step: number;
}

/** Words of memory that are named when memories differ. */
const MOST_WORDS = 8;

/** The same guest on two machines, one interpreting and one translating. */
export class Pair {
  private constructor(readonly machines: readonly [VirtMachine, VirtMachine]) {}
  /** Why the machines stopped running, and what their consoles have shown since they were looked at last. */
  private ends: readonly RunEnd[] = [];
  private shown: readonly Uint8Array[] = [new Uint8Array(), new Uint8Array()];

  static async make(make: MakeMachine): Promise<Pair> {
    return new Pair([await make('interpreted'), await make('translated')]);
  }

  /** A new pair that has come to `count` in the same portions as one before. */
  static async replay(make: MakeMachine, cuts: readonly Cut[], count: number): Promise<Pair> {
    const pair = await Pair.make(make);
    for (const [n, { step }] of cuts.entries()) {
      const until = cuts[n + 1]?.from ?? count;
      while (pair.count < until && pair.end.kind === 'budget') pair.run(Math.min(step, until - pair.count));
    }
    return pair;
  }

  /** Instructions executed, by the interpreting machine's clock. */
  get count(): number {
    return this.machines[0].silicon.clock.instructions;
  }

  get end(): RunEnd {
    return this.ends[0] ?? { kind: 'budget' };
  }

  /** What the guest has sent in the last run. */
  get output(): Uint8Array {
    return this.shown[0]!;
  }

  /** Runs both machines for `budget` instructions. */
  run(budget: number): void {
    this.ends = this.machines.map((machine) => machine.run(budget));
    this.shown = this.machines.map((machine) => machine.console.take());
  }

  /** Whether everything but memory is the same. */
  sameState(): boolean {
    const [a, b] = this.machines;
    return this.ended().length === 0 && sameState(machineState(a), machineState(b));
  }

  /** Whether everything is the same. */
  same(): boolean {
    return this.sameState() && sameMemory(this.machines);
  }

  differences(): Difference[] {
    return [...this.ended(), ...stateDifferences(this.machines), ...memoryDifferences(this.machines, MOST_WORDS)];
  }

  private ended(): Difference[] {
    const why = this.ends.map((end) => JSON.stringify(end));
    const shown = this.shown.map((bytes) => JSON.stringify(new TextDecoder().decode(bytes)));
    return [
      { name: 'end of the run', values: [why[0]!, why[1]!] as const },
      { name: 'console', values: [shown[0]!, shown[1]!] as const },
    ].filter(({ values }) => values[0] !== values[1]);
  }
}
