/** Why a page must not be entered in a TLB that generated code reads. */
export const pageMark = {
  /** Some bytes of the page are poisoned: consuming them is a synchronous external abort. */
  poison: 1,
  /** A data watch covers some bytes of the page. */
  watch: 2,
} as const;
