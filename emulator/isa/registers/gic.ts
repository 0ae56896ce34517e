import { numbered, registers } from './define.ts';

const GIC = 'FEAT_GICv3';
const icc = (CRm: number, op2: number, right: string, title: string) => ({
  encoding: `S3_0_C12_C${CRm}_${op2}`,
  access: `- ${right} ${right}`,
  title,
  feature: GIC,
});
const ich = (CRm: number, op2: number, right: string, title: string) => ({
  encoding: `S3_4_C12_C${CRm}_${op2}`,
  access: `- - ${right}`,
  title,
  feature: GIC,
});

/** CPU interface. At EL1 in a VM these accesses reach the virtual interface (ICV_*) where HCR_EL2.IMO/FMO say so. */
export const gicCpuInterface = registers('GIC CPU interface', {
  ICC_PMR_EL1: {
    encoding: 'S3_0_C4_C6_0',
    access: '- rw rw',
    title: 'Interrupt Controller Interrupt Priority Mask Register',
    feature: GIC,
  },
  ICC_IAR0_EL1: icc(8, 0, 'ro', 'Interrupt Controller Interrupt Acknowledge Register 0'),
  ICC_EOIR0_EL1: icc(8, 1, 'wo', 'Interrupt Controller End Of Interrupt Register 0'),
  ICC_HPPIR0_EL1: icc(8, 2, 'ro', 'Interrupt Controller Highest Priority Pending Interrupt Register 0'),
  ICC_BPR0_EL1: icc(8, 3, 'rw', 'Interrupt Controller Binary Point Register 0'),
  ...numbered(4, (n) => [`ICC_AP0R${n}_EL1`, icc(8, 4 + n, 'rw', `Interrupt Controller Active Priorities Group 0 Register ${n}`)]),
  ...numbered(4, (n) => [`ICC_AP1R${n}_EL1`, icc(9, n, 'rw', `Interrupt Controller Active Priorities Group 1 Register ${n}`)]),
  ICC_DIR_EL1: icc(11, 1, 'wo', 'Interrupt Controller Deactivate Interrupt Register'),
  ICC_RPR_EL1: icc(11, 3, 'ro', 'Interrupt Controller Running Priority Register'),
  ICC_SGI1R_EL1: icc(11, 5, 'wo', 'Interrupt Controller Software Generated Interrupt Group 1 Register'),
  ICC_ASGI1R_EL1: icc(11, 6, 'wo', 'Interrupt Controller Alias Software Generated Interrupt Group 1 Register'),
  ICC_SGI0R_EL1: icc(11, 7, 'wo', 'Interrupt Controller Software Generated Interrupt Group 0 Register'),
  ICC_IAR1_EL1: icc(12, 0, 'ro', 'Interrupt Controller Interrupt Acknowledge Register 1'),
  ICC_EOIR1_EL1: icc(12, 1, 'wo', 'Interrupt Controller End Of Interrupt Register 1'),
  ICC_HPPIR1_EL1: icc(12, 2, 'ro', 'Interrupt Controller Highest Priority Pending Interrupt Register 1'),
  ICC_BPR1_EL1: icc(12, 3, 'rw', 'Interrupt Controller Binary Point Register 1'),
  ICC_CTLR_EL1: icc(12, 4, 'rw', 'Interrupt Controller Control Register (EL1)'),
  ICC_SRE_EL1: icc(12, 5, 'rw', 'Interrupt Controller System Register Enable Register (EL1)'),
  ICC_IGRPEN0_EL1: icc(12, 6, 'rw', 'Interrupt Controller Interrupt Group 0 Enable Register'),
  ICC_IGRPEN1_EL1: icc(12, 7, 'rw', 'Interrupt Controller Interrupt Group 1 Enable Register'),
  ICC_SRE_EL2: {
    encoding: 'S3_4_C12_C9_5',
    access: '- - rw',
    title: 'Interrupt Controller System Register Enable Register (EL2)',
    feature: GIC,
  },
});

/** Virtual interface control: the list registers and state KVM loads before entry and folds back after. */
export const gicVirtual = registers('GIC virtual interface control', {
  ...numbered(4, (n) => [`ICH_AP0R${n}_EL2`, ich(8, n, 'rw', `Interrupt Controller Hyp Active Priorities Group 0 Register ${n}`)]),
  ...numbered(4, (n) => [`ICH_AP1R${n}_EL2`, ich(9, n, 'rw', `Interrupt Controller Hyp Active Priorities Group 1 Register ${n}`)]),
  ICH_HCR_EL2: ich(11, 0, 'rw', 'Interrupt Controller Hyp Control Register'),
  ICH_VTR_EL2: ich(11, 1, 'ro', 'Interrupt Controller VGIC Type Register'),
  ICH_MISR_EL2: ich(11, 2, 'ro', 'Interrupt Controller Maintenance Interrupt State Register'),
  ICH_EISR_EL2: ich(11, 3, 'ro', 'Interrupt Controller End of Interrupt Status Register'),
  ICH_ELRSR_EL2: ich(11, 5, 'ro', 'Interrupt Controller Empty List Register Status Register'),
  ICH_VMCR_EL2: ich(11, 7, 'rw', 'Interrupt Controller Virtual Machine Control Register'),
  ...numbered(16, (n) => [`ICH_LR${n}_EL2`, ich(n < 8 ? 12 : 13, n & 7, 'rw', `Interrupt Controller List Register ${n}`)]),
});
