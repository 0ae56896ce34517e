import type { CodeCache } from '../../translate/code-cache.ts';
import type { AddressSpace } from '../machine.ts';

const PAGE_MASK = ~0xfffn;

interface Place {
  readonly space: AddressSpace;
  readonly address: bigint;
}

const keyOf = ({ space, address }: Place): string => `${space}:${address.toString(16)}`;

/**
 * Code breakpoints: the predecoded record of an armed instruction leaves the interpreter, so nothing that is not armed costs anything.
 * Those at guest physical and physical addresses are armed at once; virtual ones whenever a page is about to be executed at their address, in whatever
 * address space: the same virtual address may mean another page every time.
 */
export class CodeBreakpoints {
  /** The places that each armed instruction was armed for, by host address. */
  private readonly armed = new Map<number, Set<string>>();
  /** Virtual breakpoints by page address. */
  private pages = new Map<bigint, Place[]>();
  private places: readonly Place[] = [];
  private keys: ReadonlySet<string> = new Set();

  /**
   * @param hostOf Host address of a guest physical or physical address, or -1.
   * @param refetch Makes every page be fetched anew, so that `fetched` is asked about it.
   * @param beside With a cache model: from a host address to the other place that its instruction may be fetched from.
   */
  constructor(
    private readonly code: CodeCache,
    private readonly hostOf: (space: 'ipa' | 'pa', address: bigint) => number,
    private readonly refetch: () => void,
    private readonly beside?: number,
  ) {}

  /** Arms these and no others. What stays armed is not touched: every step sets them anew. */
  set(places: readonly Place[]): void {
    if (places === this.places) return;
    this.places = places;
    const before = this.keys;
    this.keys = new Set(places.map(keyOf));
    this.disarmOthers();
    this.pages = new Map();
    let more = false;
    for (const place of places) {
      const { space, address } = place;
      if (space === 'va') {
        const page = address & PAGE_MASK;
        const known = this.pages.get(page);
        if (known) known.push(place);
        else this.pages.set(page, [place]);
        more ||= !before.has(keyOf(place));
      } else {
        const host = this.hostOf(space, address);
        if (host >= 0) this.arm(host, place);
        if (host >= 0 && this.beside !== undefined) this.arm(host + this.beside, place);
      }
    }
    if (more) this.refetch();
  }

  private disarmOthers(): void {
    for (const [host, keys] of this.armed) {
      for (const key of keys) if (!this.keys.has(key)) keys.delete(key);
      if (keys.size > 0) continue;
      this.armed.delete(host);
      this.code.clearBreakpoint(host);
    }
  }

  /** Whether `fetched` has to be asked. */
  get any(): boolean {
    return this.pages.size > 0;
  }

  /** A page is about to be executed at this virtual address. */
  fetched(pcLow: number, pcHigh: number, hostPage: number): void {
    const page = ((BigInt(pcHigh >>> 0) << 32n) | BigInt(pcLow >>> 0)) & PAGE_MASK;
    for (const place of this.pages.get(page) ?? []) this.arm(hostPage + Number(place.address & 0xfffn), place);
  }

  private arm(host: number, place: Place): void {
    const known = this.armed.get(host);
    if (known) known.add(keyOf(place));
    else {
      this.armed.set(host, new Set([keyOf(place)]));
      this.code.setBreakpoint(host);
    }
  }
}
