import { type KernelProfile, merged } from '../kernel-profile.ts';

/**
 * `struct kvm_run` on arm64 (include/uapi/linux/kvm.h): byte offsets. User space sees it as the vCPU's mapped page 0.
 */
export const KVM_RUN_BYTES = 2352;

export const kvmRun = {
  requestInterruptWindow: 0,
  immediateExit: 1,
  exitReason: 8,
  flags: 14,
  /** The union of exit records, 256 bytes. */
  exit: 32,
  validRegisters: 288,
  dirtyRegisters: 296,
  /** `s.regs.device_irq_level`: bit 0 virtual timer, bit 1 physical timer, bit 2 PMU. */
  deviceIrqLevel: 304,
} as const;

export const EXIT_UNION_BYTES = 256;

/** Bytes of a field. */
export type FieldSize = 1 | 2 | 4 | 8;

/** One member of an exit's record. */
export interface ExitFieldLayout {
  readonly name: string;
  /** Byte offset in `struct kvm_run`. */
  readonly offset: number;
  readonly size: FieldSize;
  /** Number of elements, for arrays. */
  readonly count?: number;
  /** Meaning of a value, where the number does not say it. */
  readonly meaning?: (value: bigint) => string | undefined;
}

/** An exit reason of KVM_RUN, as data: every view of `kvm_run` derives from it. */
export interface ExitDefinition {
  readonly name: string;
  /** KVM_EXIT_* number. */
  readonly number: number;
  /** When it happens, one line. */
  readonly title: string;
  readonly fields: readonly ExitFieldLayout[];
  /** One line for people. */
  readonly summary: (run: KvmRun) => string;
}

/** Typed access to the bytes of a vCPU's `struct kvm_run`. Little-endian, as user space maps it. */
export class KvmRun {
  readonly bytes = new Uint8Array(KVM_RUN_BYTES);
  private readonly view = new DataView(this.bytes.buffer);

  /** @param kernel Who writes it: the records of some exits are laid out as the kernel profile says. */
  constructor(readonly kernel: KernelProfile = merged) {}

  get exitReason(): number {
    return this.view.getUint32(kvmRun.exitReason, true);
  }

  get immediateExit(): boolean {
    return this.bytes[kvmRun.immediateExit] !== 0;
  }

  set immediateExit(on: boolean) {
    this.bytes[kvmRun.immediateExit] = on ? 1 : 0;
  }

  /** Begins an exit: its reason, and no flags. The record holds what earlier exits left in it, as on Linux, but for the first `cleared` bytes. */
  begin(reason: number, cleared = 0): void {
    this.view.setUint32(kvmRun.exitReason, reason, true);
    this.view.setUint16(kvmRun.flags, 0, true);
    if (cleared > 0) this.bytes.fill(0, kvmRun.exit, kvmRun.exit + cleared);
  }

  /** Unsigned value at a byte offset. */
  get(offset: number, size: FieldSize): bigint {
    if (size === 8) return this.view.getBigUint64(offset, true);
    return BigInt(this.getNumber(offset, size));
  }

  getNumber(offset: number, size: 1 | 2 | 4): number {
    if (size === 4) return this.view.getUint32(offset, true);
    return size === 2 ? this.view.getUint16(offset, true) : this.bytes[offset]!;
  }

  set(offset: number, size: FieldSize, value: bigint): void {
    if (size === 8) this.view.setBigUint64(offset, BigInt.asUintN(64, value), true);
    else this.setNumber(offset, size, Number(BigInt.asUintN(32, value)));
  }

  /** A 64-bit field that holds an address or a size: below 2^53. */
  getAddress(offset: number): number {
    return this.view.getUint32(offset, true) + this.view.getUint32(offset + 4, true) * 2 ** 32;
  }

  setAddress(offset: number, value: number): void {
    this.view.setUint32(offset, value, true);
    this.view.setUint32(offset + 4, value / 2 ** 32, true);
  }

  setNumber(offset: number, size: 1 | 2 | 4, value: number): void {
    if (size === 4) this.view.setUint32(offset, value, true);
    else if (size === 2) this.view.setUint16(offset, value, true);
    else this.bytes[offset] = value;
  }
}
