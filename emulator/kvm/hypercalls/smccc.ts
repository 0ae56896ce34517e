import { bitmapBit } from './bitmaps.ts';
import { type HypercallContext, type HypercallResult, result } from './context.ts';
import { isPsci, psciCall } from './psci.ts';
import { isTrng, trngCall } from './trng.ts';
import { isVendor, vendorCall, vendorFunction } from './vendor.ts';

/** Arm Architecture Calls (SMC Calling Convention, Arm DEN 0028). */
export const smcccFunction = {
  VERSION: 0x8000_0000n,
  ARCH_FEATURES: 0x8000_0001n,
  ARCH_WORKAROUND_1: 0x8000_8000n,
  ARCH_WORKAROUND_2: 0x8000_7fffn,
  ARCH_WORKAROUND_3: 0x8000_3fffn,
  PV_TIME_FEATURES: 0xc500_0020n,
} as const;

const SMCCC_1_1 = 0x1_0001n;

/** Function identifiers are 32 bits (W0). */
export const functionId = (c: HypercallContext): bigint => BigInt.asUintN(32, c.x(0));

/**
 * Performs an SMCCC call as KVM does (arch/arm64/kvm/hypercalls.c) and returns X0 to X3; no value leaves the registers alone.
 */
export function smcccCall(c: HypercallContext): HypercallResult {
  const id = functionId(c);
  if (!isOffered(c, id)) return [result.NOT_SUPPORTED];
  if (isTrng(id)) return trngCall(c, id);
  if (isVendor(id)) return vendorCall(c, id);
  if (isPsci(id)) return psciCall(c, id);
  switch (id) {
    case smcccFunction.VERSION:
      return [SMCCC_1_1];
    case smcccFunction.ARCH_FEATURES:
      return [archFeature(c, BigInt.asUintN(32, c.x(1)))];
    default:
      return [result.NOT_SUPPORTED];
  }
}

/** Whether the firmware bitmaps let the guest find a call (`kvm_smccc_test_fw_bmap`). */
function isOffered({ vm }: HypercallContext, id: bigint): boolean {
  const { STD, VENDOR_HYP } = vm.firmwareBitmaps;
  if (isTrng(id)) return (STD & bitmapBit.STD.TRNG_V1_0) !== 0n;
  if (id === vendorFunction.PTP) return (VENDOR_HYP & bitmapBit.VENDOR_HYP.PTP) !== 0n;
  return !isVendor(id) || (VENDOR_HYP & bitmapBit.VENDOR_HYP.FUNC_FEAT) !== 0n;
}

function archFeature(c: HypercallContext, feature: bigint): bigint {
  const { workarounds } = c.vm;
  switch (feature) {
    case smcccFunction.ARCH_WORKAROUND_1:
      return workarounds.spectreV2;
    case smcccFunction.ARCH_WORKAROUND_2:
      return workarounds.ssbd;
    case smcccFunction.ARCH_WORKAROUND_3:
      return workarounds.spectreBhb;
    case smcccFunction.PV_TIME_FEATURES:
      return result.SUCCESS;
    default:
      return result.NOT_SUPPORTED;
  }
}
