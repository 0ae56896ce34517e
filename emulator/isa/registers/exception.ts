import { numbered, registers } from './define.ts';

/** Exception handling at EL1, and reliability (FEAT_RAS). The EL2 ones are with the hypervisor's. */
export const exception = registers('Exception handling', {
  ESR_EL1: { encoding: 'S3_0_C5_C2_0', access: '- rw rw', title: 'Exception Syndrome Register (EL1)', kind: 'plain-read' },
  FAR_EL1: { encoding: 'S3_0_C6_C0_0', access: '- rw rw', title: 'Fault Address Register (EL1)', kind: 'plain-read' },
  ELR_EL1: { encoding: 'S3_0_C4_C0_1', access: '- rw rw', title: 'Exception Link Register (EL1)', kind: 'plain' },
  SPSR_EL1: { encoding: 'S3_0_C4_C0_0', access: '- rw rw', title: 'Saved Program Status Register (EL1)', kind: 'plain' },
  VBAR_EL1: {
    encoding: 'S3_0_C12_C0_0',
    access: '- rw rw',
    title: 'Vector Base Address Register (EL1)',
    kind: 'plain-read',
    writable: ~0x7ffn,
  },
  ISR_EL1: { encoding: 'S3_0_C12_C1_0', access: '- ro ro', title: 'Interrupt Status Register' },
  AFSR0_EL1: {
    encoding: 'S3_0_C5_C1_0',
    access: '- rw rw',
    title: 'Auxiliary Fault Status Register 0 (EL1)',
    kind: 'plain-read',
    writable: 0n,
  },
  AFSR1_EL1: {
    encoding: 'S3_0_C5_C1_1',
    access: '- rw rw',
    title: 'Auxiliary Fault Status Register 1 (EL1)',
    kind: 'plain-read',
    writable: 0n,
  },
  RVBAR_EL1: { encoding: 'S3_0_C12_C0_1', access: '- - -', title: 'Reset Vector Base Address Register (EL1)' },
  RMR_EL1: { encoding: 'S3_0_C12_C0_2', access: '- - -', title: 'Reset Management Register (EL1)' },
  DISR_EL1: { encoding: 'S3_0_C12_C1_1', access: '- rw rw', title: 'Deferred Interrupt Status Register', feature: 'FEAT_RAS' },
  ERRIDR_EL1: { encoding: 'S3_0_C5_C3_0', access: '- ro ro', title: 'Error Record ID Register', feature: 'FEAT_RAS' },
  ERRSELR_EL1: {
    encoding: 'S3_0_C5_C3_1',
    access: '- rw rw',
    title: 'Error Record Select Register',
    feature: 'FEAT_RAS',
    writable: 0xffffn,
  },
  ...Object.fromEntries(
    [
      ['ERXFR_EL1', 0, 'ro', 'Selected Error Record Feature Register'],
      ['ERXCTLR_EL1', 1, 'rw', 'Selected Error Record Control Register'],
      ['ERXSTATUS_EL1', 2, 'rw', 'Selected Error Record Primary Status Register'],
      ['ERXADDR_EL1', 3, 'rw', 'Selected Error Record Address Register'],
    ].map(([name, op2, right, title]) => [
      name,
      { encoding: `S3_0_C5_C4_${op2}`, access: `- ${right} ${right}`, title: String(title), feature: 'FEAT_RAS' },
    ]),
  ),
  ...numbered(4, (n) => [
    `ERXMISC${n}_EL1`,
    {
      encoding: `S3_0_C5_C5_${n}`,
      access: '- rw rw',
      title: `Selected Error Record Miscellaneous Register ${n}`,
      feature: n < 2 ? 'FEAT_RAS' : 'FEAT_RASv1p1',
    },
  ]),
});
