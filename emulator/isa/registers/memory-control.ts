import { registers } from './define.ts';

/** Translation and system control at EL1. Writes go through the processor: they change the translation regime, and HCR_EL2.TVM traps them. */
export const memoryControl = registers('Virtual memory control', {
  SCTLR_EL1: { encoding: 'S3_0_C1_C0_0', access: '- rw rw', title: 'System Control Register (EL1)', kind: 'plain-read' },
  TTBR0_EL1: { encoding: 'S3_0_C2_C0_0', access: '- rw rw', title: 'Translation Table Base Register 0 (EL1)', kind: 'plain-read' },
  TTBR1_EL1: { encoding: 'S3_0_C2_C0_1', access: '- rw rw', title: 'Translation Table Base Register 1 (EL1)', kind: 'plain-read' },
  TCR_EL1: { encoding: 'S3_0_C2_C0_2', access: '- rw rw', title: 'Translation Control Register (EL1)', kind: 'plain-read' },
  MAIR_EL1: { encoding: 'S3_0_C10_C2_0', access: '- rw rw', title: 'Memory Attribute Indirection Register (EL1)', kind: 'plain-read' },
  AMAIR_EL1: {
    encoding: 'S3_0_C10_C3_0',
    access: '- rw rw',
    title: 'Auxiliary Memory Attribute Indirection Register (EL1)',
    kind: 'plain-read',
    writable: 0n,
  },
  CONTEXTIDR_EL1: {
    encoding: 'S3_0_C13_C0_1',
    access: '- rw rw',
    title: 'Context ID Register (EL1)',
    kind: 'plain-read',
    writable: 0xffff_ffffn,
  },
  PAR_EL1: { encoding: 'S3_0_C7_C4_0', access: '- rw rw', title: 'Physical Address Register', kind: 'plain' },
  TCR2_EL1: { encoding: 'S3_0_C2_C0_3', access: '- rw rw', title: 'Extended Translation Control Register (EL1)', feature: 'FEAT_TCR2' },
  SCTLR2_EL1: { encoding: 'S3_0_C1_C0_3', access: '- rw rw', title: 'System Control Register 2 (EL1)', feature: 'FEAT_SCTLR2' },
  PIRE0_EL1: { encoding: 'S3_0_C10_C2_2', access: '- rw rw', title: 'Permission Indirection Register 0 (EL1)', feature: 'FEAT_S1PIE' },
  PIR_EL1: { encoding: 'S3_0_C10_C2_3', access: '- rw rw', title: 'Permission Indirection Register 1 (EL1)', feature: 'FEAT_S1PIE' },
  POR_EL1: { encoding: 'S3_0_C10_C2_4', access: '- rw rw', title: 'Permission Overlay Register 1 (EL1)', feature: 'FEAT_S1POE' },
  POR_EL0: { encoding: 'S3_3_C10_C2_4', access: 'rw rw rw', title: 'Permission Overlay Register 0 (EL0)', feature: 'FEAT_S1POE' },
  LORSA_EL1: { encoding: 'S3_0_C10_C4_0', access: '- rw rw', title: 'LORegion Start Address (EL1)', feature: 'FEAT_LOR' },
  LOREA_EL1: { encoding: 'S3_0_C10_C4_1', access: '- rw rw', title: 'LORegion End Address (EL1)', feature: 'FEAT_LOR' },
  LORN_EL1: { encoding: 'S3_0_C10_C4_2', access: '- rw rw', title: 'LORegion Number (EL1)', feature: 'FEAT_LOR' },
  LORC_EL1: { encoding: 'S3_0_C10_C4_3', access: '- rw rw', title: 'LORegion Control (EL1)', feature: 'FEAT_LOR' },
  LORID_EL1: { encoding: 'S3_0_C10_C4_7', access: '- ro ro', title: 'LORegionID (EL1)', feature: 'FEAT_LOR' },
});

/** Other control at EL1. */
export const control = registers('Other system control', {
  ACTLR_EL1: { encoding: 'S3_0_C1_C0_1', access: '- rw rw', title: 'Auxiliary Control Register (EL1)', writable: 0n },
  CPACR_EL1: {
    encoding: 'S3_0_C1_C0_2',
    access: '- rw rw',
    title: 'Architectural Feature Access Control Register',
    kind: 'plain-read',
    writable: 0x1030_0000n,
  },
  RNDR: { encoding: 'S3_3_C2_C4_0', access: 'ro ro ro', title: 'Random Number', feature: 'FEAT_RNG' },
  RNDRRS: { encoding: 'S3_3_C2_C4_1', access: 'ro ro ro', title: 'Reseeded Random Number', feature: 'FEAT_RNG' },
  SCXTNUM_EL0: { encoding: 'S3_3_C13_C0_7', access: 'rw rw rw', title: 'EL0 Read/Write Software Context Number', feature: 'FEAT_CSV2_2' },
  SCXTNUM_EL1: { encoding: 'S3_0_C13_C0_7', access: '- rw rw', title: 'EL1 Read/Write Software Context Number', feature: 'FEAT_CSV2_2' },
});

/** Thread and process identification. */
export const threads = registers('Thread and process ID', {
  TPIDR_EL0: { encoding: 'S3_3_C13_C0_2', access: 'rw rw rw', title: 'EL0 Read/Write Software Thread ID Register', kind: 'plain' },
  TPIDRRO_EL0: { encoding: 'S3_3_C13_C0_3', access: 'ro rw rw', title: 'EL0 Read-Only Software Thread ID Register', kind: 'plain' },
  TPIDR2_EL0: { encoding: 'S3_3_C13_C0_5', access: 'rw rw rw', title: 'EL0 Read/Write Software Thread ID Register 2', feature: 'FEAT_SME' },
  TPIDR_EL1: { encoding: 'S3_0_C13_C0_4', access: '- rw rw', title: 'EL1 Software Thread ID Register', kind: 'plain' },
  TPIDR_EL2: { encoding: 'S3_4_C13_C0_2', access: '- - rw', title: 'EL2 Software Thread ID Register', kind: 'plain' },
});

const key = (CRm: number, op2: number, title: string) => ({
  encoding: `S3_0_C2_C${CRm}_${op2}`,
  access: '- rw rw',
  title,
  feature: 'FEAT_PAuth',
});

/** Pointer authentication keys. Accesses go through the processor: HCR_EL2.APK traps them. */
export const pointerAuthentication = registers('Pointer authentication', {
  APIAKeyLo_EL1: key(1, 0, 'Pointer Authentication Key A for Instruction (bits 63:0)'),
  APIAKeyHi_EL1: key(1, 1, 'Pointer Authentication Key A for Instruction (bits 127:64)'),
  APIBKeyLo_EL1: key(1, 2, 'Pointer Authentication Key B for Instruction (bits 63:0)'),
  APIBKeyHi_EL1: key(1, 3, 'Pointer Authentication Key B for Instruction (bits 127:64)'),
  APDAKeyLo_EL1: key(2, 0, 'Pointer Authentication Key A for Data (bits 63:0)'),
  APDAKeyHi_EL1: key(2, 1, 'Pointer Authentication Key A for Data (bits 127:64)'),
  APDBKeyLo_EL1: key(2, 2, 'Pointer Authentication Key B for Data (bits 63:0)'),
  APDBKeyHi_EL1: key(2, 3, 'Pointer Authentication Key B for Data (bits 127:64)'),
  APGAKeyLo_EL1: key(3, 0, 'Pointer Authentication Key A for Code (bits 63:0)'),
  APGAKeyHi_EL1: key(3, 1, 'Pointer Authentication Key A for Code (bits 127:64)'),
});
