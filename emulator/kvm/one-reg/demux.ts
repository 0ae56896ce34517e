import { CACHES, isValidCcsidr } from '../cache-ids.ts';
import { KvmError } from '../errno.ts';
import type { Vcpu } from '../vcpu.ts';
import { coprocessor, type RegisterAccess, type RegisterGroup, registerId, sizeBits } from './access.ts';

function ccsidr(vcpu: Vcpu, selected: number): RegisterAccess {
  return {
    size: sizeBits.u32,
    get: () => vcpu.cacheSize(selected),
    set: (value) => {
      if (!isValidCcsidr(vcpu.state.named('CTR_EL0'), selected, value))
        throw new KvmError('EINVAL', `CCSIDR_EL1 0x${value.toString(16)} of cache ${selected}`);
      vcpu.cacheSizes.set(selected, value);
    },
  };
}

/** Registers behind a selector: CCSIDR_EL1 by CSSELR_EL1 (bits 15:8 are 0, bits 7:0 the selector). */
export const demuxRegisters: RegisterGroup = {
  find: (vcpu, low, size) => (size === sizeBits.u32 && low < CACHES ? ccsidr(vcpu, low) : undefined),
  list: () => Array.from({ length: CACHES }, (_, selected) => registerId(sizeBits.u32, coprocessor.demux, selected)),
};
