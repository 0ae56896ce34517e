import type { Mmu } from '../memory/mmu.ts';
import { slots } from '../translate/layout.ts';
import type { Clock } from './clock.ts';
import type { Features } from './features.ts';
import type { VirtualInterface } from './gic/virtual-interface.ts';
import { levelOf, PSTATE } from './pstate.ts';
import { R } from './registers.ts';
import type { CpuState } from './state.ts';
import type { DirectAccesses } from './system/direct-accesses.ts';
import type { WatchHit } from './watchpoints.ts';

/** The vector of an exception: what it is, as an offset from the entry of its source (Arm ARM D1.3.1.5). */
export const vector = { synchronous: 0x000, irq: 0x080, fiq: 0x100, serror: 0x180 } as const;
export type Vector = (typeof vector)[keyof typeof vector];

/** An exception just taken, for whoever filters them. */
export interface TakenException {
  readonly targetEl: 1 | 2;
  readonly vector: Vector;
  readonly esr: bigint;
  readonly far: bigint;
  readonly elr: bigint;
  readonly spsr: bigint;
}

/** What the processor asks of the MMU (`emulator/memory/mmu.ts`). */
export type Translation = Pick<
  Mmu,
  | 'fault'
  | 'fetch'
  | 'physical'
  | 'atRecord'
  | 'translateAddress'
  | 'switchContext'
  | 'invalidate'
  | 'maintain'
  | 'translation'
  | 'spaceOf'
  | 'debug'
  | 'access'
  | 'watches'
>;

/** One vCPU's silicon, as the parts of the processor model share it. */
export interface Core {
  readonly state: CpuState;
  readonly features: Features;
  readonly clock: Clock;
  readonly gic: VirtualInterface;
  readonly mmu: Translation;
  /** CCSIDR_EL1 by CSSELR_EL1 (level and InD). */
  readonly cacheSizes: Readonly<Record<number, bigint>>;
  readonly directAccesses: DirectAccesses;
  /** How many comparators ID_AA64DFR0_EL1 counts. */
  readonly breakpoints: number;
  readonly watchpoints: number;
  /** ID_AA64ISAR1_EL1.APA or ID_AA64ISAR2_EL1.APA3, and the algorithm it stands for. */
  readonly pointerAuth: { readonly level: number; readonly algorithm: 'QARMA5' | 'QARMA3' };
  /** Instruction count at the last exception entry: an exception with none executed since is charged, so that a loop of exceptions ends its slice. */
  lastException: number;
  /** The access that hit a watchpoint, until its exception is taken. */
  watchHit: WatchHit | undefined;
  /** Watchpoints are in force, or no longer: from now on every access is looked at, or none. */
  watchAccesses(on: boolean): void;
  /** Software step: the instruction just stepped, until an exception is taken. */
  steppedWord: number | undefined;
  /** Event register (WFE, SEV). */
  event: boolean;
  /**
   * The hypervisor answers each trapped read of CTR_EL0 (HCR_EL2.TID2) with the register's own value and does nothing else at it: generated code answers in its place. Linux
   * reads it 78,000 times while it boots.
   */
  cacheTypeAnswered: boolean;
  /** Set when an exception to EL2 was taken: which vector. */
  hypervisorVector: Vector | undefined;
  /** A timer register changed: the deadline must be looked at again. */
  timersChanged: boolean;
  /** Asked after each exception to EL1 where set: true stops the processor at the vector. */
  onException: ((taken: TakenException) => boolean) | undefined;
  /** `onException` wants the processor to stop. */
  stopAtVector: boolean;
  /** SEV: wakes the other processors. */
  sendEvent(): void;
}

/** PSTATE with NZCV, in SPSR layout, unsigned. */
export const readPstate = (state: CpuState): number => (state.low(slots.pstate) | state.nzcv()) >>> 0;

/** The slot the stack pointer of a mode (M[3:0]) is banked in. */
const stackSlot = (mode: number): number => (mode & PSTATE.SP ? [R.SP_EL0, R.SP_EL1, R.SP_EL2, R.SP_EL2][mode >> 2]! : R.SP_EL0);

/** Sets PSTATE from an SPSR word, NZCV included, and swaps the stack pointer where EL or SP changes. */
export function writePstate(state: CpuState, value: number): void {
  const from = stackSlot(state.low(slots.pstate) & PSTATE.mode);
  const to = stackSlot(value & PSTATE.mode);
  if (from !== to) {
    state.setSystemWords(from, state.low(slots.sp), state.high(slots.sp));
    state.setWords(slots.sp, state.systemLow(to), state.systemHigh(to));
  }
  state.setNzcv(value);
  state.setWords(slots.pstate, value & ~PSTATE.NZCV, 0);
  state.setWords(slots.el, levelOf(value), 0);
}

/** An instruction was executed: it counts, for the slice and for time. */
export function countInstruction(core: Core): void {
  const { state } = core;
  state.setWords(slots.remaining, state.low(slots.remaining) - 1, 0);
  core.clock.instructions += 1;
}

/** The instruction at PC is done: on to the next. It counts as executed. */
export function completeInstruction(core: Core): void {
  const { state } = core;
  state.advance(slots.pc, 4);
  state.setLow(slots.pstate, state.low(slots.pstate) & ~PSTATE.BTYPE);
  countInstruction(core);
}
