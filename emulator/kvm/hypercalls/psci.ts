import { systemEvent } from '../exits/system-event.ts';
import { type HypercallContext, type HypercallResult, result } from './context.ts';

/** PSCI function numbers (Arm DEN 0022): 0x84000000 + n for the 32-bit call, 0xC4000000 + n for the 64-bit one. */
export const psciFunction = {
  VERSION: 0,
  CPU_SUSPEND: 1,
  CPU_OFF: 2,
  CPU_ON: 3,
  AFFINITY_INFO: 4,
  MIGRATE: 5,
  MIGRATE_INFO_TYPE: 6,
  MIGRATE_INFO_UP_CPU: 7,
  SYSTEM_OFF: 8,
  SYSTEM_RESET: 9,
  FEATURES: 10,
  SYSTEM_SUSPEND: 14,
  SYSTEM_RESET2: 18,
  SYSTEM_OFF2: 21,
} as const;

export const psciVersion = { V0_1: 1, V0_2: 2, V1_0: 0x1_0000, V1_1: 0x1_0001, V1_2: 0x1_0002, V1_3: 0x1_0003 } as const;

const FN_BASE_32 = 0x8400_0000n;
const FN_BASE_64 = 0xc400_0000n;
const SMCCC_VERSION = 0x8000_0000n;
const TRUSTED_OS_NOT_REQUIRED = 2n;
const AFFINITY_ON = 0n;
const AFFINITY_OFF = 1n;
/** MPIDR bits that name a vCPU: Aff3 39:32 and Aff2..Aff0 23:0. */
const AFFINITY_BITS = 0xff_00ff_ffffn;

const affinityMask = (level: number): bigint => {
  const lowBits = BigInt.asUintN(64, ~0n << BigInt(Math.min(level, 3) * 8));
  return level === 3 ? 0xff_0000_0000n : AFFINITY_BITS & lowBits;
};

interface Call {
  /** Also as a 64-bit call. */
  readonly wide?: boolean;
  /** PSCI version from which the call exists. */
  readonly since?: number;
  /** The arguments stay in X1 to X3; those of a 32-bit call lose their upper halves (`kvm_psci_narrow_to_32bit`). */
  readonly keepsArguments?: boolean;
  readonly available?: (c: HypercallContext) => boolean;
  readonly run: (c: HypercallContext, argument: (n: number) => bigint) => HypercallResult;
}

/** PSCI calls as KVM answers them (arch/arm64/kvm/psci.c), by function number. */
const calls: Readonly<Record<number, Call>> = {
  [psciFunction.VERSION]: { run: (c) => [BigInt(c.vm.psciVersion)] },
  [psciFunction.CPU_SUSPEND]: {
    wide: true,
    run: (c) => {
      c.wait();
      return [result.SUCCESS];
    },
  },
  [psciFunction.CPU_OFF]: {
    run: (c) => {
      c.stop();
      return [result.SUCCESS];
    },
  },
  [psciFunction.CPU_ON]: { wide: true, run: cpuOn },
  [psciFunction.AFFINITY_INFO]: { wide: true, run: affinityInfo },
  [psciFunction.MIGRATE_INFO_TYPE]: { run: () => [TRUSTED_OS_NOT_REQUIRED] },
  [psciFunction.SYSTEM_OFF]: { run: (c) => endSystem(c, systemEvent.SHUTDOWN, 0n) },
  [psciFunction.SYSTEM_RESET]: { run: (c) => endSystem(c, systemEvent.RESET, 0n) },
  [psciFunction.FEATURES]: { since: psciVersion.V1_0, run: (c, argument) => [features(c, argument(1))] },
  [psciFunction.SYSTEM_SUSPEND]: {
    wide: true,
    since: psciVersion.V1_0,
    available: (c) => c.vm.systemSuspend,
    keepsArguments: true,
    run: (c) => {
      c.systemEvent(systemEvent.SUSPEND, 0n);
      return [];
    },
  },
  [psciFunction.SYSTEM_RESET2]: {
    wide: true,
    since: psciVersion.V1_1,
    keepsArguments: true,
    run: (c, argument) => {
      const type = argument(1);
      // Bit 31 marks vendor-specific resets; the only architectural type is 0 (warm reset).
      if (type !== 0n && type < 0x8000_0000n) return [result.INVALID_PARAMETERS];
      c.systemEvent(systemEvent.RESET, 1n);
      c.setX(0, result.INTERNAL_FAILURE);
      return [];
    },
  },
  [psciFunction.SYSTEM_OFF2]: {
    wide: true,
    since: psciVersion.V1_3,
    run: (c, argument) => {
      if (argument(1) > 1n || argument(2) !== 0n) return [result.INVALID_PARAMETERS];
      return endSystem(c, systemEvent.SHUTDOWN, 1n);
    },
  },
};

