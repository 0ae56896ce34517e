/** What the silicon's translation offers, as its ID registers say. */
export interface MmuFeatures {
  /** Physical address size (ID_AA64MMFR0_EL1.PARange), at most 48 here. */
  readonly paBits: number;
  readonly asidBits: 8 | 16;
  readonly vmidBits: 8 | 16;
  /** Supported granules, by log2 of their bytes, for stage 1 and stage 2. */
  readonly granules: ReadonlySet<number>;
  readonly stage2Granules: ReadonlySet<number>;
  /** FEAT_HAFDBS: hardware update of the Access flag, and of the dirty state. */
  readonly accessFlagUpdate: boolean;
  readonly dirtyStateUpdate: boolean;
  /** FEAT_HPDS: TCR_EL1.HPD0/HPD1. */
  readonly hierarchicalDisable: boolean;
  readonly pan: boolean;
  /** FEAT_PAN3: SCTLR_EL1.EPAN. */
  readonly epan: boolean;
  readonly uao: boolean;
  /** FEAT_XNX: stage 2 execute permission by exception level. */
  readonly xnx: boolean;
  /** FEAT_S2FWB. */
  readonly fwb: boolean;
  readonly e0pd: boolean;
  /** FEAT_TTST: small translation tables. */
  readonly smallTables: boolean;
  /** FEAT_LSE2: unaligned atomicity inside 16 bytes. */
  readonly lse2: boolean;
  /** FEAT_PAuth: TCR_EL1.TBID0/TBID1. */
  readonly tbid: boolean;
  /** FEAT_BTI: bit 50 of a stage 1 leaf guards the page. */
  readonly bti: boolean;
}

const physicalAddressSizes = [32, 36, 40, 42, 44, 48, 48, 48];

/**
 * Features from the silicon's ID registers (not what KVM shows its guest).
 * @param read Value of an ID register by name.
 */
export function mmuFeatures(read: (name: string) => bigint): MmuFeatures {
  const field = (name: string, low: number): number => Number((read(name) >> BigInt(low)) & 15n);
  const mmfr0 = (low: number): number => field('ID_AA64MMFR0_EL1', low);
  const mmfr1 = (low: number): number => field('ID_AA64MMFR1_EL1', low);
  const mmfr2 = (low: number): number => field('ID_AA64MMFR2_EL1', low);
  const isar1 = (low: number): number => field('ID_AA64ISAR1_EL1', low);
  // TGran4 and TGran64 are signed (0xf: not supported), TGran16 is not; the stage 2 fields are 0 for "as stage 1", 1 for no.
  const granules = new Set<number>();
  if (mmfr0(28) < 8) granules.add(12);
  if (mmfr0(20) !== 0) granules.add(14);
  if (mmfr0(24) < 8) granules.add(16);
  const second = new Set<number>();
  for (const [granule, low] of [
    [12, 40],
    [14, 32],
    [16, 36],
  ] as const) {
    if (mmfr0(low) === 0 ? granules.has(granule) : mmfr0(low) >= 2) second.add(granule);
  }
  return {
    paBits: physicalAddressSizes[mmfr0(0) & 7]!,
    asidBits: mmfr0(4) === 2 ? 16 : 8,
    vmidBits: mmfr1(4) === 2 ? 16 : 8,
    granules,
    stage2Granules: second,
    accessFlagUpdate: mmfr1(0) >= 1,
    dirtyStateUpdate: mmfr1(0) >= 2,
    hierarchicalDisable: mmfr1(12) >= 1,
    pan: mmfr1(20) >= 1,
    epan: mmfr1(20) >= 3,
    uao: mmfr2(4) >= 1,
    xnx: mmfr1(28) >= 1,
    fwb: mmfr2(40) >= 1,
    e0pd: mmfr2(60) >= 1,
    smallTables: mmfr2(28) >= 1,
    lse2: mmfr2(32) >= 1,
    bti: field('ID_AA64PFR1_EL1', 0) >= 1,
    tbid: (isar1(4) | isar1(8) | isar1(24) | isar1(28)) !== 0,
  };
}
