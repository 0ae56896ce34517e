import { directAccesses, directBit } from '../../isa/registers/direct-access.ts';
import { systemRegisterSlot } from '../../isa/registers/index.ts';
import { type SystemInstructionFamily, systemInstructionNamed } from '../../isa/registers/system-instructions.ts';
import { slots } from '../../translate/layout.ts';
import type { Core } from '../core.ts';
import { HCR, R } from '../registers.ts';
import { stepping } from '../software-step.ts';
import { decideSys } from './instructions.ts';
import { decideAccess } from './registers.ts';
import type { Decision } from './registry.ts';

/** What decides an access at the current level, beside the features that the processor has. */
const deciders: readonly ((core: Core) => Decision)[] = directAccesses.map((access) => {
  const [mnemonic, name] = access.split(' ') as ['MRS' | 'MSR' | SystemInstructionFamily, string];
  if (mnemonic === 'MRS' || mnemonic === 'MSR') {
    const slot = systemRegisterSlot(name);
    return (core) => decideAccess(core, slot, mnemonic === 'MSR');
  }
  const instruction = systemInstructionNamed(mnemonic, name)!;
  return (core) => decideSys(core, instruction);
});

/** Bits of HCR_EL2 that come and go with virtual interrupts and trap nothing. */
const VIRTUAL_INTERRUPTS = HCR.VF | HCR.VI | HCR.VSE;

/** Bits of ICH_HCR_EL2 that trap: TDIR, TSEI, TALL1, TALL0, TC. The others count and ask for maintenance. */
const VIRTUAL_INTERFACE_TRAPS = 0x1f << 10;

/** `slots.direct` of the current level, as the rules of each access have it now. */
export function decideDirectAccesses(core: Core): number {
  let bits = 0;
  let refused = 0;
  for (let n = 0; n < deciders.length; n++) {
    const bit = directBit(directAccesses[n]!);
    const decision = deciders[n]!(core);
    if (decision === 'perform' || (decision === 'el2' && bit === CACHE_TYPE && core.cacheTypeAnswered)) bits |= bit;
    else refused |= bit;
  }
  return bits & ~(core.mmu.physical.cache === undefined ? refused : refused | MAINTENANCE);
}

const CACHE_TYPE = directBit('MRS CTR_EL0');

/** With a cache model the processor performs these. */
const MAINTENANCE = directAccesses.reduce((all, access) => (/^(DC|IC) /.test(access) ? all | directBit(access) : all), 0);

/** Keeps what was decided until a register changes that the rules of these accesses read. */
export class DirectAccesses {
  /** By level: the bits, then the registers that they were decided by. */
  private readonly decided = [new Int32Array(7), new Int32Array(7)];
  private readonly known = [false, false];

  /** Brings `slots.direct` in step. */
  derive(core: Core): void {
    const { state } = core;
    const el = state.low(slots.el) & 1;
    const decided = this.decided[el]!;
    const hcrLow = state.systemLow(R.HCR_EL2) & ~VIRTUAL_INTERRUPTS;
    const hcrHigh = state.systemHigh(R.HCR_EL2);
    const sctlr = state.systemLow(R.SCTLR_EL1);
    const timer = state.systemLow(R.CNTKCTL_EL1);
    const counters = state.systemLow(R.CNTHCTL_EL2);
    const gic = state.systemLow(R.ICH_HCR_EL2) & VIRTUAL_INTERFACE_TRAPS;
    if (
      !this.known[el] ||
      decided[1] !== hcrLow ||
      decided[2] !== hcrHigh ||
      decided[3] !== sctlr ||
      decided[4] !== timer ||
      decided[5] !== counters ||
      decided[6] !== gic
    ) {
      this.known[el] = true;
      decided[0] = decideDirectAccesses(core);
      decided[1] = hcrLow;
      decided[2] = hcrHigh;
      decided[3] = sctlr;
      decided[4] = timer;
      decided[5] = counters;
      decided[6] = gic;
    }
    // A step over a trapped instruction is not one over an instruction that was executed.
    state.setWords(slots.direct, stepping(core) ? decided[0]! & ~CACHE_TYPE : decided[0]!, 0);
  }
}
