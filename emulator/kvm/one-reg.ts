import { slotByKey, systemRegisters } from '../isa/registers/index.ts';
import { slots } from '../translate/layout.ts';
import { isGuestMode } from './entry-failure.ts';
import { KvmError } from './errno.ts';
import { psciVersion } from './hypercalls/psci.ts';
import { guestIdRegister } from './id-registers.ts';
import type { Vcpu } from './vcpu.ts';
import { register } from './vcpu-registers.ts';

/**
 * KVM_GET_ONE_REG and KVM_SET_ONE_REG identifiers: 0x60 in bits 63:56, log2 of the size in bits 55:52, coprocessor in bits 31:16, the register in bits 15:0
 * (arch/arm64/include/uapi/asm/kvm.h).
 */
const ARM64 = 0x60n;
const coprocessor = { core: 0x10, sysreg: 0x13, firmware: 0x14 } as const;
const sizeBits = { u32: 2, u64: 3, u128: 4 } as const;

interface Access {
  /** log2 of the bytes. */
  readonly size: number;
  get(): bigint;
  set(value: bigint): void;
}

/** Sets or gets a register by identifier. @throws KvmError ENOENT for an unknown one, EINVAL for a value it cannot have. */
export const getOneReg = (vcpu: Vcpu, id: bigint): bigint => find(vcpu, id).get();

export function setOneReg(vcpu: Vcpu, id: bigint, value: bigint): void {
  find(vcpu, id).set(value);
  vcpu.processor.invalidateDerivedState();
}

/** Bytes of a register by its identifier. */
export const registerBytes = (id: bigint): number => 2 ** Number((id >> 52n) & 15n);

/** KVM_GET_ONE_REG: the register's bytes, little-endian. @throws KvmError ENOENT for an unknown one. */
export function readOneReg(vcpu: Vcpu, id: bigint): Uint8Array {
  let value = getOneReg(vcpu, id);
  const bytes = new Uint8Array(registerBytes(id));
  for (let n = 0; n < bytes.length; n++, value >>= 8n) bytes[n] = Number(value & 0xffn);
  return bytes;
}

/** KVM_SET_ONE_REG. The bytes are asked for once the register is known. @throws KvmError ENOENT for an unknown one, EINVAL for a value it cannot have. */
export function writeOneReg(vcpu: Vcpu, id: bigint, bytes: () => Uint8Array): void {
  find(vcpu, id);
  setOneReg(
    vcpu,
    id,
    bytes().reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n),
  );
}

/** Identifier of a system register by its encoding key; the virtual timer's CVAL and CNT have each other's, by historical accident. */
export const sysregId = (key: number): bigint => (ARM64 << 56n) | (3n << 52n) | (BigInt(coprocessor.sysreg) << 16n) | BigInt(key);

function find(vcpu: Vcpu, id: bigint): Access {
  const size = Number((id >> 52n) & 15n);
  const low = Number(id & 0xffffn);
  const access = id >> 56n === ARM64 ? accessOf(vcpu, Number((id >> 16n) & 0xffffn), low) : undefined;
  if (!access || access.size !== size || (id >> 32n) & 0xf_ffffn) throw new KvmError('ENOENT', `register 0x${id.toString(16)}`);
  return access;
}

function accessOf(vcpu: Vcpu, kind: number, low: number): Access | undefined {
  if (kind === coprocessor.core) return core(vcpu, low);
  if (kind === coprocessor.sysreg) return sysreg(vcpu, low);
  return kind === coprocessor.firmware ? firmware(vcpu, low) : undefined;
}

const word64 = (get: () => bigint, set: (value: bigint) => void): Access => ({ size: sizeBits.u64, get, set });

/** Core registers: offsets in `struct kvm_regs`, in words of 32 bits. */
const at = { sp: 0x3e, pc: 0x40, pstate: 0x42, spEl1: 0x44, elrEl1: 0x46, spsr: 0x48, v: 0x54, fpsr: 0xd4, fpcr: 0xd5 } as const;
const spsrs = ['SPSR_EL1', 'SPSR_abt', 'SPSR_und', 'SPSR_irq', 'SPSR_fiq'] as const;

