import { RECORDS_PER_PAGE } from '../layout.ts';
import type { Callee, Code, CodePage, TranslatableWords } from './batch.ts';
import type { RegionBlock, Surveyed, TranslatableInstruction } from './graph.ts';

/** A page of a batch and the functions of other pages that it calls, as one numbered sequence of instructions. */
export class Survey implements Surveyed {
  private readonly calls: readonly { readonly target: number; readonly callee: number }[];

  constructor(
    private readonly page: CodePage,
    private readonly callees: readonly Callee[],
    private readonly instructionOf: TranslatableWords,
  ) {
    this.calls = [...page.calls].sort((a, b) => a.target - b.target);
  }

  instruction(place: number): TranslatableInstruction | undefined {
    if (place >= 0 && place < RECORDS_PER_PAGE) return this.read(this.page, place);
    const call = this.callAt(place);
    return call && this.read(this.callees[call.callee]!, place - call.target);
  }

  private read({ words, eligible }: Code, index: number): TranslatableInstruction | undefined {
    return index < words.length && eligible[index] !== 0 ? this.instructionOf(words[index]! >>> 0) : undefined;
  }

  /** The call whose function begins last at or before the place. */
  private callAt(place: number): { readonly target: number; readonly callee: number } | undefined {
    const { calls } = this;
    let [low, high] = [0, calls.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (calls[middle]!.target <= place) low = middle + 1;
      else high = middle;
    }
    return calls[low - 1];
  }

  recordsOf(place: number): number | undefined {
    if (place >= 0 && place < RECORDS_PER_PAGE) return undefined;
    const call = this.callAt(place);
    return call && this.callees[call.callee]!.records;
  }

  /** Numbers of the callees whose code is in the blocks. */
  calleesOf(blocks: readonly RegionBlock[]): number[] {
    const numbers = new Set<number>();
    for (const { start } of blocks) {
      if (start >= 0 && start < RECORDS_PER_PAGE) continue;
      const call = this.callAt(start);
      if (call) numbers.add(call.callee);
    }
    return [...numbers];
  }
}
