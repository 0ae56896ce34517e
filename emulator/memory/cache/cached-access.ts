import { mainTlbInfo } from '../../translate/layout.ts';
import type { RegimeConfiguration } from '../configuration.ts';
import type { Context, Contexts } from '../context.ts';
import type { CacheModel, LineOperation } from './cache-model.ts';

const inCache = (info: number): boolean => (info & mainTlbInfo.notCached) === 0;

/** Accesses with a cache model. A page of DRAM has two places in host memory: which one an access reaches is in the info word of its translation (layout.ts). */
export class CachedAccess {
  /** @param code Predecoded code learns of what changes. */
  constructor(
    private readonly cache: CacheModel,
    private readonly contexts: Contexts,
    written: (host: number, bytes: number) => void,
  ) {
    cache.listeners = { dropPage: (hostPage, reads) => contexts.drop(hostPage, reads), dropAll: () => contexts.flushAll(), written };
  }

  /** The page where an access to data finds its bytes. From here on the lines are as the access leaves them. */
  place(host: number, bytes: number, write: boolean, info: number): number {
    const hostPage = host - (host & 0xfff);
    if (inCache(info)) {
      this.cache.reached(host, bytes, write);
      return hostPage;
    }
    if (write) this.cache.writtenPast(hostPage);
    return hostPage + this.cache.distance;
  }

  /**
   * Enters as much of the page as generated code may reach without changing what is in the cache.
   * @param page As `place` gave it.
   * @param watched Data watches confine the page too.
   * @returns False: not the whole page was entered.
   */
  enter(
    context: Context,
    vaLow: number,
    vaHigh: number,
    host: number,
    page: number,
    read: boolean,
    write: boolean,
    watched: boolean,
  ): boolean {
    const { cache, contexts } = this;
    const hostPage = host - (host & 0xfff);
    const confined = page === hostPage && cache.confines(hostPage);
    // Two kinds of windows at once: each access is looked at.
    if (confined && watched) return false;
    contexts.fillData(context, vaLow, vaHigh, page, read, write && (page === hostPage || cache.expectsWrites(hostPage)));
    if (confined) contexts.narrowData(context, vaLow, cache.readWindow(host), cache.writeWindow(host));
    return !confined;
  }

  /** DC by VA, or IC IVAU where it is undefined: what was written past the cache is fetched from now on. */
  maintain(host: number, operation: LineOperation | undefined): void {
    if (operation === undefined) this.cache.settle(host, 1);
    else this.cache.maintain(host, operation);
  }

  /** The page that instructions come from. */
  fetchPage(hostPage: number, info: number, configuration: RegimeConfiguration): number {
    return this.cache.fetchPage(hostPage, inCache(info) && configuration.cacheableFetches);
  }
}
