import { KvmError } from '../errno.ts';
import type { Vcpu } from '../vcpu.ts';
import { coprocessor, type RegisterAccess, type RegisterGroup, registerId, sizeBits } from './access.ts';
import { coreRegisters } from './core.ts';
import { demuxRegisters } from './demux.ts';
import { firmwareBitmaps, firmwareRegisters } from './firmware.ts';
import { systemRegisterGroup } from './system.ts';

/** Groups of registers by bits 27:16 of their identifiers, in the order of KVM_GET_REG_LIST. */
const groups = new Map<number, RegisterGroup>([
  [coprocessor.core, coreRegisters],
  [coprocessor.firmware, firmwareRegisters],
  [coprocessor.firmwareBitmap, firmwareBitmaps],
  [coprocessor.sysreg, systemRegisterGroup],
  [coprocessor.demux, demuxRegisters],
]);

/** KVM_REG_ARM64 in bits 63:56; bits 51:32 mean nothing. */
const UPPER = 0x6000_0000n;
const SIZE = 0x00f0_0000n;

/**
 * The register of an identifier (arch/arm64/kvm/guest.c, `kvm_arm_get_reg`).
 * @throws KvmError ENOENT for none; EINVAL for one of another architecture, or a core register of another size.
 */
function find(vcpu: Vcpu, id: bigint): RegisterAccess {
  const what = `register 0x${id.toString(16)}`;
  if (((id >> 32n) & ~SIZE) !== UPPER) throw new KvmError('EINVAL', what);
  const size = Number((id >> 52n) & 15n);
  const low = Number(id & 0xffffn);
  const access = (id >> 28n) & 15n ? undefined : groups.get(Number((id >> 16n) & 0xfffn))?.find(vcpu, low, size);
  if (!access) throw new KvmError('ENOENT', what);
  return access;
}

/** KVM_GET_ONE_REG. @throws KvmError ENOENT or EINVAL for an identifier that is none. */
export const getOneReg = (vcpu: Vcpu, id: bigint): bigint => find(vcpu, id).get();

/** KVM_SET_ONE_REG. @throws KvmError ENOENT or EINVAL for an identifier that is none; EINVAL for a value the register cannot have; EBUSY for one it can no longer have. */
export function setOneReg(vcpu: Vcpu, id: bigint, value: bigint): void {
  find(vcpu, id).set(value);
  vcpu.processor.invalidateDerivedState();
}

/** Identifier of a system register by its encoding (`registerKey`). */
export const sysregId = (key: number): bigint => registerId(sizeBits.u64, coprocessor.sysreg, key);

/** Bytes of a register by its identifier. */
export const registerBytes = (id: bigint): number => 2 ** Number((id >> 52n) & 15n);

/** KVM_GET_ONE_REG: the register's bytes, little-endian. */
export function readOneReg(vcpu: Vcpu, id: bigint): Uint8Array {
  let value = getOneReg(vcpu, id);
  const bytes = new Uint8Array(registerBytes(id));
  for (let n = 0; n < bytes.length; n++, value >>= 8n) bytes[n] = Number(value & 0xffn);
  return bytes;
}

/** KVM_SET_ONE_REG. The bytes are asked for once the register is known. */
export function writeOneReg(vcpu: Vcpu, id: bigint, bytes: () => Uint8Array): void {
  find(vcpu, id);
  const value = bytes().reduceRight((all, byte) => (all << 8n) | BigInt(byte), 0n);
  setOneReg(vcpu, id, value);
}

/** KVM_GET_REG_LIST: the identifiers of every register of the vCPU. */
export const registerList = (vcpu: Vcpu): readonly bigint[] => [...groups.values()].flatMap((group) => group.list(vcpu));
