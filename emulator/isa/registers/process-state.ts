import { registers } from './define.ts';

/** PSTATE as MRS and MSR see it. Storage is PSTATE itself, except for the stack pointers that are not current. */
export const processState = registers('Process state', {
  NZCV: { encoding: 'S3_3_C4_C2_0', access: 'rw rw rw', title: 'Condition flags', writable: 0xf000_0000n },
  DAIF: { encoding: 'S3_3_C4_C2_1', access: 'rw rw rw', title: 'Interrupt mask bits', writable: 0x3c0n },
  CurrentEL: { encoding: 'S3_0_C4_C2_2', access: '- ro ro', title: 'Current Exception level' },
  SPSel: { encoding: 'S3_0_C4_C2_0', access: '- rw rw', title: 'Stack pointer select', writable: 1n },
  PAN: { encoding: 'S3_0_C4_C2_3', access: '- rw rw', title: 'Privileged Access Never', writable: 1n << 22n, feature: 'FEAT_PAN' },
  UAO: { encoding: 'S3_0_C4_C2_4', access: '- rw rw', title: 'User Access Override', writable: 1n << 23n, feature: 'FEAT_UAO' },
  DIT: { encoding: 'S3_3_C4_C2_5', access: 'rw rw rw', title: 'Data Independent Timing', writable: 1n << 24n, feature: 'FEAT_DIT' },
  SSBS: {
    encoding: 'S3_3_C4_C2_6',
    access: 'rw rw rw',
    title: 'Speculative Store Bypass Safe',
    writable: 1n << 12n,
    feature: 'FEAT_SSBS2',
  },
  TCO: { encoding: 'S3_3_C4_C2_7', access: 'rw rw rw', title: 'Tag Check Override', writable: 1n << 25n, feature: 'FEAT_MTE' },
  ALLINT: { encoding: 'S3_0_C4_C3_0', access: '- rw rw', title: 'All interrupt mask bit', writable: 1n << 13n, feature: 'FEAT_NMI' },
  FPCR: { encoding: 'S3_3_C4_C4_0', access: 'rw rw rw', title: 'Floating-point Control Register', writable: 0x07ff_9f07n },
  FPSR: { encoding: 'S3_3_C4_C4_1', access: 'rw rw rw', title: 'Floating-point Status Register', writable: 0xf800_009fn },
  SP_EL0: { encoding: 'S3_0_C4_C1_0', access: '- rw rw', title: 'Stack Pointer (EL0)', kind: 'plain' },
  SP_EL1: { encoding: 'S3_4_C4_C1_0', access: '- - rw', title: 'Stack Pointer (EL1)', kind: 'plain' },
  SP_EL2: { encoding: 'S3_6_C4_C1_0', access: '- - -', title: 'Stack Pointer (EL2)' },
});
