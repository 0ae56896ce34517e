import { KvmError } from './errno.ts';

/** KVM_SMCCC_FILTER_*: what becomes of a call. */
export const filterAction = { HANDLE: 0, DENY: 1, FWD_TO_USER: 2 } as const;
export type FilterAction = (typeof filterAction)[keyof typeof filterAction];

interface Range {
  readonly base: number;
  readonly end: number;
  readonly action: FilterAction;
}

/** Arm Architecture Calls, both conventions: always handled by KVM once there is a filter. */
const reserved: readonly Range[] = [
  { base: 0x8000_0000, end: 0x8000_ffff, action: filterAction.HANDLE },
  { base: 0xc000_0000, end: 0xc000_ffff, action: filterAction.HANDLE },
];

/** The VM's SMCCC filter (KVM_ARM_VM_SMCCC_FILTER): ranges of function identifiers that KVM does not handle itself. */
export class SmcccFilter {
  private readonly ranges: Range[] = [];

  /**
   * Installs an action for `count` function identifiers from `base`.
   * @throws KvmError EINVAL for an empty or wrapping range or an unknown action, EEXIST for an overlap, EBUSY once the VM has run.
   */
  add(base: number, count: number, action: number, hasRun: boolean): void {
    const what = 'KVM_ARM_VM_SMCCC_FILTER';
    if (hasRun) throw new KvmError('EBUSY', what);
    if (count === 0 || base + count - 1 > 0xffff_ffff || action < 0 || action > filterAction.FWD_TO_USER)
      throw new KvmError('EINVAL', what);
    if (this.ranges.length === 0) this.ranges.push(...reserved);
    const end = base + count - 1;
    if (this.ranges.some((r) => base <= r.end && r.base <= end)) throw new KvmError('EEXIST', what);
    this.ranges.push({ base, end, action: action as FilterAction });
  }

  actionFor(id: number): FilterAction {
    return this.ranges.find((r) => id >= r.base && id <= r.end)?.action ?? filterAction.HANDLE;
  }
}
