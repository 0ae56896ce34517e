/** What is not like other memory about a page. Generated code finds a poisoned one in no TLB, of a watched one what is not watched, and of one that is cached in part what it may reach. */
export const pageMark = {
  /** Some bytes of the page are poisoned: consuming them is a synchronous external abort. */
  poison: 1,
  /** A data watch covers some bytes of the page. */
  watch: 2,
  /** With a cache model: the cache does not have the page as a whole. */
  cache: 4,
} as const;
