/** A device behind guest physical addresses that user space emulates: it answers KVM_EXIT_MMIO. Offsets are from its base; values are 32-bit, the width of every register here. */
export interface MmioDevice {
  /** As the device tree names it, for messages. */
  readonly name: string;
  /** Value of the 32-bit register at `offset` (a multiple of 4). A read may have effects (a FIFO moves on). */
  read(offset: number): number;
  write(offset: number, value: number): void;
  /** Back to the state after power-on. */
  reset(): void;
}

/** An interrupt line: level-triggered input of the interrupt controller. */
export type InterruptLine = (level: boolean) => void;

/**
 * PrimeCell identification registers, 0xfe0..0xffc: four PeriphID bytes and four PCellID bytes.
 * `PCellID` is 0xb105f00d for every PrimeCell.
 */
export function primeCellId(peripheral: readonly [number, number, number, number], offset: number): number {
  const cell = [0x0d, 0xf0, 0x05, 0xb1];
  const index = (offset - 0xfe0) >> 2;
  return index < 4 ? peripheral[index]! : cell[index - 4]!;
}
