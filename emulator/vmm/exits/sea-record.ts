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

/** The record in `kvm_run`, as the kernel that wrote it lays it out; undefined at any other exit. */
export function seaRecord(run: KvmRun): SeaRecord | undefined {
  const { number, at, gvaValid } = run.kernel.armSea;
  if (run.exitReason !== number) return undefined;
  const esr = run.get(at.esr, 8);
  const known = gvaValid === undefined ? (esr & FNV) === 0n : (run.get(at.flags, 8) & gvaValid) !== 0n;
  return {
    fetch: Number((esr >> 26n) & 0x3fn) === exceptionClass.IABT_LOW,
    gva: known ? run.get(at.gva, 8) : undefined,
  };
}
