import type { CodeCache } from '../../translate/code-cache.ts';
import type { AddressSpace } from '../machine.ts';

const PAGE_MASK = ~0xfffn;

/**
 * Code breakpoints: the predecoded record of an armed instruction leaves the interpreter, so nothing that is not armed costs anything.
 * Those at guest physical and physical addresses are armed at once; virtual ones whenever a page is about to be executed at their address, in whatever
 * address space: the same virtual address may mean another page every time.
 */
export class CodeBreakpoints {
  private readonly armed = new Set<number>();
  /** Offsets in the page of virtual breakpoints, by page address. */
  private pages = new Map<bigint, number[]>();

  /**
   * @param hostOf Host address of a guest physical or physical address, or -1.
   * @param refetch Makes every page be fetched anew, so that `fetched` is asked about it.
   */
  constructor(
    private readonly code: CodeCache,
    private readonly hostOf: (space: 'ipa' | 'pa', address: bigint) => number,
    private readonly refetch: () => void,
  ) {}

  /** Arms these and no others. */
  set(places: readonly { readonly space: AddressSpace; readonly address: bigint }[]): void {
    for (const host of this.armed) this.code.clearBreakpoint(host);
    this.armed.clear();
    this.pages = new Map();
    for (const { space, address } of places) {
      if (space === 'va') {
        const page = address & PAGE_MASK;
        this.pages.set(page, [...(this.pages.get(page) ?? []), Number(address & 0xfffn)]);
      } else {
        const host = this.hostOf(space, address);
        if (host >= 0) this.arm(host);
      }
    }
    if (this.pages.size > 0) this.refetch();
  }

  /** Whether `fetched` has to be asked. */
  get any(): boolean {
    return this.pages.size > 0;
  }

  /** A page is about to be executed at this virtual address. */
  fetched(pcLow: number, pcHigh: number, hostPage: number): void {
    const page = ((BigInt(pcHigh >>> 0) << 32n) | BigInt(pcLow >>> 0)) & PAGE_MASK;
    for (const offset of this.pages.get(page) ?? []) this.arm(hostPage + offset);
  }

  private arm(host: number): void {
    if (this.armed.has(host)) return;
    this.armed.add(host);
    this.code.setBreakpoint(host);
  }
}
