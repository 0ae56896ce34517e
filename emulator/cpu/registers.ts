import { systemRegisterSlot } from '../isa/registers/index.ts';

/** Slots of the registers the processor itself works with, by name. */
const names = [
  ...['SCTLR_EL1', 'SCTLR2_EL1', 'TCR_EL1', 'TTBR0_EL1', 'TTBR1_EL1', 'MAIR_EL1', 'CPACR_EL1', 'CONTEXTIDR_EL1', 'PAR_EL1', 'CSSELR_EL1'],
  ...['ESR_EL1', 'FAR_EL1', 'ELR_EL1', 'SPSR_EL1', 'VBAR_EL1', 'DISR_EL1', 'SP_EL0', 'SP_EL1', 'SP_EL2', 'DCZID_EL0', 'CTR_EL0'],
  ...['HCR_EL2', 'CPTR_EL2', 'MDCR_EL2', 'HSTR_EL2', 'SCTLR_EL2', 'VTTBR_EL2', 'VTCR_EL2', 'VBAR_EL2', 'VPIDR_EL2', 'VMPIDR_EL2'],
  ...['ESR_EL2', 'FAR_EL2', 'HPFAR_EL2', 'ELR_EL2', 'SPSR_EL2', 'VSESR_EL2', 'VDISR_EL2', 'CNTHCTL_EL2', 'CNTVOFF_EL2', 'CNTPOFF_EL2'],
  ...['CNTKCTL_EL1', 'CNTFRQ_EL0', 'CNTV_CTL_EL0', 'CNTV_CVAL_EL0', 'CNTP_CTL_EL0', 'CNTP_CVAL_EL0', 'MDSCR_EL1', 'OSLSR_EL1', 'OSDLR_EL1'],
  ...[
    'ICC_PMR_EL1',
    'ICC_SRE_EL1',
    'ICC_SRE_EL2',
    'ICH_HCR_EL2',
    'ICH_VMCR_EL2',
    'ICH_VTR_EL2',
    'ICH_LR0_EL2',
    'ICH_AP0R0_EL2',
    'ICH_AP1R0_EL2',
  ],
] as const;

type Name = (typeof names)[number];

/** `R.SCTLR_EL1`: the storage slot of SCTLR_EL1. */
export const R = Object.fromEntries(names.map((name) => [name, systemRegisterSlot(name)])) as Readonly<Record<Name, number>>;

/** Bits of SCTLR_EL1 the processor acts on, as 32-bit words: the low one and bits 63:32. */
export const SCTLR = {
  M: 1 << 0,
  A: 1 << 1,
  C: 1 << 2,
  SA: 1 << 3,
  SA0: 1 << 4,
  UMA: 1 << 9,
  EnRCTX: 1 << 10,
  EnDB: 1 << 13,
  DZE: 1 << 14,
  UCT: 1 << 15,
  nTWI: 1 << 16,
  nTWE: 1 << 18,
  WXN: 1 << 19,
  IESB: 1 << 21,
  SPAN: 1 << 23,
  UCI: 1 << 26,
  EnDA: 1 << 27,
  EnIB: 1 << 30,
  EnIA: 1 << 31,
  high: { BT0: 1 << 3, BT1: 1 << 4, DSSBS: 1 << 12 },
} as const;

/** Bits of SCTLR2_EL1 (FEAT_DoubleFault2): SErrors that PSTATE.A does not mask; synchronous external aborts taken by the vectors of SError. */
export const SCTLR2 = { NMEA: 1 << 4, EASE: 1 << 5 } as const;

/** Bits of HCR_EL2, as 32-bit words. */
export const HCR = {
  VM: 1 << 0,
  SWIO: 1 << 1,
  PTW: 1 << 2,
  FMO: 1 << 3,
  IMO: 1 << 4,
  AMO: 1 << 5,
  VF: 1 << 6,
  VI: 1 << 7,
  VSE: 1 << 8,
  FB: 1 << 9,
  DC: 1 << 12,
  TWI: 1 << 13,
  TWE: 1 << 14,
  TID0: 1 << 15,
  TID1: 1 << 16,
  TID2: 1 << 17,
  TID3: 1 << 18,
  TSC: 1 << 19,
  TIDCP: 1 << 20,
  TACR: 1 << 21,
  TSW: 1 << 22,
  TPC: 1 << 23,
  TPU: 1 << 24,
  TTLB: 1 << 25,
  TVM: 1 << 26,
  TGE: 1 << 27,
  TDZ: 1 << 28,
  HCD: 1 << 29,
  TRVM: 1 << 30,
  RW: 1 << 31,
  high: {
    CD: 1 << 0,
    ID: 1 << 1,
    E2H: 1 << 2,
    TLOR: 1 << 3,
    TERR: 1 << 4,
    TEA: 1 << 5,
    APK: 1 << 8,
    API: 1 << 9,
    NV: 1 << 10,
    FWB: 1 << 14,
    FIEN: 1 << 15,
    TID4: 1 << 17,
    TICAB: 1 << 18,
    TOCU: 1 << 20,
    EnSCXT: 1 << 21,
    TTLBIS: 1 << 22,
    TTLBOS: 1 << 23,
    TID5: 1 << 26,
  },
} as const;
