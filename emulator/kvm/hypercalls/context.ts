import type { BitmapName } from './bitmaps.ts';

/** What a hypercall sees of the calling vCPU and its VM: the registers of the call, and what calls can do to the machine. */
export interface HypercallContext {
  /** Argument register n (X0 to X17), 64 bits. */
  x(n: number): bigint;
  /** Leaves a value in an argument register. */
  setX(n: number, value: bigint): void;
  readonly vm: HypercallMachine;
  /** Index of the calling vCPU. */
  readonly index: number;
  /** Stops the calling vCPU (PSCI CPU_OFF). */
  stop(): void;
  /** The calling vCPU waits for an interrupt, as WFI does (PSCI CPU_SUSPEND). */
  wait(): void;
  /** Ends KVM_RUN with KVM_EXIT_SYSTEM_EVENT. All vCPUs are stopped first for SHUTDOWN and RESET. */
  systemEvent(type: number, flags: bigint): void;
}

export interface HypercallMachine {
  readonly vcpuCount: number;
  /** MPIDR affinity of a vCPU. */
  affinity(index: number): number;
  isStopped(index: number): boolean;
  /** PSCI CPU_ON: resets a stopped vCPU and lets it run from `entry` with `context` in X0 at the next slice. `bigEndian`: SCTLR_EL1.EE of the caller. */
  start(index: number, entry: bigint, context: bigint): void;
  /** PSCI version that VCPU_INIT's KVM_ARM_VCPU_PSCI_0_2 and the firmware register chose: major << 16 | minor. */
  readonly psciVersion: number;
  readonly systemSuspend: boolean;
  /** Calls that guests find (KVM_REG_ARM_*_BMAP). */
  readonly firmwareBitmaps: Readonly<Record<BitmapName, bigint>>;
  /** KVM_CAP_ARM_... : whether the processor is affected by or fixed against a speculation vulnerability (SMCCC_ARCH_WORKAROUND_n). */
  readonly workarounds: { readonly spectreV2: bigint; readonly ssbd: bigint; readonly spectreBhb: bigint };
  /** Next 64 bits of the entropy that the machine gives its guests. */
  entropy(): bigint;
  /** Machine time in nanoseconds since power-on and Unix time at power-on in seconds: for the PTP clock. */
  readonly wallNanoseconds: bigint;
  counter(): bigint;
}

/** X0 to X3 after a call; what is absent is written as zero. */
export type HypercallResult = readonly bigint[];

/** SMCCC and PSCI return codes, as 64-bit values. */
export const result = {
  SUCCESS: 0n,
  NOT_SUPPORTED: -1n,
  INVALID_PARAMETERS: -2n,
  DENIED: -3n,
  ALREADY_ON: -4n,
  ON_PENDING: -5n,
  INTERNAL_FAILURE: -6n,
  NOT_PRESENT: -7n,
  DISABLED: -8n,
  INVALID_ADDRESS: -9n,
} as const;
