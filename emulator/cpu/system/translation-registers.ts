import type { Core } from '../core.ts';
import { R } from '../registers.ts';
import type { Behaviours } from './registry.ts';

/** CPTR_EL2.TCPAC traps CPACR_EL1. The other registers of translation are storage; what writes change is derived anew after every instruction here. */
export const translationRegisters: Behaviours = {
  CPACR_EL1: { check: (core) => (core.state.systemLow(R.CPTR_EL2) & (1 << 31) ? 'el2' : 'perform') },
};

export const identificationRegisters: Behaviours = {
  CTR_EL0: { check: (core, { el }) => (el === 0 && !(core.state.systemLow(R.SCTLR_EL1) & (1 << 15)) ? 'el1' : 'perform') },
  CCSIDR_EL1: { read: (core) => cacheSize(core) },
};

/** CCSIDR_EL1 of the cache CSSELR_EL1 selects; UNKNOWN where there is none: 0. */
function cacheSize(core: Core): bigint {
  return core.cacheSizes[core.state.systemLow(R.CSSELR_EL1) & 0xf] ?? 0n;
}
