import { mmio, mmioAt } from './exits/mmio.ts';
import { abort } from './syndrome.ts';
import type { Vcpu } from './vcpu.ts';

/** A load or store that KVM decoded from its syndrome (ESR_EL2.ISS with ISV = 1). */
export interface DecodedAccess {
  readonly write: boolean;
  /** 1, 2, 4 or 8 bytes. */
  readonly length: number;
  readonly signExtend: boolean;
  /** The destination is an X register. */
  readonly sixtyFour: boolean;
  /** Transfer register, 31 is the zero register. */
  readonly register: number;
}

export function decodeAccess(iss: number): DecodedAccess {
  return {
    write: (iss & abort.WNR) !== 0,
    length: 1 << ((iss >>> abort.SAS_SHIFT) & 3),
    signExtend: (iss & abort.SSE) !== 0,
    sixtyFour: (iss & abort.SF) !== 0,
    register: (iss >>> abort.SRT_SHIFT) & 31,
  };
}

/** Data a store writes, zero-extended from its length. */
export function storeData(vcpu: Vcpu, access: DecodedAccess): bigint {
  return access.register === 31 ? 0n : BigInt.asUintN(access.length * 8, vcpu.state.get(access.register));
}

/** Puts loaded data into the transfer register: sign-extended and cut to the register's width as the instruction says. */
export function completeLoad(vcpu: Vcpu, access: DecodedAccess, data: bigint): void {
  if (access.register === 31) return;
  let value = BigInt.asUintN(access.length * 8, data);
  if (access.signExtend && access.length < 8) value = BigInt.asUintN(64, BigInt.asIntN(access.length * 8, value));
  if (!access.sixtyFour) value = BigInt.asUintN(32, value);
  vcpu.state.set(access.register, value);
}

/** Fills `kvm_run` for user space (KVM_EXIT_MMIO). */
export function exitMmio(vcpu: Vcpu, access: DecodedAccess, ipa: number): void {
  const { run } = vcpu;
  run.begin(mmio.number);
  run.set(mmioAt.physAddr, 8, BigInt(ipa));
  run.setNumber(mmioAt.length, 4, access.length);
  run.setNumber(mmioAt.isWrite, 1, access.write ? 1 : 0);
  if (access.write) run.set(mmioAt.data, 8, storeData(vcpu, access));
}

/** What user space left for a read. */
export const mmioData = (vcpu: Vcpu): bigint => vcpu.run.get(mmioAt.data, 8);
