/** Where this machine is not like QEMU's bare `virt` on purpose. A rule covers an encoding by its name; without a difference it would cover, it is stale. */
export interface Difference {
  readonly names: RegExp;
  readonly reason: string;
  /** Profiles that have it; all when left out. */
  readonly cpus?: readonly string[];
}

export const differences: readonly Difference[] = [
  { names: /^PM/, reason: 'no profile offers FEAT_PMUv3' },
  { names: /^CNT[PV]CT_EL0$|^CNT[PV]_TVAL/, reason: 'time is counted in instructions' },
  { names: /^CNTFRQ_EL0$/, reason: 'writable at the highest level only: here that is EL2' },
  { names: /^RVBAR_EL1$/, reason: 'exists only where EL1 is the highest level' },
  {
    names: /^(OSDTR|OSECCR|OSDLR|DBGPRCR|DBGCLAIM|DBGAUTHSTATUS|DBGDTR)/,
    reason: 'KVM emulates debug registers that QEMU lacks, and reads OSDLR as zero',
  },
  { names: /^DBG[BW][VC]R\d/, reason: 'RES0 bits' },
  { names: /^OSLSR_EL1$/, reason: 'KVM starts a vCPU with the OS lock off' },
  { names: /^(CLIDR|CCSIDR)_EL1$/, reason: "KVM shows the fewest caches that are true of CTR_EL0, not the processor's" },
  {
    names: /^CTR_EL0$/,
    reason: 'KVM says IDC where CLIDR_EL1 has no level to clean to the PoU',
    cpus: ['neoverse-n1', 'max'],
  },
  { names: /^SCTLR_EL1$/, reason: "KVM's reset value" },
  { names: /^ID_DFR0_EL1$/, reason: 'KVM limits it to Armv8.0 debug without a PMU' },
  { names: /^ID_AA64(PFR0|DFR0|MMFR0)_EL1$/, reason: 'no AArch32, no PMU, no big-endian data (profiles/differences.ts)' },
  { names: /^ID_AA64MMFR1_EL1$/, reason: 'EL2 is not guest code: no FEAT_VHE', cpus: ['neoverse-n1', 'max'] },
  {
    names: /^ID_AA64(PFR1|ZFR0|SMFR0|ISAR0|ISAR1|MMFR2)_EL1$/,
    reason: 'features that are not implemented (profiles/max.ts)',
    cpus: ['max'],
  },
  {
    names: /^(RNDR|RNDRRS|SVCR|TPIDR2_EL0|SCXTNUM_EL[01]|ZCR_EL1|SMCR_EL1|SMPRI_EL1|SMIDR_EL1)$/,
    reason: 'not offered (profiles/max.ts)',
    cpus: ['max'],
  },
  { names: /^MSR SVCR/, reason: 'no FEAT_SME', cpus: ['max'] },
  {
    names: /^(ERRSELR|ERX\w+)_EL1$/,
    reason: 'KVM reads error records as zero and ignores writes; QEMU has none',
    cpus: ['neoverse-n1', 'max'],
  },
  {
    names: /^S3_1_C(11|15)_/,
    reason: 'IMPLEMENTATION DEFINED registers are trapped by HCR_EL2.TIDCP, and KVM has none',
  },
  { names: /^(CONTEXTIDR_EL1|CNTKCTL_EL1)$/, reason: 'RES0 bits' },
  { names: /^ICC_PMR_EL1$/, reason: 'QEMU lets bits 31:8 be written' },
  {
    names: /^DC ZVA$/,
    reason: 'with the MMU off memory is Device, unless stage 2 forces Write-Back: an alignment fault, which QEMU 7.2 does not take',
    cpus: ['cortex-a57', 'neoverse-n1'],
  },
  { names: /^MSR DAIF(Set|Clr)/, reason: 'QEMU swaps op1 and op2 in the syndrome at EL0' },
];