/** Calls of PSCI 0.1, which has no numbers of its own: KVM's. */
const V0_1_CALLS: ReadonlyMap<bigint, number> = new Map([
  [0x95c1_ba5en, psciFunction.CPU_SUSPEND],
  [0x95c1_ba5fn, psciFunction.CPU_OFF],
  [0x95c1_ba60n, psciFunction.CPU_ON],
  [0x95c1_ba61n, psciFunction.MIGRATE],
]);
const V0_1_OFFERED: ReadonlySet<number> = new Set([psciFunction.CPU_OFF, psciFunction.CPU_ON]);

const inRange = (id: bigint): boolean => (id & ~0x1fn) === FN_BASE_32 || (id & ~0x1fn) === FN_BASE_64;

/** Whether a function identifier is one of PSCI's. */
export const isPsci = (id: bigint): boolean => inRange(id) || V0_1_CALLS.has(id);

/** Performs a PSCI call (id in PSCI's ranges). An empty result leaves X0 to X3 as they are. */
export function psciCall(c: HypercallContext, id: bigint): HypercallResult {
  if (c.vm.psciVersion === psciVersion.V0_1) return psci01Call(c, V0_1_CALLS.get(id));
  const wide = (id & ~0x1fn) === FN_BASE_64;
  const call = find(c, id);
  if (!call) return [result.NOT_SUPPORTED];
  if (!wide && call.keepsArguments) for (const n of [1, 2, 3]) c.setX(n, BigInt.asUintN(32, c.x(n)));
  return call.run(c, (n) => (wide ? c.x(n) : BigInt.asUintN(32, c.x(n))));
}

function psci01Call(c: HypercallContext, number: number | undefined): HypercallResult {
  if (number === undefined || !V0_1_OFFERED.has(number)) return [result.NOT_SUPPORTED];
  return calls[number]!.run(c, (n) => c.x(n));
}

function find(c: HypercallContext, id: bigint): Call | undefined {
  const call = calls[Number(id & 0x1fn)];
  if (!call || !inRange(id)) return undefined;
  if ((id & ~0x1fn) === FN_BASE_64 && !call.wide) return undefined;
  if (c.vm.psciVersion < (call.since ?? 0)) return undefined;
  return call.available && !call.available(c) ? undefined : call;
}

function features(c: HypercallContext, id: bigint): bigint {
  const wanted = BigInt.asUintN(32, id);
  if (wanted === SMCCC_VERSION) return result.SUCCESS;
  if (!find(c, wanted)) return result.NOT_SUPPORTED;
  // SYSTEM_OFF2 reports the hibernate types it takes.
  return Number(wanted & 0x1fn) === psciFunction.SYSTEM_OFF2 ? 1n : result.SUCCESS;
}

function cpuOn(c: HypercallContext, argument: (n: number) => bigint): HypercallResult {
  const target = argument(1);
  const index = target & ~AFFINITY_BITS ? undefined : indexOf(c, target);
  if (index === undefined) return [result.INVALID_PARAMETERS];
  if (!c.vm.isStopped(index)) return [c.vm.psciVersion === psciVersion.V0_1 ? result.INVALID_PARAMETERS : result.ALREADY_ON];
  c.vm.start(index, argument(2), argument(3));
  return [result.SUCCESS];
}

function affinityInfo(c: HypercallContext, argument: (n: number) => bigint): HypercallResult {
  const level = Number(argument(2));
  if (level > 3 || argument(1) & ~AFFINITY_BITS) return [result.INVALID_PARAMETERS];
  const mask = affinityMask(level);
  const wanted = argument(1) & mask;
  let matched = false;
  for (let i = 0; i < c.vm.vcpuCount; i++) {
    if ((BigInt(c.vm.affinity(i)) & mask) !== wanted) continue;
    matched = true;
    if (!c.vm.isStopped(i)) return [AFFINITY_ON];
  }
  return [matched ? AFFINITY_OFF : result.INVALID_PARAMETERS];
}

function indexOf(c: HypercallContext, affinity: bigint): number | undefined {
  for (let i = 0; i < c.vm.vcpuCount; i++) if (BigInt(c.vm.affinity(i)) === affinity) return i;
  return undefined;
}

/** The call must not return; should user space run the vCPU again all the same, the guest sees a failure. */
function endSystem(c: HypercallContext, type: number, flags: bigint): HypercallResult {
  c.systemEvent(type, flags);
  return [result.INTERNAL_FAILURE];
}
