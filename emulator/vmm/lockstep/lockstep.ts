import type { RunEnd } from '../run-hooks.ts';
import { narrow, type Parting } from './narrow.ts';
import { type Cut, type MakeMachine, Pair } from './pair.ts';

/** How closely two machines are compared. */
export interface LockstepOptions {
  /** Instructions between comparisons of all registers, devices and interrupts. */
  readonly every: number;
  /** Comparisons to one that compares the whole memory too. */
  readonly memoryEvery: number;
  /** Instructions after which it is enough. */
  readonly limit?: number;
  /** Takes what the guest sends. */
  readonly console?: (bytes: Uint8Array) => void;
  /** Told what is being done about a difference. */
  readonly note?: (text: string) => void;
}

/** What came of it. */
export type LockstepResult =
  | { readonly kind: 'same'; readonly end: RunEnd; readonly instructions: number; readonly comparisons: number }
  | ({ readonly kind: 'different' } & Parting);

/**
 * Runs a guest on two machines, one interpreting and one translating, to its end, and compares everything that the guest or a debugger could see.
 * Where they part, finds the first instruction that did it.
 */
export async function lockstep(make: MakeMachine, options: LockstepOptions): Promise<LockstepResult> {
  const { every, memoryEvery, limit = Number.POSITIVE_INFINITY } = options;
  const cuts: Cut[] = [{ from: 0, step: every }];
  const pair = await Pair.make(make);
  let good = 0;
  let comparisons = 0;
  for (let over = false; !over; ) {
    pair.run(every);
    options.console?.(pair.output);
    comparisons++;
    over = pair.end.kind !== 'budget' || pair.count >= limit;
    const whole = over || comparisons % memoryEvery === 0;
    if (!(whole ? pair.same() : pair.sameState())) {
      const found = await narrow(make, cuts, good, pair.count, options.note ?? (() => {}));
      return { kind: 'different', ...found, differences: found.differences.length > 0 ? found.differences : pair.differences() };
    }
    if (whole) good = pair.count;
    // The event loop has its turn: whoever started this may want to stop it.
    if (whole) await new Promise((resolve) => setTimeout(resolve));
  }
  return { kind: 'same', end: pair.end, instructions: pair.count, comparisons };
}
