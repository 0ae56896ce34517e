import { armSea, armSeaAt } from '../../kvm/exits/arm-sea.ts';
import type { KvmRun } from '../../kvm/exits/layout.ts';
import { exceptionClass } from '../../kvm/syndrome.ts';

const FNV = 1n << 10n;

/** What user space reads in KVM_EXIT_ARM_SEA to choose its answer. */
export interface SeaRecord {
  /** An instruction fetch consumed the error. */
  readonly fetch: boolean;
  /** Virtual address; undefined: not known. */
  readonly gva: bigint | undefined;
}

/** The record in `kvm_run`; undefined at any other exit. */
export function seaRecord(run: KvmRun): SeaRecord | undefined {
  if (run.exitReason !== armSea.number) return undefined;
  const esr = run.get(armSeaAt.esr, 8);
  return {
    fetch: Number((esr >> 26n) & 0x3fn) === exceptionClass.IABT_LOW,
    gva: esr & FNV ? undefined : run.get(armSeaAt.gva, 8),
  };
}
