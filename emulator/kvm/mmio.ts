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
  completeLoadWords(vcpu, access, Number(BigInt.asIntN(32, data)), Number(BigInt.asIntN(32, data >> 32n)));
}

function completeLoadWords(vcpu: Vcpu, access: DecodedAccess, low: number, high: number): void {
  if (access.register === 31) return;
  if (access.length === 8) {
    vcpu.state.setWords(access.register, low, access.sixtyFour ? high : 0);
    return;
  }
  const unused = 32 - access.length * 8;
  const value = access.signExtend ? (low << unused) >> unused : (low << unused) >>> unused;
  vcpu.state.setWords(access.register, value, access.signExtend && access.sixtyFour && value < 0 ? -1 : 0);
}

/** Fills `kvm_run` for user space (KVM_EXIT_MMIO). Of `data`, it writes as many bytes as the store has; the others stay as they were. */
export function exitMmio(vcpu: Vcpu, access: DecodedAccess, ipa: number): void {
  const { run, state } = vcpu;
  const { length, write, register } = access;
  run.begin(mmio.number);
  run.setAddress(mmioAt.physAddr, ipa);
  run.setNumber(mmioAt.length, 4, length);
  run.setNumber(mmioAt.isWrite, 1, write ? 1 : 0);
  if (!write) return;
  const [low, high] = register === 31 ? [0, 0] : [state.low(register), state.high(register)];
  run.setNumber(mmioAt.data, length === 8 ? 4 : (length as 1 | 2 | 4), low);
  if (length === 8) run.setNumber(mmioAt.data + 4, 4, high);
}

/** Finishes a load with what user space left for it. */
export function completeUserLoad(vcpu: Vcpu, access: DecodedAccess): void {
  completeLoadWords(vcpu, access, vcpu.run.getNumber(mmioAt.data, 4), vcpu.run.getNumber(mmioAt.data + 4, 4));
}
