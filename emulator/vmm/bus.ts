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

  reset(): void {
    for (const { device } of this.mappings) device.reset();
  }

  /** Little-endian data of a read of 1, 2, 4 or 8 bytes; undefined: nothing answers. */
  read(address: number, length: number): bigint | undefined {
    const found = this.find(address);
    if (!found) return undefined;
    const offset = address - found.base;
    if (length === 8) return BigInt(found.device.read(offset) >>> 0) | (BigInt(found.device.read(offset + 4) >>> 0) << 32n);
    const shift = (offset & 3) * 8;
    return BigInt((found.device.read(offset & ~3) >>> shift) >>> 0);
  }

  /** False: nothing answers. */
  write(address: number, length: number, data: bigint): boolean {
    const found = this.find(address);
    if (!found) return false;
    const offset = address - found.base;
    const low = Number(BigInt.asUintN(32, data));
    found.device.write(offset & ~3, low << ((offset & 3) * 8));
    if (length === 8) found.device.write(offset + 4, Number(data >> 32n));
    return true;
  }

  private find(address: number): Mapping | undefined {
    return this.mappings.find((m) => address >= m.base && address < m.base + m.size);
  }
}
