/** Firmware bitmap registers (KVM_REG_ARM_*_BMAP), in the order of their numbers. */
export const bitmapNames = ['STD', 'STD_HYP', 'VENDOR_HYP', 'VENDOR_HYP_2'] as const;
export type BitmapName = (typeof bitmapNames)[number];

/** Bits of the bitmaps. */
export const bitmapBit = {
  STD: { TRNG_V1_0: 1n << 0n },
  STD_HYP: { PV_TIME: 1n << 0n },
  VENDOR_HYP: { FUNC_FEAT: 1n << 0n, PTP: 1n << 1n },
  VENDOR_HYP_2: { DISCOVER_IMPL_VER: 1n << 0n, DISCOVER_IMPL_CPUS: 1n << 1n },
} as const satisfies Record<BitmapName, Record<string, bigint>>;

const all = (bits: Record<string, bigint>): bigint => Object.values(bits).reduce((sum, bit) => sum | bit, 0n);

/** What each can have. */
export const bitmapFeatures: Readonly<Record<BitmapName, bigint>> = {
  STD: all(bitmapBit.STD),
  STD_HYP: all(bitmapBit.STD_HYP),
  VENDOR_HYP: all(bitmapBit.VENDOR_HYP),
  VENDOR_HYP_2: all(bitmapBit.VENDOR_HYP_2),
};

/** The calls that guests find until user space says otherwise: all that KVM answers itself. */
export const defaultBitmaps = (): Record<BitmapName, bigint> => ({ ...bitmapFeatures, VENDOR_HYP_2: 0n });
