import { hypervisor, littleEndianOnly, noAarch32, noHostExtensions, noPerformanceMonitors } from './differences.ts';
import type { Difference, Profile } from './profile.ts';

const from = (register: string, field: string, low: number, value: number, reason: string): Difference => ({
  register,
  field,
  high: low + 3,
  low,
  value,
  reason,
});

/** 52-bit addresses (FEAT_LPA, FEAT_LPA2, FEAT_LVA) are not implemented. */
const beyond48Bits = [
  from('ID_AA64MMFR0_EL1', 'PARange', 0, 5, 'physical addresses have 48 bits'),
  from('ID_AA64MMFR0_EL1', 'TGran4', 28, 0, 'no FEAT_LPA2'),
  from('ID_AA64MMFR0_EL1', 'TGran16', 20, 1, 'no FEAT_LPA2'),
  from('ID_AA64MMFR0_EL1', 'TGran4_2', 40, 2, 'no FEAT_LPA2'),
  from('ID_AA64MMFR0_EL1', 'TGran16_2', 32, 2, 'no FEAT_LPA2'),
  from('ID_AA64MMFR2_EL1', 'VARange', 16, 0, 'virtual addresses have 48 bits'),
];

/** FEAT_SVE and FEAT_SME are not implemented. */
const noScalableVectors = [
  from('ID_AA64PFR0_EL1', 'SVE', 32, 0, 'no FEAT_SVE'),
  from('ID_AA64PFR1_EL1', 'SME', 24, 0, 'no FEAT_SME'),
  { register: 'ID_AA64ZFR0_EL1', field: 'all', high: 63, low: 0, value: 0, reason: 'no FEAT_SVE' },
  { register: 'ID_AA64SMFR0_EL1', field: 'all', high: 63, low: 0, value: 0, reason: 'no FEAT_SME' },
];

const unimplementedOfMax = [
  from('ID_AA64PFR0_EL1', 'SEL2', 36, 0, 'there is no Secure state'),
  from('ID_AA64PFR0_EL1', 'RAS', 28, 1, 'no error records, so none of FEAT_RASv1p1'),
  from('ID_AA64PFR0_EL1', 'CSV2', 56, 1, 'no SCXTNUM_ELx registers'),
  from('ID_AA64ISAR0_EL1', 'RNDR', 60, 0, 'a deterministic machine has no source of entropy'),
  from('ID_AA64MMFR1_EL1', 'HCX', 40, 0, 'no HCRX_EL2'),
];

/** Instruction extensions of the model that the instruction table does not have. */
const missingInstructions = [
  from('ID_AA64ISAR0_EL1', 'SM3', 36, 0, 'no FEAT_SM3'),
  from('ID_AA64ISAR0_EL1', 'SM4', 40, 0, 'no FEAT_SM4'),
  from('ID_AA64ISAR1_EL1', 'BF16', 44, 0, 'no FEAT_BF16'),
];

/** Everything this machine implements: Armv8.5-A. ID register values are those QEMU's model of it shows at EL1. */
export const max: Profile = {
  name: 'max',
  title: 'everything this machine implements: Armv8.5-A',
  model: {
    MIDR_EL1: 0xf_0510n,
    ID_AA64PFR0_EL1: 0x1201_0011_2111_0022n,
    ID_AA64PFR1_EL1: 0x100_0021n,
    ID_AA64ZFR0_EL1: 0x110_1101_0011_0021n,
    ID_AA64SMFR0_EL1: 0x80f1_00fd_0000_0000n,
    ID_AA64DFR0_EL1: 0x1030_5609n,
    ID_AA64ISAR0_EL1: 0x1221_1111_1021_2120n,
    ID_AA64ISAR1_EL1: 0x11_1111_0121_1012n,
    ID_AA64MMFR0_EL1: 0x323_1020_1126n,
    ID_AA64MMFR1_EL1: 0x110_1021_1122n,
    ID_AA64MMFR2_EL1: 0x1021_0110_1001_1011n,
    ID_PFR0_EL1: 0x1102_0131n,
    ID_PFR1_EL1: 0x1001_0001n,
    ID_DFR0_EL1: 0x601_0009n,
    ID_MMFR0_EL1: 0x1010_1105n,
    ID_MMFR1_EL1: 0x4000_0000n,
    ID_MMFR2_EL1: 0x126_0000n,
    ID_MMFR3_EL1: 0x212_2211n,
    ID_ISAR0_EL1: 0x210_1110n,
    ID_ISAR1_EL1: 0x1311_2111n,
    ID_ISAR2_EL1: 0x2123_2042n,
    ID_ISAR3_EL1: 0x111_2131n,
    ID_ISAR4_EL1: 0x1_1142n,
    ID_ISAR5_EL1: 0x1101_1121n,
    ID_MMFR4_EL1: 0x1_1110n,
    ID_ISAR6_EL1: 0x111_1111n,
    MVFR0_EL1: 0x1011_0222n,
    MVFR1_EL1: 0x1321_1111n,
    MVFR2_EL1: 0x43n,
    ID_PFR2_EL1: 0x11n,
    ID_MMFR5_EL1: 0x1n,
    CTR_EL0: 0x8444_c004n,
    DCZID_EL0: 0x4n,
    CLIDR_EL1: 0x200_0023n,
  },
  differences: [
    ...noAarch32,
    ...hypervisor,
    ...noPerformanceMonitors,
    ...littleEndianOnly,
    ...noHostExtensions,
    ...beyond48Bits,
    ...noScalableVectors,
    ...unimplementedOfMax,
    ...missingInstructions,
  ],
  cacheSizes: { 0: 0x701f_e00an, 1: 0x201f_e012n, 2: 0x70ff_e07an },
  resetSctlr: 0xc5_0838n,
};
