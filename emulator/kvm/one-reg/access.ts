import type { Vcpu } from '../vcpu.ts';

/** One register of KVM_GET_ONE_REG and KVM_SET_ONE_REG. */
export interface RegisterAccess {
  /** log2 of the bytes. */
  readonly size: number;
  get(): bigint;
  set(value: bigint): void;
}

export const sizeBits = { u32: 2, u64: 3, u128: 4 } as const;

/** Bits 27:16 of an identifier. */
export const coprocessor = { core: 0x10, demux: 0x11, sysreg: 0x13, firmware: 0x14, firmwareBitmap: 0x16 } as const;

export const word64 = (get: () => bigint, set: (value: bigint) => void): RegisterAccess => ({ size: sizeBits.u64, get, set });

/** Identifier of a register: 0x60 (arm64) in bits 63:56, log2 of the size in bits 55:52, coprocessor in bits 31:16, the register in bits 15:0. */
export const registerId = (size: number, kind: number, low: number): bigint =>
  (0x60n << 56n) | (BigInt(size) << 52n) | (BigInt(kind) << 16n) | BigInt(low);

/** A group of registers that share a coprocessor number. */
export interface RegisterGroup {
  /** The register with these bits 15:0 and log2 of its size; undefined or an error where there is none. */
  find(vcpu: Vcpu, low: number, size: number): RegisterAccess | undefined;
  /** Identifiers of all, in the order of KVM_GET_REG_LIST. */
  list(vcpu: Vcpu): readonly bigint[];
}
