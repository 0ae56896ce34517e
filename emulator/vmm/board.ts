/** Where everything is on the board: the addresses and interrupt lines of QEMU's `virt` machine with a GICv3. Guest physical addresses (IPA), bytes. */
export const board = {
  distributor: { base: 0x0800_0000, size: 0x1_0000 },
  /** One redistributor (two 64 KiB frames) per vCPU from here. */
  redistributors: { base: 0x080a_0000, size: 0xf6_0000 },
  uart: { base: 0x0900_0000, size: 0x1000, spi: 1 },
  rtc: { base: 0x0901_0000, size: 0x1000, spi: 2 },
  gpio: { base: 0x0903_0000, size: 0x1000, spi: 7 },
  ram: { base: 0x4000_0000 },
} as const;

/** Interrupt lines: PPI numbers (INTID - 16) as the device tree names them. */
export const ppi = { hypervisorTimer: 10, virtualTimer: 11, securePhysicalTimer: 13, physicalTimer: 14 } as const;

/** Interrupts as QEMU's `virt` has them, 32 of them private. */
export const IRQ_COUNT = 256;

/** Counter frequency, Hz: CNTFRQ_EL0. One guest instruction takes one nanosecond of machine time, so the counter moves every 16. */
export const COUNTER_HZ = 62_500_000;

export const MAX_VCPUS = 8;
