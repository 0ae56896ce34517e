import { type HypercallContext, type HypercallResult, result } from './context.ts';

/** KVM's own calls in the vendor-specific hypervisor range. */
export const vendorFunction = { UID: 0x8600_ff01n, FEATURES: 0x8600_0000n, PTP: 0x8600_0001n } as const;

/** 28b46fb6-2ec5-11e9-a9ca-4b564d003a74 as four words. */
const KVM_UID: HypercallResult = [0xb66f_b428n, 0xe911_c52en, 0x564b_caa9n, 0x743a_004dn];
const PTP_VIRTUAL_COUNTER = 0n;
const PTP_PHYSICAL_COUNTER = 1n;

const all = new Set<bigint>(Object.values(vendorFunction));
export const isVendor = (id: bigint): boolean => all.has(id);

export function vendorCall(c: HypercallContext, id: bigint): HypercallResult {
  if (id === vendorFunction.UID) return KVM_UID;
  if (id === vendorFunction.FEATURES) return [c.vm.firmwareBitmaps.VENDOR_HYP, 0n, c.vm.firmwareBitmaps.VENDOR_HYP_2];
  return ptp(c);
}

/** Wall time in nanoseconds and the counter at the same instant, each as high and low words. The VM's counter offset is 0: both counters agree. */
function ptp(c: HypercallContext): HypercallResult {
  const which = BigInt.asUintN(32, c.x(1));
  if (which !== PTP_VIRTUAL_COUNTER && which !== PTP_PHYSICAL_COUNTER) return [result.NOT_SUPPORTED];
  const ns = c.vm.wallNanoseconds;
  const cycles = c.vm.counter();
  return [ns >> 32n, BigInt.asUintN(32, ns), cycles >> 32n, BigInt.asUintN(32, cycles)];
}
