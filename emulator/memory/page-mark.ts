/** What is not like other memory about a page. Generated code finds a poisoned one in no TLB, and of a watched one what is not watched. */
export const pageMark = {
  /** Some bytes of the page are poisoned: consuming them is a synchronous external abort. */
  poison: 1,
  /** A data watch covers some bytes of the page. */
  watch: 2,
} as const;
