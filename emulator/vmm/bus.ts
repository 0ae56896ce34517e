import type { MmioDevice } from './devices/device.ts';

interface Mapping {
  readonly base: number;
  readonly size: number;
  readonly device: MmioDevice;
}

/** User space's side of guest physical memory: which device answers a KVM_EXIT_MMIO. */
export class Bus {
  private readonly mappings: Mapping[] = [];

  map(at: { readonly base: number; readonly size: number }, device: MmioDevice): void {
    this.mappings.push({ ...at, device });
  }

  /** Every device with its guest physical address. */
  devices(): readonly { readonly base: number; readonly device: MmioDevice }[] {
    return this.mappings;
  }

  reset(): void {
    for (const { device } of this.mappings) device.reset();
  }

  /** Data of a read of 1, 2 or 4 bytes; undefined: nothing answers. */
  read(address: number, length: number): number | undefined {
    const found = this.find(address);
    if (!found) return undefined;
    const offset = address - found.base;
    const word = found.device.read(offset & ~3) >>> ((offset & 3) * 8);
    return length < 4 ? word & (2 ** (length * 8) - 1) : word;
  }

  /** A write of 1, 2 or 4 bytes. False: nothing answers. */
  write(address: number, data: number): boolean {
    const found = this.find(address);
    if (!found) return false;
    const offset = address - found.base;
    found.device.write(offset & ~3, data << ((offset & 3) * 8));
    return true;
  }

  private find(address: number): Mapping | undefined {
    for (const mapping of this.mappings) if (address >= mapping.base && address < mapping.base + mapping.size) return mapping;
    return undefined;
  }
}
