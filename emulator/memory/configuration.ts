import {
  combineAttributes,
  type DecidedAttributes,
  isDevice,
  isWriteBack,
  type MemoryAttributes,
  nonCacheable,
  stage1Attributes,
  stage1OffAttributes,
} from './attributes.ts';
import type { MmuFeatures } from './features.ts';

/** What selects a translation regime's behaviour, as the registers hold it. Addresses of tables (TTBRn) and the EL are apart: they change far more often. */
export interface RegimeRegisters {
  readonly SCTLR: bigint;
  readonly TCR: bigint;
  readonly MAIR: bigint;
  readonly HCR: bigint;
  readonly VTCR: bigint;
  readonly VTTBR: bigint;
}

/** One of the two VA ranges of stage 1 (TCR_EL1 T0SZ…/T1SZ…). */
export interface VaRange {
  /** False: TxSZ is out of bounds, every address is a level 0 translation fault. */
  readonly valid: boolean;
  readonly walksDisabled: boolean;
  readonly e0pd: boolean;
  readonly iaBits: number;
  readonly granule: number;
  readonly startLevel: number;
  /** Top byte ignored for data, and for fetches. */
  readonly tbiData: boolean;
  readonly tbiFetch: boolean;
  /** Hierarchical permissions off (HPDn). */
  readonly flatPermissions: boolean;
  /** Walks read the tables through the cache: Write-Back both inner and outer, and SCTLR_EL1.C = 1. */
  readonly cacheableWalks: boolean;
  /** Alignment of the start table: TTBR bits below it are not part of the address. log2. */
  readonly baseAlignment: number;
}

export interface Stage2Parameters {
  readonly enabled: boolean;
  /** False: T0SZ/SL0 do not fit together, every address is a level 0 translation fault. */
  readonly valid: boolean;
  readonly iaBits: number;
  readonly granule: number;
  readonly startLevel: number;
  /** Index bits of the (possibly concatenated) start table. */
  readonly startIndexBits: number;
  /** Physical address of the start table. */
  readonly base: number;
  /** Output addresses at or above this are an address size fault. */
  readonly outputLimit: number;
  readonly accessFlagUpdate: boolean;
  readonly dirtyStateUpdate: boolean;
  /** HCR_EL2.PTW. */
  readonly protectedWalk: boolean;
  readonly fwb: boolean;
  readonly xnx: boolean;
  readonly vmid: number;
}

/** Rows of `attributeFlags` beyond AttrIndx 0–7: stage 1 off. */
export const STAGE1_OFF_DATA = 8;
export const STAGE1_OFF_FETCH = 9;
export const STAGE1_OFF_DEFAULT_CACHEABLE = 10;
const ATTRIBUTE_ROWS = 11;
/** Column of `attributeFlags` for stage 2 off; 0–15 are MemAttr. */
export const STAGE2_OFF = 16;
export const ATTRIBUTE_COLUMNS = 17;

/** Bits of `attributeFlags`. */
export const attributeFlag = { device: 1, writeBack: 2, device1: 4, device2: 8 } as const;

/** One setting of the EL1&0 regime's control registers, decoded once. */
export interface RegimeConfiguration {
  readonly id: number;
  readonly stage1: boolean;
  /** HCR_EL2.DC: stage 1 off gives Normal Write-Back. */
  readonly defaultCacheable: boolean;
  /** SCTLR_EL1.A. */
  readonly alignmentChecked: boolean;
  /** SCTLR_EL1.nAA. */
  readonly nonAlignedAcquire: boolean;
  /** Instructions may be fetched through caches: SCTLR_EL1.I, or stage 2 decides (HCR_EL2.FWB). */
  readonly cacheableFetches: boolean;
  readonly wxn: boolean;
  readonly epan: boolean;
  /** FEAT_BTI: pages can be guarded. */
  readonly guardedPages: boolean;
  readonly bigEndian: boolean;
  readonly lower: VaRange;
  readonly upper: VaRange;
  /** The ASID is TTBR1_EL1's. */
  readonly asidOfUpper: boolean;
  readonly asidMask: number;
  readonly accessFlagUpdate: boolean;
  readonly dirtyStateUpdate: boolean;
  /** Stage 1 output addresses at or above this are an address size fault. */
  readonly outputLimit: number;
  /** Flat addresses (stage 1 off) at or above this are an address size fault. */
  readonly flatLimit: number;
  readonly stage2: Stage2Parameters;
  /** `attributeFlag` bits by row (AttrIndx or STAGE1_OFF_…) × ATTRIBUTE_COLUMNS + column (MemAttr or STAGE2_OFF). */
  readonly attributeFlags: Uint8Array;
  readonly registers: RegimeRegisters;
}

const bit = (value: bigint, n: number): boolean => ((value >> BigInt(n)) & 1n) !== 0n;
const field = (value: bigint, high: number, low: number): number => Number((value >> BigInt(low)) & ((1n << BigInt(high - low + 1)) - 1n));

