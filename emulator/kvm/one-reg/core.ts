import { slots } from '../../translate/layout.ts';
import { isGuestMode } from '../entry-failure.ts';
import { KvmError } from '../errno.ts';
import type { Vcpu } from '../vcpu.ts';
import { coprocessor, type RegisterAccess, type RegisterGroup, registerId, sizeBits, word64 } from './access.ts';

/** Core registers: offsets in `struct kvm_regs`, in words of 32 bits. */
const at = { sp: 0x3e, pc: 0x40, pstate: 0x42, spEl1: 0x44, elrEl1: 0x46, spsr: 0x48, v: 0x54, fpsr: 0xd4, fpcr: 0xd5 } as const;
const spsrs = ['SPSR_EL1', 'SPSR_abt', 'SPSR_und', 'SPSR_irq', 'SPSR_fiq'] as const;

function core(vcpu: Vcpu, low: number): RegisterAccess | undefined {
  const { state, processor } = vcpu;
  const slot = (n: number): RegisterAccess =>
    word64(
      () => state.get(n),
      (value) => state.set(n, value),
    );
  const named = (name: string): RegisterAccess =>
    word64(
      () => state.named(name),
      (value) => state.setNamed(name, value),
    );
  const word32 = (n: number): RegisterAccess => ({
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

function stackPointer(vcpu: Vcpu, level: 0 | 1): RegisterAccess {
  const { state, processor } = vcpu;
  const inUse = (): boolean => (processor.pstate & 1) === level;
  const name = level === 0 ? 'SP_EL0' : 'SP_EL1';
  return word64(
    () => (inUse() ? state.get(slots.sp) : state.named(name)),
    (value) => (inUse() ? state.set(slots.sp, value) : state.setNamed(name, value)),
  );
}

/** Words of `struct kvm_regs`: two that are reserved follow FPCR. */
const WORDS = 0xd8;

/** Offsets of the registers in order. */
const offsets: readonly number[] = [
  ...Array.from({ length: 31 }, (_, n) => 2 * n),
  ...[at.sp, at.pc, at.pstate, at.spEl1, at.elrEl1],
  ...spsrs.map((_, n) => at.spsr + 2 * n),
  ...Array.from({ length: 32 }, (_, n) => at.v + 4 * n),
  ...[at.fpsr, at.fpcr],
];
const sizeAt = (low: number): number => (low < at.v ? sizeBits.u64 : low < at.fpsr ? sizeBits.u128 : sizeBits.u32);

/** General-purpose and floating-point registers, and what exceptions save (`get_core_reg`). */
export const coreRegisters: RegisterGroup = {
  find: (vcpu, low, size) => {
    // Beyond the structure there is nothing; inside it, something of another size or place.
    if (low >= WORDS || low + 2 ** size / 4 >= WORDS) return undefined;
    const access = core(vcpu, low);
    if (access?.size !== size) throw new KvmError('EINVAL', `core register 0x${low.toString(16)} of ${2 ** size} bytes`);
    return access;
  },
  list: () => offsets.map((low) => registerId(sizeAt(low), coprocessor.core, low)),
};
