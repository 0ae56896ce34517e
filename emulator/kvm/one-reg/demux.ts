import { KvmError } from '../errno.ts';
import type { Vcpu } from '../vcpu.ts';
import { coprocessor, type RegisterAccess, type RegisterGroup, registerId, sizeBits } from './access.ts';

/** CSSELR_EL1 values: level and kind of a cache. */
const CACHES = 14;
const INSTRUCTION = 1;

/** CCSIDR_EL1 of a cache: KVM shows one set of one way, with lines as short as CTR_EL0 has them anywhere (`get_ccsidr`). */
function cacheSize({ state }: Vcpu, selected: number): bigint {
  const ctr = state.named('CTR_EL0');
  const lineWords = selected & INSTRUCTION ? ctr & 0xfn : (ctr >> 16n) & 0xfn;
  return BigInt.asUintN(32, lineWords - 2n);
}

function ccsidr(vcpu: Vcpu, selected: number): RegisterAccess {
  return {
    size: sizeBits.u32,
    get: () => cacheSize(vcpu, selected),
    set: (value) => {
      if (value !== cacheSize(vcpu, selected)) throw new KvmError('EINVAL', `CCSIDR_EL1 0x${value.toString(16)} of cache ${selected}`);
    },
  };
}

/** Registers behind a selector: CCSIDR_EL1 by CSSELR_EL1 (bits 15:8 are 0, bits 7:0 the selector). */
export const demuxRegisters: RegisterGroup = {
  find: (vcpu, low, size) => (size === sizeBits.u32 && low < CACHES ? ccsidr(vcpu, low) : undefined),
  list: () => Array.from({ length: CACHES }, (_, selected) => registerId(sizeBits.u32, coprocessor.demux, selected)),
};