/** TCR_EL1.TG0 and VTCR_EL2.TG0; TCR_EL1.TG1 has its own order. */
const granuleByTg0 = [12, 16, 14, undefined];
const granuleByTg1 = [undefined, 14, 12, 16];
/** TCR_EL1.IPS, VTCR_EL2.PS. */
const addressSizes = [32, 36, 40, 42, 44, 48, 52, 52];

/** A reserved or unsupported granule acts as one that is there (IMPLEMENTATION DEFINED choice: the smallest). */
function supported(granule: number | undefined, granules: ReadonlySet<number>): number {
  if (granule !== undefined && granules.has(granule)) return granule;
  for (const choice of [12, 16, 14]) if (granules.has(choice)) return choice;
  throw new Error('the ID registers offer no translation granule');
}

const outputLimit = (size: number, features: MmuFeatures): number => 2 ** Math.min(addressSizes[size]!, features.paBits, 48);

/** TCR_EL1.IRGNn and ORGNn: Write-Back with or without write-allocation. */
const isWriteBackWalk = (bits: number): boolean => bits === 1 || bits === 3;

function vaRange({ TCR, SCTLR }: RegimeRegisters, upper: boolean, features: MmuFeatures): VaRange {
  const at = (lower: number, higher: number): number => (upper ? higher : lower);
  const granule = supported((upper ? granuleByTg1 : granuleByTg0)[field(TCR, at(15, 31), at(14, 30))], features.granules);
  const txsz = field(TCR, at(5, 21), at(0, 16));
  const largest = features.smallTables ? (granule === 16 ? 47 : 48) : 39;
  const iaBits = 64 - txsz;
  const stride = granule - 3;
  const startLevel = 3 - Math.floor((iaBits - 1 - granule) / stride);
  const tbi = bit(TCR, at(37, 38));
  return {
    valid: txsz >= 16 && txsz <= largest,
    walksDisabled: bit(TCR, at(7, 23)),
    e0pd: features.e0pd && bit(TCR, at(55, 56)),
    iaBits,
    granule,
    startLevel,
    tbiData: tbi,
    tbiFetch: tbi && !(features.tbid && bit(TCR, at(51, 52))),
    flatPermissions: features.hierarchicalDisable && bit(TCR, at(41, 42)),
    cacheableWalks:
      bit(SCTLR, 2) && isWriteBackWalk(field(TCR, at(9, 25), at(8, 24))) && isWriteBackWalk(field(TCR, at(11, 27), at(10, 26))),
    baseAlignment: iaBits - (granule + stride * (3 - startLevel)) + 3,
  };
}

/** Start levels by VTCR_EL2.SL0, by granule; undefined: invalid. `atLeast` is the PA size that a level needs. */
const stage2StartLevels: Readonly<
  Record<number, readonly ({ readonly level: number; readonly atLeast?: number; readonly smallTables?: true } | undefined)[]>
> = {
  12: [{ level: 2 }, { level: 1 }, { level: 0, atLeast: 44 }, { level: 3, smallTables: true }],
  14: [{ level: 3 }, { level: 2 }, { level: 1, atLeast: 42 }, undefined],
  16: [{ level: 3 }, { level: 2 }, { level: 1, atLeast: 44 }, undefined],
};

function stage2Parameters(registers: RegimeRegisters, features: MmuFeatures): Stage2Parameters {
  const { HCR, VTCR, VTTBR } = registers;
  const granule = supported(granuleByTg0[field(VTCR, 15, 14)], features.stage2Granules);
  const stride = granule - 3;
  const t0sz = field(VTCR, 5, 0);
  const iaBits = 64 - t0sz;
  const start = stage2StartLevels[granule]![field(VTCR, 7, 6)];
  const startLevel = start?.level ?? 3;
  const startShift = granule + stride * (3 - startLevel);
  const consistent = iaBits >= startShift + 1 && iaBits <= startShift + stride + 4;
  const largest = features.smallTables ? (granule === 16 ? 47 : 48) : 39;
  const startIndexBits = consistent ? iaBits - startShift : 1;
  const baseMask = (1n << 48n) - (1n << BigInt(startIndexBits + 3));
  const accessFlagUpdate = features.accessFlagUpdate && bit(VTCR, 21);
  return {
    enabled: bit(HCR, 0) || bit(HCR, 12),
    valid:
      start !== undefined &&
      consistent &&
      features.paBits >= (start.atLeast ?? 0) &&
      (features.smallTables || !start.smallTables) &&
      t0sz >= 64 - features.paBits &&
      t0sz <= largest,
    iaBits,
    granule,
    startLevel,
    startIndexBits,
    base: Number(VTTBR & baseMask),
    outputLimit: outputLimit(field(VTCR, 18, 16), features),
    accessFlagUpdate,
    dirtyStateUpdate: accessFlagUpdate && features.dirtyStateUpdate && bit(VTCR, 22),
    protectedWalk: bit(HCR, 2),
    fwb: features.fwb && bit(HCR, 46),
    xnx: features.xnx,
    vmid: field(VTTBR, features.vmidBits === 16 && bit(VTCR, 19) ? 63 : 55, 48),
  };
}

