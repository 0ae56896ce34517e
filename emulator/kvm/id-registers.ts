/**
 * What a guest sees of the ID registers: the processor's own values with the features removed that KVM does not give to this VM
 * (arch/arm64/kvm/sys_regs.c): fields to zero, fields with a largest value, fields that KVM sets.
 */
interface IdRule {
  /** Low bits of four-bit fields that read as zero, with the feature they hide. */
  readonly hide?: Readonly<Record<string, number>>;
  /** Low bit of a field and the largest value it may show. */
  readonly limit?: readonly (readonly [number, number])[];
  /** Low bit of a field and the value it always shows. */
  readonly set?: readonly (readonly [number, number])[];
}

const rules: Readonly<Record<string, IdRule>> = {
  ID_AA64PFR0_EL1: { hide: { AMU: 44, MPAM: 40, SVE: 32, EL2: 8 }, set: [[24, 1]] },
  ID_AA64PFR1_EL1: { hide: { MTE: 8, MPAM_frac: 16, SME: 24, RNDR_trap: 28, NMI: 36, MTE_frac: 40, GCS: 44, THE: 48, MTEX: 52, PFAR: 60 } },
  ID_AA64DFR0_EL1: {
    hide: { TraceVer: 4, PMUVer: 8, PMSVer: 32, DoubleLock: 36, TraceFilt: 40, TraceBuffer: 44, BRBE: 52 },
    limit: [[0, 6]],
  },
  ID_AA64ISAR1_EL1: { hide: { LS64: 60 } },
  ID_AA64ISAR2_EL1: { hide: { MOPS: 16 } },
  ID_AA64MMFR0_EL1: { hide: { TGran16_2: 32, TGran64_2: 36, TGran4_2: 40, FGT: 56, ECV: 60 } },
  ID_AA64MMFR2_EL1: { hide: { CCIDX: 20, NV: 24, FWB: 40, EVT: 56 } },
  ID_AA64ZFR0_EL1: { hide: { SVEver: 0, AES: 4, BitPerm: 16, BF16: 20, SHA3: 32, SM4: 40, I8MM: 44, F32MM: 52, F64MM: 56 } },
  ID_DFR0_EL1: {
    hide: { CopTrc: 12, MMapTrc: 16, PerfMon: 24, TraceFilt: 28 },
    limit: [
      [0, 6],
      [4, 6],
    ],
  },
};

/** Fields of pointer authentication: APA, API, GPA, GPI; GPA3, APA3. */
const authentication: Readonly<Record<string, readonly number[]>> = { ID_AA64ISAR1_EL1: [4, 8, 24, 28], ID_AA64ISAR2_EL1: [8, 12] };

/** Value that the guest reads from an ID register. */
/** @param pointerAuthentication The vCPU has KVM_ARM_VCPU_PTRAUTH_*. */
export function guestIdRegister(name: string, value: bigint, pointerAuthentication: boolean): bigint {
  const rule = rules[name];
  if (!pointerAuthentication) for (const low of authentication[name] ?? []) value &= ~(15n << BigInt(low));
  if (!rule) return value;
  const field = (low: number): bigint => (value >> BigInt(low)) & 15n;
  const put = (low: number, to: bigint): void => {
    value = (value & ~(15n << BigInt(low))) | (to << BigInt(low));
  };
  for (const low of Object.values(rule.hide ?? {})) put(low, 0n);
  for (const [low, most] of rule.limit ?? []) if (field(low) > BigInt(most)) put(low, BigInt(most));
  for (const [low, to] of rule.set ?? []) put(low, BigInt(to));
  return value;
}
