import { rightsIndex, TABLE_OR_PAGE, VALID } from '../isa/descriptor.ts';
import { clearHigh, clearLow, swapBytes } from './descriptor.ts';
import { descriptorKind, entryShift } from './descriptor-fields.ts';

/** Translation tables to go through. Inputs are offsets in the range that the tables translate: they fit a number. */
export interface TableTree {
  readonly stage: 1 | 2;
  /** log2 of the page. */
  readonly granule: number;
  readonly inputBits: number;
  readonly startLevel: number;
  readonly start: number;
  /** Addresses at or above this are an address size fault. */
  readonly outputLimit: number;
  readonly bigEndian: boolean;
  /** Hierarchical permissions count (stage 1 without HPDn). */
  readonly hierarchical: boolean;
  /** Memory that holds the tables, and where in it the 4 KiB at an address are; negative: a walk cannot read them. */
  readonly words: Int32Array;
  host(address: number): number;
  /** Some of these bytes are poisoned: a walk does not get them. */
  poisoned(host: number, bytes: number): boolean;
}

/** Adjacent entries that say the same. */
export interface TableRun {
  /** First input, and the first behind. */
  readonly first: number;
  end: number;
  readonly level: number;
  /** `leaf`: pages or blocks; the others are what walks fault at although it is not invalid. `unreadable`: the table cannot be read. */
  readonly kind: 'leaf' | 'reserved' | 'address size' | 'unreadable';
  /** Where the first input leads; `linear`: the rest follows one after another. */
  readonly output: number;
  linear: boolean;
  /** The first leaf. */
  readonly descriptor: bigint;
}

export interface TableRuns {
  readonly runs: readonly TableRun[];
  /** Descriptors that were looked at. */
  readonly descriptors: number;
  /** Where to go on: the bounds were reached before the end. */
  readonly next?: number;
}

/** What one go may take: tables that point at themselves stand for more entries than anyone could list. */
export interface Bounds {
  readonly descriptors: number;
  readonly runs: number;
}

const CHUNK = 4096;
/** Bits of a leaf that make it differ from its neighbour: the attributes; not the address, what is software's or ignored. */
const LOW_ATTRIBUTES = 0xffc;
const HIGH_ATTRIBUTES = 0x1f << (50 - 32);

/** Runs between two inputs, in order. */
export function tableRuns(tree: TableTree, from: number, to: number, bounds: Bounds): TableRuns {
  return new Runs(tree, from, to, bounds).all();
}

class Runs {
  private readonly runs: TableRun[] = [];
  private current: (TableRun & { readonly low: number; readonly high: number; readonly inherited: number }) | undefined;
  private descriptors = 0;
  private next: number | undefined;

  constructor(
    private readonly tree: TableTree,
    private readonly from: number,
    private readonly to: number,
    private readonly bounds: Bounds,
  ) {}

  all(): TableRuns {
    const { start, startLevel, outputLimit, inputBits } = this.tree;
    if (this.from < this.to) {
      if (start >= outputLimit) this.add('address size', startLevel, 0, 2 ** inputBits, 0, 0, 0);
      else this.table(start, startLevel, 0, 2 ** inputBits, 0);
    }
    // The run that was one too many may not be whole.
    if (this.runs.length > this.bounds.runs) this.next = this.runs.pop()!.first;
    return { runs: this.runs, descriptors: this.descriptors, ...(this.next === undefined ? {} : { next: this.next }) };
  }

  /** The entries of a table that stand for `input` up to `end`. */
  private table(address: number, level: number, input: number, end: number, inherited: number): void {
    const { tree } = this;
    const shift = entryShift({ stage: tree.stage, level, granule: tree.granule });
    const size = 2 ** shift;
    let entry = Math.max(0, Math.floor((this.from - input) / size));
    const entries = Math.min((end - input) / size, Math.ceil((this.to - input) / size));
    while (entry < entries) {
      const at = address + entry * 8;
      const host = tree.host(at);
      const chunkEnd = Math.min(entries, entry + (CHUNK - (at % CHUNK)) / 8);
      if (host < 0) {
        if (!this.mayGoOn(input + entry * size)) return;
        this.descriptors++;
        this.add('unreadable', level, input + entry * size, input + chunkEnd * size, 0, 0, address);
        entry = chunkEnd;
        continue;
      }
      const poison = tree.poisoned(host, (chunkEnd - entry) * 8);
      for (let word = host >>> 2; entry < chunkEnd; entry++, word += 2) {
        const begins = input + entry * size;
        if (!this.mayGoOn(begins)) return;
        this.descriptors++;
        if (poison && tree.poisoned(word << 2, 8)) {
          this.add('unreadable', level, begins, begins + size, 0, 0, address);
          continue;
        }
        const low = tree.bigEndian ? swapBytes(tree.words[word + 1]!) : tree.words[word]!;
        if ((low & VALID) === 0) continue;
        const high = tree.bigEndian ? swapBytes(tree.words[word]!) : tree.words[word + 1]!;
        this.entry(low, high, level, shift, begins, begins + size, inherited);
        if (this.next !== undefined) return;
      }
    }
  }

  private entry(low: number, high: number, level: number, shift: number, input: number, end: number, inherited: number): void {
    const { granule, outputLimit, stage, hierarchical } = this.tree;
    if (level < 3 && (low & TABLE_OR_PAGE) !== 0) {
      const table = clearHigh(high, granule) * 0x1_0000_0000 + clearLow(low, granule);
      const limits = hierarchical
        ? ((high >>> (rightsIndex.tableAccess.shift - 32)) & rightsIndex.tableAccess.mask) |
          ((high >>> (rightsIndex.tableNever.shift - 32)) & rightsIndex.tableNever.mask)
        : 0;
      if (table >= outputLimit) this.add('address size', level, input, end, low, high, inherited);
      else this.table(table, level + 1, input, end, inherited | limits);
      return;
    }
    const reserved = descriptorKind(low, { stage, level, granule }) === 'reserved';
    const output = clearHigh(high, shift) * 0x1_0000_0000 + clearLow(low, shift);
    this.add(reserved ? 'reserved' : output >= outputLimit ? 'address size' : 'leaf', level, input, end, low, high, inherited, output);
  }

  private add(
    kind: TableRun['kind'],
    level: number,
    first: number,
    end: number,
    low: number,
    high: number,
    inherited: number,
    output = 0,
  ): void {
    const attributesLow = low & LOW_ATTRIBUTES;
    const attributesHigh = high & HIGH_ATTRIBUTES;
    const { current } = this;
    if (
      current?.end === first &&
      current.kind === kind &&
      current.level === level &&
      (kind === 'reserved' || kind === 'address size' || current.inherited === inherited) &&
      (kind !== 'leaf' || (current.low === attributesLow && current.high === attributesHigh))
    ) {
      if (output !== current.output + (first - current.first)) current.linear = false;
      current.end = end;
      return;
    }
    const descriptor = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
    const run = { first, end, level, kind, output, linear: true, descriptor, low: attributesLow, high: attributesHigh, inherited };
    this.current = run;
    this.runs.push(run);
  }

  private mayGoOn(input: number): boolean {
    if (this.descriptors < this.bounds.descriptors && this.runs.length <= this.bounds.runs) return true;
    this.next = Math.max(input, this.from);
    return false;
  }
}
