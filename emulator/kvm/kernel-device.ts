/** A device that KVM emulates itself. Offsets are from `base`; `length` is 1, 2, 4 or 8 bytes. */
export interface KernelDevice {
  readonly base: number;
  readonly size: number;
  read(offset: number, length: number): bigint;
  write(offset: number, length: number, value: bigint): void;
}

/** Registers of 32 bits. */
interface Frame {
  read(offset: number, bytes: number): number;
  write(offset: number, bytes: number, value: number): void;
}

/** A register frame of the interrupt controller as a device: 64-bit accesses are two halves. */
export function frame(base: number, size: number, registers: Frame): KernelDevice {
  return {
    base,
    size,
    read: (offset, length) => {
      if (length < 8) return BigInt(registers.read(offset, length) >>> 0);
      return BigInt(registers.read(offset, 4) >>> 0) | (BigInt(registers.read(offset + 4, 4) >>> 0) << 32n);
    },
    write: (offset, length, value) => {
      registers.write(offset, Math.min(length, 4), Number(BigInt.asUintN(32, value)));
      if (length === 8) registers.write(offset + 4, 4, Number(value >> 32n));
    },
  };
}
