import { slots } from '../../translate/layout.ts';
import { type Core, readPstate, writePstate } from '../core.ts';
import { PSTATE } from '../pstate.ts';
import { R, SCTLR } from '../registers.ts';
import type { Behaviour, Behaviours } from './registry.ts';

/** A register that shows bits of PSTATE at SPSR positions. */
function view(mask: number, check?: Behaviour['check']): Behaviour {
  return {
    read: (core) => BigInt((readPstate(core.state) & mask) >>> 0),
    write: (core, value) => writePstate(core.state, ((readPstate(core.state) & ~mask) | (Number(value & 0xffff_ffffn) & mask)) >>> 0),
    ...(check ? { check } : {}),
  };
}

/** DAIF at EL0: SCTLR_EL1.UMA. */
export const daifAtEl0 = (core: Core, el: number): 'perform' | 'el1' =>
  el > 0 || core.state.systemLow(R.SCTLR_EL1) & SCTLR.UMA ? 'perform' : 'el1';

/** AHP, DN, FZ, RMode, Stride, FZ16, Len. The trap enables are RAZ/WI: floating-point exceptions are not trapped. */
const FPCR_WRITABLE = 0x07f7_0000;
const FPCR_FZ16 = 1 << 19;

export const pstateRegisters: Behaviours = {
  NZCV: view(PSTATE.NZCV),
  DAIF: view(PSTATE.DAIF, (core, { el }) => daifAtEl0(core, el)),
  PAN: view(PSTATE.PAN),
  UAO: view(PSTATE.UAO),
  DIT: view(PSTATE.DIT),
  SSBS: view(PSTATE.SSBS),
  TCO: view(PSTATE.TCO),
  CurrentEL: { read: (core) => BigInt(core.state.low(slots.el) << 2) },
  SPSel: {
    read: (core) => BigInt(core.state.low(slots.pstate) & PSTATE.SP),
    write: (core, value) => writePstate(core.state, ((readPstate(core.state) & ~PSTATE.SP) | Number(value & 1n)) >>> 0),
  },
  FPCR: {
    read: (core) => core.state.get(slots.fpcr) & 0xffff_ffffn,
    write: (core, value) =>
      core.state.set(slots.fpcr, value & BigInt(core.features.has('FEAT_FP16') ? FPCR_WRITABLE | FPCR_FZ16 : FPCR_WRITABLE)),
  },
  FPSR: {
    read: (core) => core.state.get(slots.fpsr) & 0xffff_ffffn,
    write: (core, value) => core.state.set(slots.fpsr, value),
  },
  SP_EL0: {
    read: (core) => (usesSpEl0(core) ? core.state.get(slots.sp) : core.state.system(R.SP_EL0)),
    write: (core, value) => (usesSpEl0(core) ? core.state.set(slots.sp, value) : core.state.setSystem(R.SP_EL0, value)),
    /** While SP_EL0 is the current stack pointer it has no other name. */
    check: (core) => (core.state.low(slots.pstate) & PSTATE.SP ? 'perform' : 'undefined'),
  },
};

const usesSpEl0 = (core: Core): boolean => (core.state.low(slots.pstate) & PSTATE.SP) === 0;
