import { systemRegisterSlot } from '../isa/registers/index.ts';
import { access as accessBits, slots } from '../translate/layout.ts';
import type { Core } from './core.ts';
import { debugEnabled } from './exception-return.ts';
import { takeSynchronous, trapToEl2 } from './exceptions.ts';
import { levelOf, PSTATE } from './pstate.ts';
import { R } from './registers.ts';
import { EC } from './syndrome.ts';

const MDSCR_MDE = 1 << 15;
const MDCR_TDE = 1 << 8;
const values = systemRegisterSlot('DBGWVR0_EL1');
const controls = systemRegisterSlot('DBGWCR0_EL1');

/** DBGWCR<n>_EL1. PAC: bit 0 EL1, bit 1 EL0. LSC: bit 0 loads, bit 1 stores. */
const CONTROL = { E: 1, pacShift: 1, lscShift: 3, basShift: 5, sscShift: 14, linked: 1 << 20, maskShift: 24 } as const;
const EL1 = 1;
const EL0 = 2;
const LOAD = 1;
const STORE = 2;

/** The access that hit a watchpoint and was not performed. */
export interface WatchHit {
  /** Lowest watched byte it touches. */
  readonly address: bigint;
  readonly write: boolean;
}

/** Watchpoints may be hit at the current level: MDSCR_EL1.MDE, and one is enabled. At EL1 those for EL0 count too: LDTR and STTR are such accesses. */
export function watchpointsInForce(core: Core): boolean {
  const { state } = core;
  if ((state.systemLow(R.MDSCR_EL1) & MDSCR_MDE) === 0) return false;
  const pstate = state.low(slots.pstate);
  if (!debugEnabled(core, levelOf(pstate), (pstate & PSTATE.D) !== 0)) return false;
  const levels = state.low(slots.el) === 0 ? EL0 : EL0 | EL1;
  for (let n = 0; n < core.watchpoints; n++) if (enabledFor(state.systemLow(controls + n), levels)) return true;
  return false;
}

const enabledFor = (control: number, levels: number): boolean =>
  (control & CONTROL.E) !== 0 && ((control >>> CONTROL.pacShift) & levels) !== 0 && ((control >>> CONTROL.sscShift) & 3) !== 2;

/** VA[48:0] as a number: bits above are sign extension, or a tag. */
const addressOf = (low: number, high: number): number => (high & 0x1ffff) * 0x1_0000_0000 + (low >>> 0);

/** The first byte of [start, end) that a watchpoint watches, or -1. */
function watchedByte(value: number, control: number, start: number, end: number): number {
  const mask = (control >>> CONTROL.maskShift) & 31;
  if (mask >= 3) {
    const size = 2 ** mask;
    const base = Math.floor(value / size) * size;
    return start < base + size && end > base ? Math.max(start, base) : -1;
  }
  // Byte address select: of the doubleword, or of the word where the address is one (bit 2 set).
  const word = (value & 4) !== 0;
  const base = word ? value - (value % 4) : value - (value % 8);
  const selected = (control >>> CONTROL.basShift) & (word ? 0xf : 0xff);
  for (let byte = 0; byte < 8; byte++) {
    if ((selected >>> byte) & 1 && base + byte >= start && base + byte < end) return base + byte;
  }
  return -1;
}

/**
 * Whether an access hits a watchpoint.
 * @param flags As generated code describes it (layout.ts `access`).
 */
export function watchpointHit(core: Core, vaLow: number, vaHigh: number, flags: number): WatchHit | undefined {
  const { state } = core;
  const level = state.low(slots.el) === 0 || (flags & accessBits.unprivileged) !== 0 ? EL0 : EL1;
  const write = (flags & accessBits.write) !== 0;
  const read = !write || (flags & accessBits.read) !== 0;
  const start = addressOf(vaLow, vaHigh);
  const end = start + (flags & accessBits.bytesMask);
  for (let n = 0; n < core.watchpoints; n++) {
    const control = state.systemLow(controls + n);
    if (!enabledFor(control, level)) continue;
    const lsc = (control >>> CONTROL.lscShift) & 3;
    if (!((read && lsc & LOAD) || (write && lsc & STORE))) continue;
    const byte = watchedByte(addressOf(state.systemLow(values + n), state.systemHigh(values + n)), control, start, end);
    if (byte < 0) continue;
    const va = (BigInt(vaHigh >>> 0) << 32n) | BigInt(vaLow >>> 0);
    return { address: va + BigInt(byte - start), write: write && (lsc & STORE) !== 0 };
  }
  return undefined;
}

/** The Watchpoint exception: FAR holds the address, ISS.WnR the direction. */
export function takeWatchpoint(core: Core, hit: WatchHit): void {
  const iss = (hit.write ? 1 << 6 : 0) | 0x22;
  const { state } = core;
  if (state.systemLow(R.MDCR_EL2) & MDCR_TDE) {
    trapToEl2(core, EC.watchpointLower, iss);
    state.setSystem(R.FAR_EL2, hit.address);
  } else takeSynchronous(core, state.low(slots.el) === 0 ? EC.watchpointLower : EC.watchpointLower + 1, iss, hit.address);
}

/** Linked to a context breakpoint: not modelled. */
export const isLinked = (control: number): boolean => (control & CONTROL.E) !== 0 && (control & CONTROL.linked) !== 0;
