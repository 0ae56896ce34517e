/** Results that are not the same in two recordings: the vectors say only that there was one. */
export const VARIES = 'varies';

interface Volatile {
  /** Names of cases. */
  readonly cases: RegExp;
  /** Labels of results. */
  readonly labels: RegExp;
  readonly why: string;
}

export const volatile: readonly Volatile[] = [
  { cases: /^guest executes mrs x0, rndr$/, labels: /^x0$/, why: 'a random number' },
  { cases: /^PTP of the virtual counter$/, labels: /^(KVM_RUN: kvm_run|x[0-3])$/, why: 'the time' },
  { cases: /^function 0x[8c]4000053$/, labels: /^x3$/, why: 'random numbers' },
];

/** Registers of KVM_GET_REG_LIST whose values are not the same in two recordings: the counters. */
export const volatileRegisters: ReadonlySet<string> = new Set(['603000000013df1a', '603000000013df01']);

export const isVolatile = (name: string, label: string): boolean =>
  volatile.some(({ cases, labels }) => cases.test(name) && labels.test(label));
