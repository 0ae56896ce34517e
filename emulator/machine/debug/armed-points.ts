import type { RegisterWords } from '../expression/words.ts';
import type { AddressSpace, Breakpoint, DataBreakpoint, ExceptionFilter, ExitFilter, StopPoints } from '../machine.ts';
import { StopDecision } from './stop-decision.ts';

interface Armed<T> {
  readonly point: T;
  readonly decision: StopDecision;
}

export type ArmedBreakpoint = Armed<Breakpoint>;

const none: readonly never[] = [];
const lowWord = (address: bigint): number => Number(address & 0xffff_ffffn);

/** What is armed, indexed the way the hooks ask for it. */
export class ArmedPoints {
  private readonly decisions = new Map<number, { readonly key: string; readonly decision: StopDecision }>();
  private byAddress: Readonly<Record<AddressSpace, Map<number, ArmedBreakpoint[]>>> = { va: new Map(), ipa: new Map(), pa: new Map() };
  private byExit = new Map<string, Armed<ExitFilter>[]>();
  private byClass = new Map<string, Armed<ExceptionFilter>[]>();
  private byId = new Map<number, Armed<DataBreakpoint>[]>();
  /** Any breakpoint by ipa or pa: then hits are looked up there too. */
  physical = false;
  places: readonly { readonly space: AddressSpace; readonly address: bigint }[] = [];

  data: readonly DataBreakpoint[] = [];

  constructor(private readonly registers?: RegisterWords) {}

  /** Replaces everything. A point that stays the same keeps its hit count. */
  set(points: StopPoints): void {
    const ids = new Set([...points.breakpoints, ...points.exits, ...points.exceptions, ...(points.data ?? [])].map((p) => p.id));
    for (const id of this.decisions.keys()) if (!ids.has(id)) this.decisions.delete(id);
    const within = (space: AddressSpace) =>
      this.index(
        points.breakpoints.filter((b) => b.space === space),
        (b) => lowWord(b.address),
      );
    this.byAddress = { va: within('va'), ipa: within('ipa'), pa: within('pa') };
    this.physical = points.breakpoints.some((b) => b.space !== 'va');
    this.byExit = this.index(points.exits, (f) => f.exit);
    this.byClass = this.index(points.exceptions, (f) => f.class);
    this.data = points.data ?? [];
    this.byId = this.index(this.data, (d) => d.id);
    this.places = points.breakpoints.map(({ space, address }) => ({ space, address }));
  }

  /** Breakpoints at addresses with this low word (unsigned); nearly always that is one address. */
  breakpointsNear(space: AddressSpace, low: number): readonly ArmedBreakpoint[] {
    return this.byAddress[space].get(low) ?? none;
  }

  breakpointsAt(space: AddressSpace, address: bigint): readonly ArmedBreakpoint[] {
    return this.breakpointsNear(space, lowWord(address)).filter(({ point }) => point.address === address);
  }

  dataBreakpoints(id: number): readonly Armed<DataBreakpoint>[] {
    return this.byId.get(id) ?? [];
  }

  exitFilters(name: string): readonly Armed<ExitFilter>[] {
    return this.byExit.get(name) ?? [];
  }

  exceptionFilters(key: string): readonly Armed<ExceptionFilter>[] {
    return this.byClass.get(key) ?? [];
  }

  get exits(): ReadonlySet<string> {
    return new Set(this.byExit.keys());
  }

  get exceptions(): boolean {
    return this.byClass.size > 0;
  }

  private index<T extends Breakpoint | DataBreakpoint | ExitFilter | ExceptionFilter, K>(
    points: readonly T[],
    keyOf: (point: T) => K,
  ): Map<K, Armed<T>[]> {
    const result = new Map<K, Armed<T>[]>();
    for (const point of points) {
      const list = result.get(keyOf(point)) ?? [];
      list.push({ point, decision: this.decisionOf(point) });
      result.set(keyOf(point), list);
    }
    return result;
  }

  private decisionOf(point: Breakpoint | DataBreakpoint | ExitFilter | ExceptionFilter): StopDecision {
    const key = JSON.stringify(point, (_, value) => (typeof value === 'bigint' ? `${value}n` : value));
    const known = this.decisions.get(point.id);
    if (known?.key === key) return known.decision;
    const decision = new StopDecision(point, this.registers);
    this.decisions.set(point.id, { key, decision });
    return decision;
  }
}
