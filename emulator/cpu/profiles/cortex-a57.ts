import { hypervisor, littleEndianOnly, noAarch32, noPerformanceMonitors } from './differences.ts';
import type { Profile } from './profile.ts';

/** Arm Cortex-A57 r1p0: Armv8.0-A. ID register values are those QEMU's model of it shows at EL1. */
export const cortexA57: Profile = {
  name: 'cortex-a57',
  title: 'Arm Cortex-A57 r1p0: Armv8.0-A',
  model: {
    MIDR_EL1: 0x411f_d070n,
    ID_AA64PFR0_EL1: 0x100_0022n,
    ID_AA64DFR0_EL1: 0x1030_5106n,
    ID_AA64ISAR0_EL1: 0x1_1120n,
    ID_AA64MMFR0_EL1: 0x1124n,
    ID_PFR0_EL1: 0x131n,
    ID_PFR1_EL1: 0x1001_0001n,
    ID_DFR0_EL1: 0x301_0006n,
    ID_MMFR0_EL1: 0x1010_1105n,
    ID_MMFR1_EL1: 0x4000_0000n,
    ID_MMFR2_EL1: 0x126_0000n,
    ID_MMFR3_EL1: 0x210_2211n,
    ID_ISAR0_EL1: 0x210_1110n,
    ID_ISAR1_EL1: 0x1311_2111n,
    ID_ISAR2_EL1: 0x2123_2042n,
    ID_ISAR3_EL1: 0x111_2131n,
    ID_ISAR4_EL1: 0x1_1142n,
    ID_ISAR5_EL1: 0x1_1121n,
    MVFR0_EL1: 0x1011_0222n,
    MVFR1_EL1: 0x1211_1111n,
    MVFR2_EL1: 0x43n,
    CTR_EL0: 0x8444_c004n,
    DCZID_EL0: 0x4n,
    CLIDR_EL1: 0xa20_0023n,
  },
  differences: [...noAarch32, ...hypervisor, ...noPerformanceMonitors, ...littleEndianOnly],
  cacheSizes: { 0: 0x701f_e00an, 1: 0x201f_e012n, 2: 0x70ff_e07an },
  resetSctlr: 0xc5_0838n,
};
