import { systemRegisters } from '../../isa/registers/index.ts';
import type { Core } from '../core.ts';
import { R } from '../registers.ts';
import type { Behaviour, Behaviours, Decision } from './registry.ts';

/** MDCR_EL2. */
const MDCR = { TDE: 1 << 8, TDA: 1 << 9, TDOSA: 1 << 10, TDRA: 1 << 11 } as const;
/** MDSCR_EL1.TDCC: EL0 accesses to the debug communications channel trap to EL1. */
const TDCC = 1 << 12;
/** OSLSR_EL1: OSLM = 0b10 (the OS lock is implemented), OSLK. */
const OSLSR = { OSLM: 1 << 3, OSLK: 1 << 1 } as const;

const trappedBy =
  (bit: number) =>
  (core: Core, { el }: { readonly el: number }): Decision => {
    if (el === 0 && core.state.systemLow(R.MDSCR_EL1) & TDCC) return 'el1';
    return core.state.systemLow(R.MDCR_EL2) & (bit | MDCR.TDE) ? 'el2' : 'perform';
  };

const osLock = trappedBy(MDCR.TDOSA);
const others = trappedBy(MDCR.TDA);

/** A breakpoint or watchpoint register: UNDEFINED beyond what ID_AA64DFR0_EL1 counts. */
function comparator(name: string): Behaviour {
  const match = /^DBG([BW])[VC]R(\d+)_EL1$/.exec(name)!;
  const breakpoint = match[1] === 'B';
  const number = Number(match[2]);
  return {
    check: (core, access) => (number < (breakpoint ? core.breakpoints : core.watchpoints) ? others(core, access) : 'undefined'),
  };
}

const specific: Behaviours = {
  OSLAR_EL1: {
    check: osLock,
    write: (core, value) => core.state.setSystem(R.OSLSR_EL1, BigInt(OSLSR.OSLM | (value & 1n ? OSLSR.OSLK : 0))),
  },
  OSLSR_EL1: { check: osLock },
  OSDLR_EL1: { check: osLock },
  DBGPRCR_EL1: { check: osLock },
  MDRAR_EL1: { check: trappedBy(MDCR.TDRA) },
  /** No debugger is at the other end of the communications channel: nothing to receive, always ready to transmit. */
  MDCCSR_EL0: { check: others, read: () => 0n },
  DBGDTR_EL0: { check: others, read: () => 0n, write: () => {} },
  DBGDTRRX_EL0: { check: others, read: () => 0n, write: () => {} },
};

export const debugRegisters: Behaviours = {
  ...Object.fromEntries(
    systemRegisters
      .filter((r) => r.group === 'Debug' && r.op0 === 2 && r.access.el1 !== 'none' && !(r.name in specific))
      .map((r) => [r.name, /^DBG[BW][VC]R\d/.test(r.name) ? comparator(r.name) : { check: others }]),
  ),
  ...specific,
};
