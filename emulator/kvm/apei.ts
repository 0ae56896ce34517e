/** Host physical addresses. */
export interface PhysicalRange {
  readonly start: number;
  readonly bytes: number;
}

/**
 * What the host's firmware-first error handling (APEI) says of a memory error that a guest consumed: it claims it, so that the host deals with the page and the guest never
 * learns of it, or leaves it to KVM. Asked by physical address; firmware that records errors knows it whatever the abort tells.
 */
export interface Apei {
  /** `apei_claim_sea() == 0`. `undefined`: the address of the error is not known. */
  claims(physicalAddress: number | undefined): boolean;
}

export const apeiDeclines: Apei = { claims: () => false };
export const apeiClaims: Apei = { claims: () => true };

/** Claims errors in these ranges alone. */
export const apeiClaimsRanges = (ranges: readonly PhysicalRange[]): Apei => ({
  claims: (address) => address !== undefined && ranges.some(({ start, bytes }) => address >= start && address < start + bytes),
});
