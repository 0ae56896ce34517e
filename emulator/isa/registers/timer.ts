import { registers } from './define.ts';

const el0 = (CRm: number, op2: number, title: string, right = 'rw', feature?: string) => ({
  encoding: `S3_3_C14_C${CRm}_${op2}`,
  access: `${right} ${right} ${right}`,
  title,
  ...(feature ? { feature } : {}),
});

/** Generic timer: counters count guest instructions (16 to a tick). */
export const timer = registers('Generic timer', {
  CNTFRQ_EL0: el0(0, 0, 'Counter-timer Frequency Register', 'ro'),
  CNTPCT_EL0: el0(0, 1, 'Counter-timer Physical Count Register', 'ro'),
  CNTVCT_EL0: el0(0, 2, 'Counter-timer Virtual Count Register', 'ro'),
  CNTPCTSS_EL0: el0(0, 5, 'Counter-timer Self-Synchronized Physical Count Register', 'ro', 'FEAT_ECV'),
  CNTVCTSS_EL0: el0(0, 6, 'Counter-timer Self-Synchronized Virtual Count Register', 'ro', 'FEAT_ECV'),
  CNTP_TVAL_EL0: el0(2, 0, 'Counter-timer Physical Timer TimerValue Register'),
  CNTP_CTL_EL0: el0(2, 1, 'Counter-timer Physical Timer Control Register'),
  CNTP_CVAL_EL0: el0(2, 2, 'Counter-timer Physical Timer CompareValue Register'),
  CNTV_TVAL_EL0: el0(3, 0, 'Counter-timer Virtual Timer TimerValue Register'),
  CNTV_CTL_EL0: el0(3, 1, 'Counter-timer Virtual Timer Control Register'),
  CNTV_CVAL_EL0: el0(3, 2, 'Counter-timer Virtual Timer CompareValue Register'),
  CNTKCTL_EL1: {
    encoding: 'S3_0_C14_C1_0',
    access: '- rw rw',
    title: 'Counter-timer Kernel Control Register',
    kind: 'plain',
    writable: 0x203ffn,
  },
  CNTVOFF_EL2: { encoding: 'S3_4_C14_C0_3', access: '- - rw', title: 'Counter-timer Virtual Offset Register' },
  CNTPOFF_EL2: { encoding: 'S3_4_C14_C0_6', access: '- - rw', title: 'Counter-timer Physical Offset Register', feature: 'FEAT_ECV_POFF' },
  CNTHCTL_EL2: { encoding: 'S3_4_C14_C1_0', access: '- - rw', title: 'Counter-timer Hypervisor Control Register' },
  CNTHP_TVAL_EL2: { encoding: 'S3_4_C14_C2_0', access: '- - rw', title: 'Counter-timer Hypervisor Physical Timer TimerValue Register' },
  CNTHP_CTL_EL2: { encoding: 'S3_4_C14_C2_1', access: '- - rw', title: 'Counter-timer Hypervisor Physical Timer Control Register' },
  CNTHP_CVAL_EL2: { encoding: 'S3_4_C14_C2_2', access: '- - rw', title: 'Counter-timer Hypervisor Physical Timer CompareValue Register' },
  CNTHV_TVAL_EL2: {
    encoding: 'S3_4_C14_C3_0',
    access: '- - rw',
    title: 'Counter-timer Hypervisor Virtual Timer TimerValue Register',
    feature: 'FEAT_VHE',
  },
  CNTHV_CTL_EL2: {
    encoding: 'S3_4_C14_C3_1',
    access: '- - rw',
    title: 'Counter-timer Hypervisor Virtual Timer Control Register',
    feature: 'FEAT_VHE',
  },
  CNTHV_CVAL_EL2: {
    encoding: 'S3_4_C14_C3_2',
    access: '- - rw',
    title: 'Counter-timer Hypervisor Virtual Timer CompareValue Register',
    feature: 'FEAT_VHE',
  },
  CNTPS_TVAL_EL1: { encoding: 'S3_7_C14_C2_0', access: '- - -', title: 'Counter-timer Physical Secure Timer TimerValue Register' },
  CNTPS_CTL_EL1: { encoding: 'S3_7_C14_C2_1', access: '- - -', title: 'Counter-timer Physical Secure Timer Control Register' },
  CNTPS_CVAL_EL1: { encoding: 'S3_7_C14_C2_2', access: '- - -', title: 'Counter-timer Physical Secure Timer CompareValue Register' },
});