function core(vcpu: Vcpu, low: number): Access | undefined {
  const { state, processor } = vcpu;
  const slot = (n: number): Access =>
    word64(
      () => state.get(n),
      (value) => state.set(n, value),
    );
  const named = (name: string): Access =>
    word64(
      () => state.named(name),
      (value) => state.setNamed(name, value),
    );
  const word32 = (n: number): Access => ({
    size: sizeBits.u32,
    get: () => BigInt(state.low(n) >>> 0),
    set: (value) => state.setWords(n, Number(value & 0xffff_ffffn), 0),
  });
  if (low < at.sp) return low % 2 === 0 ? slot(slots.x + low / 2) : undefined;
  if (low >= at.v && low < at.fpsr) {
    const n = (low - at.v) / 4;
    if (!Number.isInteger(n)) return undefined;
    const get = (): bigint => state.v(n)[0] | (state.v(n)[1] << 64n);
    return { size: sizeBits.u128, get, set: (value) => state.setV(n, BigInt.asUintN(64, value), value >> 64n) };
  }
  const spsr = spsrs[(low - at.spsr) / 2];
  if (spsr) return named(spsr);
  switch (low) {
    // The stack pointer in use is not where the unused one is banked.
    case at.sp:
      return stackPointer(vcpu, 0);
    case at.spEl1:
      return stackPointer(vcpu, 1);
    case at.pc:
      return slot(slots.pc);
    case at.pstate:
      return word64(
        () => BigInt(processor.pstate),
        (value) => {
          if (!isGuestMode(Number(value & 0x1fn))) throw new KvmError('EINVAL', `PSTATE of mode 0x${(value & 0x1fn).toString(16)}`);
          processor.pstate = Number(BigInt.asUintN(32, value));
        },
      );
    case at.elrEl1:
      return named('ELR_EL1');
    case at.fpsr:
      return word32(slots.fpsr);
    case at.fpcr:
      return word32(slots.fpcr);
    default:
      return undefined;
  }
}

function stackPointer(vcpu: Vcpu, level: 0 | 1): Access {
  const { state, processor } = vcpu;
  const inUse = (): boolean => (processor.pstate & 1) === level;
  const name = level === 0 ? 'SP_EL0' : 'SP_EL1';
  return word64(
    () => (inUse() ? state.get(slots.sp) : state.named(name)),
    (value) => (inUse() ? state.set(slots.sp, value) : state.setNamed(name, value)),
  );
}

/** op0..op2 of CNTV_CVAL_EL0 and CNTVCT_EL0 as packed keys: their identifiers are swapped. */
const CNTV_CVAL = 0xdf1a;
const CNTVCT = 0xdf02;
const CNTPCT = 0xdf01;

function sysreg(vcpu: Vcpu, low: number): Access | undefined {
  const key = low === CNTV_CVAL ? CNTVCT : low === CNTVCT ? CNTV_CVAL : low;
  if (key === CNTVCT || key === CNTPCT) return counter(vcpu, key === CNTVCT);
  const encoded = slotByKey(key);
  // A guest's DISR_EL1 is the processor's VDISR_EL2 (HCR_EL2.AMO).
  const slot = encoded === register.DISR_EL1 && vcpu.vm.features.ras ? register.VDISR_EL2 : encoded;
  const target = systemRegisters[slot];
  if (!target) return undefined;
  const { state } = vcpu;
  if (target.group === 'Identification') {
    const value = guestIdRegister(target.name, target.name === 'MPIDR_EL1' ? state.system(register.VMPIDR_EL2) : state.system(slot));
    return word64(
      () => value,
      (wanted) => {
        if (wanted !== value) throw new KvmError('EINVAL', `${target.name} cannot be changed to 0x${wanted.toString(16)}`);
      },
    );
  }
  return word64(
    () => state.system(slot),
    (value) => state.setSystem(slot, value),
  );
}

/** The counters: writing the virtual one moves its offset, for a VM that continues elsewhere. */
function counter(vcpu: Vcpu, isVirtual: boolean): Access {
  const physical = (): bigint => BigInt(vcpu.vm.clock.ticks);
  if (!isVirtual) {
    return word64(physical, () => {
      throw new KvmError('EINVAL', 'the physical counter cannot be set');
    });
  }
  return word64(
    () => BigInt.asUintN(64, physical() - vcpu.state.system(register.CNTVOFF_EL2)),
    (value) => {
      for (const other of vcpu.vm.vcpus) other.state.setSystem(register.CNTVOFF_EL2, BigInt.asUintN(64, physical() - value));
    },
  );
}

function firmware(vcpu: Vcpu, low: number): Access | undefined {
  if (low !== 0) return undefined;
  return word64(
    () => BigInt(vcpu.vm.psciVersion),
    (value) => {
      if (!(Object.values(psciVersion) as number[]).includes(Number(value)))
        throw new KvmError('EINVAL', `PSCI version 0x${value.toString(16)}`);
      vcpu.vm.psciVersion = Number(value);
    },
  );
}