/** Stage 1 attributes of a row of `attributeFlags`, before stage 2. `fetch` decides which cache switch (SCTLR_EL1.C, .I) applies. */
export const rowAttributes = (registers: RegimeRegisters, row: number, sh: number, fetch: boolean): MemoryAttributes =>
  decidedRowAttributes(registers, row, sh, fetch).attributes;

/** The same, and what decided the type. */
export function decidedRowAttributes(
  registers: RegimeRegisters,
  row: number,
  sh: number,
  fetch: boolean,
): Pick<DecidedAttributes, 'attributes' | 'typeRule'> {
  const icache = bit(registers.SCTLR, 12);
  if (row === STAGE1_OFF_DATA)
    return { attributes: stage1OffAttributes('data'), typeRule: 'stage 1 is off: data accesses are Device-nGnRnE' };
  if (row === STAGE1_OFF_FETCH)
    return {
      attributes: stage1OffAttributes(icache ? 'fetch, I-cache on' : 'fetch, I-cache off'),
      typeRule: `stage 1 is off, SCTLR_EL1.I = ${icache ? 1 : 0}: fetches are ${icache ? 'Write-Through' : 'Non-cacheable'}`,
    };
  if (row === STAGE1_OFF_DEFAULT_CACHEABLE)
    return { attributes: stage1OffAttributes('HCR_EL2.DC'), typeRule: 'HCR_EL2.DC = 1: Normal Write-Back, Non-shareable' };
  const byte = field(registers.MAIR, row * 8 + 7, row * 8);
  const attributes = stage1Attributes(byte, sh);
  const index = `AttrIndx = ${row}: MAIR_EL1.Attr${row} = 0x${byte.toString(16).padStart(2, '0')}`;
  if (fetch && isDevice(attributes))
    return { attributes: nonCacheable, typeRule: `${index}; a fetch takes Device memory as Non-cacheable` };
  if (fetch && !icache) return { attributes: nonCacheable, typeRule: `${index}; SCTLR_EL1.I = 0 makes it Non-cacheable` };
  if (!fetch && !isDevice(attributes) && !bit(registers.SCTLR, 2))
    return { attributes: nonCacheable, typeRule: `${index}; SCTLR_EL1.C = 0 makes it Non-cacheable` };
  return { attributes, typeRule: index };
}

function attributeFlags(registers: RegimeRegisters, fwb: boolean): Uint8Array {
  const flags = new Uint8Array(ATTRIBUTE_ROWS * ATTRIBUTE_COLUMNS);
  const cacheDisabled = bit(registers.HCR, 32) ? 'HCR_EL2.CD' : undefined;
  for (let row = 0; row < ATTRIBUTE_ROWS; row++) {
    const first = rowAttributes(registers, row, 3, row === STAGE1_OFF_FETCH);
    for (let column = 0; column < ATTRIBUTE_COLUMNS; column++) {
      const result = column === STAGE2_OFF ? first : combineAttributes(first, column, 3, { fwb, cacheDisabled }).attributes;
      const second = column !== STAGE2_OFF && (fwb ? (column & 4) === 0 : column < 4);
      flags[row * ATTRIBUTE_COLUMNS + column] =
        (isDevice(result) ? attributeFlag.device : 0) |
        (isWriteBack(result) ? attributeFlag.writeBack : 0) |
        (isDevice(first) ? attributeFlag.device1 : 0) |
        (second ? attributeFlag.device2 : 0);
    }
  }
  return flags;
}

/** Decodes the control registers of the EL1&0 regime. */
export function regimeConfiguration(id: number, registers: RegimeRegisters, features: MmuFeatures): RegimeConfiguration {
  const { SCTLR, TCR, HCR } = registers;
  const stage2 = stage2Parameters(registers, features);
  const accessFlagUpdate = features.accessFlagUpdate && bit(TCR, 39);
  return {
    id,
    // HCR_EL2.DC and HCR_EL2.TGE act as if SCTLR_EL1.M were 0.
    stage1: bit(SCTLR, 0) && !bit(HCR, 12) && !bit(HCR, 27),
    defaultCacheable: bit(HCR, 12),
    alignmentChecked: bit(SCTLR, 1),
    nonAlignedAcquire: features.lse2 && bit(SCTLR, 6),
    cacheableFetches: bit(SCTLR, 12) || stage2.fwb,
    wxn: bit(SCTLR, 19),
    epan: features.epan && bit(SCTLR, 57),
    guardedPages: features.bti,
    bigEndian: bit(SCTLR, 25),
    lower: vaRange(registers, false, features),
    upper: vaRange(registers, true, features),
    asidOfUpper: bit(TCR, 22),
    asidMask: features.asidBits === 16 && bit(TCR, 36) ? 0xffff : 0xff,
    accessFlagUpdate,
    dirtyStateUpdate: accessFlagUpdate && features.dirtyStateUpdate && bit(TCR, 40),
    outputLimit: outputLimit(field(TCR, 34, 32), features),
    flatLimit: 2 ** features.paBits,
    stage2,
    attributeFlags: attributeFlags(registers, stage2.fwb),
    registers,
  };
}
