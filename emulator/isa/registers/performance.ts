import { numbered, registers } from './define.ts';

const PMU = 'FEAT_PMUv3';
const el0 = (CRm: number, op2: number, title: string, right = 'rw', CRn = 9) => ({
  encoding: `S3_3_C${CRn}_C${CRm}_${op2}`,
  access: `${right} ${right} ${right}`,
  title,
  feature: PMU,
});

/** Performance monitors. No profile offers FEAT_PMUv3: accesses are UNDEFINED, as in a KVM guest without a vPMU. */
export const performance = registers('Performance monitors', {
  PMCR_EL0: el0(12, 0, 'Performance Monitors Control Register'),
  PMCNTENSET_EL0: el0(12, 1, 'Performance Monitors Count Enable Set register'),
  PMCNTENCLR_EL0: el0(12, 2, 'Performance Monitors Count Enable Clear register'),
  PMOVSCLR_EL0: el0(12, 3, 'Performance Monitors Overflow Flag Status Clear Register'),
  PMSWINC_EL0: el0(12, 4, 'Performance Monitors Software Increment register', 'wo'),
  PMSELR_EL0: el0(12, 5, 'Performance Monitors Event Counter Selection Register'),
  PMCEID0_EL0: el0(12, 6, 'Performance Monitors Common Event Identification register 0', 'ro'),
  PMCEID1_EL0: el0(12, 7, 'Performance Monitors Common Event Identification register 1', 'ro'),
  PMCCNTR_EL0: el0(13, 0, 'Performance Monitors Cycle Count Register'),
  PMXEVTYPER_EL0: el0(13, 1, 'Performance Monitors Selected Event Type Register'),
  PMXEVCNTR_EL0: el0(13, 2, 'Performance Monitors Selected Event Count Register'),
  PMUSERENR_EL0: { ...el0(14, 0, 'Performance Monitors User Enable Register'), access: 'ro rw rw' },
  PMOVSSET_EL0: el0(14, 3, 'Performance Monitors Overflow Flag Status Set register'),
  PMINTENSET_EL1: {
    encoding: 'S3_0_C9_C14_1',
    access: '- rw rw',
    title: 'Performance Monitors Interrupt Enable Set register',
    feature: PMU,
  },
  PMINTENCLR_EL1: {
    encoding: 'S3_0_C9_C14_2',
    access: '- rw rw',
    title: 'Performance Monitors Interrupt Enable Clear register',
    feature: PMU,
  },
  PMMIR_EL1: {
    encoding: 'S3_0_C9_C14_6',
    access: '- ro ro',
    title: 'Performance Monitors Machine Identification Register',
    feature: 'FEAT_PMUv3p4',
  },
  ...numbered(31, (n) => [`PMEVCNTR${n}_EL0`, el0(8 + (n >> 3), n & 7, `Performance Monitors Event Count Register ${n}`, 'rw', 14)]),
  ...numbered(31, (n) => [`PMEVTYPER${n}_EL0`, el0(12 + (n >> 3), n & 7, `Performance Monitors Event Type Register ${n}`, 'rw', 14)]),
  PMCCFILTR_EL0: el0(15, 7, 'Performance Monitors Cycle Count Filter Register', 'rw', 14),
});
