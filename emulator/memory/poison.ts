import { LINE_BYTES, LineSet, lastLine, lineOf } from './line-set.ts';
import { pageMark } from './page-mark.ts';

/** What reads memory: loads, stores that merge with what is there, and cache maintenance; instruction fetches; walks of translation tables. */
export type Consumer = 'data' | 'instruction' | 'walk';

/**
 * How bad an error is, as the RAS architecture tells them apart where it is consumed: uncorrected and recoverable, restartable, uncontainable; or corrected, which the
 * processor does not notice.
 */
export type Severity = 'UER' | 'UEO' | 'UC' | 'CE';

export interface PoisonRequest {
  /** Host memory. It goes by whole lines of 64 bytes. */
  readonly ranges: readonly { readonly host: number; readonly bytes: number }[];
  /** Who trips over it; left out: everybody. */
  readonly consumers?: readonly Consumer[];
  /** Good again after it was consumed once. */
  readonly once?: boolean;
  /** `UER` where it is left out. */
  readonly severity?: Severity;
  /** Without FEAT_RAS it is told as a parity or ECC error; with it there is no such status code. */
  readonly parity?: boolean;
  /** False: the abort of an access (not of a walk) does not say where (ESR_ELx.FnV). */
  readonly addressKnown?: boolean;
}

/** One piece of bad memory. */
export class Poison {
  readonly consumers: readonly Consumer[];
  readonly once: boolean;
  readonly severity: Severity;
  readonly parity: boolean;
  readonly addressKnown: boolean;
  /** How often it was consumed. */
  consumed = 0;
  readonly lines: LineSet;

  constructor(
    readonly id: number,
    request: PoisonRequest,
    private readonly map: PoisonMap,
  ) {
    this.consumers = request.consumers ?? ['data', 'instruction', 'walk'];
    this.once = request.once ?? false;
    this.severity = request.severity ?? 'UER';
    this.parity = request.parity ?? false;
    this.addressKnown = request.addressKnown ?? true;
    this.lines = new LineSet(request.ranges);
  }

  /** The memory is good again. */
  repair(): void {
    this.map.remove(this.id);
  }
}

/** Who consumed what. */
export interface Consumption {
  readonly poison: Poison;
  readonly consumer: Consumer;
  /** Host address of the first bad byte that was touched. */
  readonly host: number;
}

/**
 * Memory with errors. The unit is what memory systems protect and caches move: a line of 64 bytes. Whatever reads a line or merges into one consumes its error; a write of
 * all of a line (DC ZVA) replaces it with good data. Only pages that hold bad lines are marked, and of those generated code finds none in its TLBs.
 */
export class PoisonMap {
  /** Told of everything consumed, corrected errors too. */
  onConsumed: ((consumption: Consumption) => void) | undefined;
  private readonly entries = new Map<number, Poison>();
  private lastId = 0;

  /**
   * @param marks `pageMark` bits by host page, kept in step.
   * @param changed What is bad in these lines changed: TLBs and predecoded code forget what they know of them.
   */
  constructor(
    private readonly marks: Uint8Array,
    private readonly changed: (first: number, last: number) => void,
  ) {}

  get empty(): boolean {
    return this.entries.size === 0;
  }

  list(): readonly Poison[] {
    return [...this.entries.values()];
  }

  add(request: PoisonRequest): Poison {
    const poison = new Poison(++this.lastId, request, this);
    this.entries.set(poison.id, poison);
    this.refresh(poison.lines);
    return poison;
  }

  /** False: there is none with this number. */
  remove(id: number): boolean {
    const poison = this.entries.get(id);
    if (!poison) return false;
    this.entries.delete(id);
    this.refresh(poison.lines);
    return true;
  }

  clear(): void {
    for (const id of [...this.entries.keys()]) this.remove(id);
  }

  /** Nothing bad, and numbers begin anew. */
  reset(): void {
    this.clear();
    this.lastId = 0;
  }

  /** Whether an instruction fetched from this host address is bad: its record has to ask. */
  fetches(host: number): boolean {
    return (this.marks[host >>> 12]! & pageMark.poison) !== 0 && this.find(host, 4, 'instruction') !== undefined;
  }

  /**
   * Something reads these bytes.
   * @param dry It only wants to know.
   * @returns What it trips over; undefined: good bytes, or an error that was corrected on the way.
   */
  consume(host: number, bytes: number, consumer: Consumer, dry = false): Poison | undefined {
    const poison = this.find(host, bytes, consumer);
    if (poison === undefined) return undefined;
    if (!dry) {
      poison.consumed++;
      this.onConsumed?.({ poison, consumer, host: poison.lines.firstIn(host, bytes) });
      if (poison.once) poison.repair();
    }
    return poison.severity === 'CE' ? undefined : poison;
  }

  /** These bytes are replaced without being read: the lines that lie in them are good now. */
  overwrite(host: number, bytes: number): void {
    const first = Math.ceil(host / LINE_BYTES);
    const last = Math.floor((host + bytes) / LINE_BYTES) - 1;
    if (last < first) return;
    for (const poison of this.entries.values()) {
      if (!poison.lines.remove(first, last)) continue;
      if (poison.lines.empty) this.entries.delete(poison.id);
      this.remark(first, last);
      this.changed(first, last);
    }
  }

  /** What aborts goes before what is corrected. */
  private find(host: number, bytes: number, consumer: Consumer): Poison | undefined {
    let corrected: Poison | undefined;
    for (const poison of this.entries.values()) {
      if (!poison.consumers.includes(consumer) || !poison.lines.touches(lineOf(host), lastLine(host, bytes))) continue;
      if (poison.severity !== 'CE') return poison;
      corrected ??= poison;
    }
    return corrected;
  }

  private refresh(lines: LineSet): void {
    for (const { first, last } of lines.intervals) {
      this.remark(first, last);
      this.changed(first, last);
    }
  }

  private remark(first: number, last: number): void {
    const perPage = 4096 / LINE_BYTES;
    for (let page = Math.floor(first / perPage); page * perPage <= last; page++) {
      const bad = this.list().some(({ lines }) => lines.touches(page * perPage, page * perPage + perPage - 1));
      if (bad) this.marks[page]! |= pageMark.poison;
      else this.marks[page]! &= ~pageMark.poison;
    }
  }
}
