import type { AddressSpace } from './address-space.ts';
import type { RegimeConfiguration } from './configuration.ts';
import { granuleName } from './granule.ts';
import { startTable } from './translation.ts';

/** Where a stage's walks begin and how, as its registers say. */
export interface DescribedStage {
  readonly stage: 1 | 2;
  readonly enabled: boolean;
  /** Register that holds the table's address. */
  readonly register: 'TTBR0_EL1' | 'TTBR1_EL1' | 'VTTBR_EL2';
  /** In the space the stage's tables are in. */
  readonly table: bigint;
  readonly tableSpace: 'ipa' | 'pa';
  /** log2 of the page. */
  readonly granule: number;
  readonly inputBits: number;
  readonly startLevel: number;
  /** ASID or VMID. */
  readonly tag: number;
  readonly text: string;
}

const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** Why stage 1 is off. */
function offReason({ registers }: RegimeConfiguration): string {
  const bit = (n: bigint): boolean => ((registers.HCR >> n) & 1n) !== 0n;
  if (bit(27n)) return 'HCR_EL2.TGE = 1';
  return bit(12n) ? 'HCR_EL2.DC = 1' : 'SCTLR_EL1.M = 0';
}

/** Stage 1 for a VA, or for one of its two ranges. */
export function describeStage1(regime: AddressSpace, upper: boolean): DescribedStage {
  const { configuration } = regime;
  const { granule, iaBits, startLevel, valid, walksDisabled } = upper ? configuration.upper : configuration.lower;
  const table = BigInt(startTable(regime, upper));
  const n = upper ? 1 : 0;
  const register = `TTBR${n}_EL1` as const;
  const tableSpace = configuration.stage2.enabled ? 'ipa' : 'pa';
  const walks = `${register}, table at ${tableSpace}:${hex(table)}, ${granuleName(granule)} granule, ${iaBits}-bit VA, from level ${startLevel}, ASID ${regime.asid}`;
  const text = !configuration.stage1
    ? `off (${offReason(configuration)}): the ${tableSpace.toUpperCase()} is the VA`
    : !valid
      ? `TCR_EL1.T${n}SZ = ${64 - iaBits} is out of bounds: nothing translates`
      : walksDisabled
        ? `TCR_EL1.EPD${n} = 1: nothing translates`
        : walks;
  return {
    ...{ stage: 1, enabled: configuration.stage1, register, table, tableSpace, granule, inputBits: iaBits, startLevel },
    ...{ tag: regime.asid, text },
  };
}

export function describeStage2({ configuration }: AddressSpace): DescribedStage {
  const { enabled, valid, granule, iaBits, startLevel, startIndexBits, base, vmid, fwb } = configuration.stage2;
  const tables = 2 ** Math.max(0, startIndexBits - (granule - 3));
  const walks = `VTTBR_EL2, ${tables > 1 ? `${tables} concatenated tables` : 'table'} at pa:${hex(BigInt(base))}, ${granuleName(granule)} granule, ${iaBits}-bit IPA, from level ${startLevel}, VMID ${vmid}, FWB ${fwb ? 'on' : 'off'}`;
  return {
    ...{ stage: 2, enabled, register: 'VTTBR_EL2', table: BigInt(base), tableSpace: 'pa', granule, inputBits: iaBits, startLevel },
    tag: vmid,
    text: !enabled
      ? 'off (HCR_EL2.VM = 0): the PA is the IPA'
      : valid
        ? walks
        : 'VTCR_EL2.SL0 and T0SZ do not fit together: nothing translates',
  };
}
