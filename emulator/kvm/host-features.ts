/** What the processor offers that KVM decides by. */
export interface HostFeatures {
  readonly ras: boolean;
  readonly pauth: boolean;
  readonly fwb: boolean;
  readonly vmid16: boolean;
  readonly limitedOrdering: boolean;
  readonly ls64: boolean;
  /** CTR_EL0.DIC: no instruction cache maintenance needed. */
  readonly coherentInstructionCache: boolean;
  /** CTR_EL0.IDC: no data cache clean needed for instructions. */
  readonly coherentDataCache: boolean;
  /** FEAT_DoubleFault2. */
  readonly doubleFault2: boolean;
  /** ID_AA64PFR0_EL1.CSV2: branch prediction does not leak (Spectre variant 2). */
  readonly csv2: boolean;
  /** ID_AA64MMFR0_EL1.PARange. */
  readonly parange: number;
  /** Hardware breakpoints and watchpoints. */
  readonly breakpoints: number;
  readonly watchpoints: number;
}

const addressSizes = [32, 36, 40, 42, 44, 48, 52, 56];

/** Bits of the largest guest physical address space (`get_kvm_ipa_limit`). Beyond 48 would need FEAT_LPA2. */
export const ipaLimit = ({ parange }: HostFeatures): number => Math.min(48, addressSizes[parange] ?? 48);
